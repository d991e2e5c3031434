"""What a night finds in a made shop whose truth is known: purchases by the rule that made them, and repeat intervals.

    .venv/bin/python bench/known_shop.py --seeds 1 2 3
    .venv/bin/python bench/known_shop.py --seeds 1 --users 200 --weeks 6    # a try; nothing is written

The rules are those of tawny.testing.shops.known_shop. For every rule: the share of its purchases in the test window that are
in the list of their user, of each source and of the final list; beside it the share that could be foreseen at all, because
what the rule goes by was there when the list was made. Then the intervals that `repeats` learned beside the true ones.
Writes bench/results/known-shop.md.
"""

import argparse
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tawny.lake.arrow import ArrowLake
from tawny.models.store import load_model, saved_files
from tawny.tables.candidates import CANDIDATES
from tawny.tables.catalog import CATALOG
from tawny.tables.models import MODELS
from tawny.tables.rankings import RANKINGS
from tawny.tables.splits import SPLITS
from tawny.testing.shops import RULES, KnownShop, known_shop

RESULTS = Path(__file__).parent / "results"
LAST_DAY = date(2026, 11, 22)
K = 20

ENV = """root = "{root}"
landing = "{landing}"
[night]
k = {k}
seed = {seed}
sources = ["popularity", "als", "neighbours", "transitions", "repeats", "two_tower"]
"""

Lists = dict[str, dict[tuple[str, date], list[str]]]
"""Item ids of the first K places, by subject, and by user and morning."""


def main() -> None:
    """Run a night for every seed and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--users", type=int)
    parser.add_argument("--weeks", type=int)
    args = parser.parse_args()
    sizes = {name: value for name, value in (("n_users", args.users), ("n_weeks", args.weeks)) if value is not None}
    shares, intervals = [], []
    for seed in args.seeds:
        shop = known_shop(seed, last_day=LAST_DAY, **sizes)
        with TemporaryDirectory() as folder:
            lake = _night(shop, Path(folder), seed)
            shares.append(found_by_rule(shop, listed(lake), mornings(lake)))
            intervals.append(learned_intervals(shop, lake))
    lines = [f"Made shops, seeds {' '.join(map(str, args.seeds))}; shares of {K} places; the mean of the seeds.", ""]
    lines += [*_shares_table(shares), "", *_intervals_table(intervals)]
    print("\n".join(lines))
    if not sizes:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "known-shop.md").write_text("\n".join(lines) + "\n")


def _night(shop: KnownShop, folder: Path, seed: int) -> ArrowLake:
    shop.write(folder / "landing")
    root, file = folder / "lake", folder / "env.toml"
    file.write_text(ENV.format(root=root, landing=folder / "landing", k=K, seed=seed))
    day = LAST_DAY + timedelta(days=1)
    command = [str(Path(sys.executable).parent / "tawny"), "night", "--env", str(file), "--run-date", str(day)]
    subprocess.run(command, check=True)
    return ArrowLake(str(root))


def listed(lake: ArrowLake) -> Lists:
    """The lists of the test fold: every source's, and the final ones."""
    names = {row["item_index"]: row["item_id"] for row in lake.read(CATALOG, lake.version(CATALOG), ()).to_pylist()}
    lists: Lists = defaultdict(dict)
    for table in (CANDIDATES, RANKINGS):
        for row in lake.read(table, lake.version(table), (("fold", "=", "test"),)).to_pylist():
            subject, items = row.get("source", "final"), row["items"][:K]
            lists[subject][row["user_id"], row["as_of_ts"].date()] = [names[item["item_index"]] for item in items]
    return lists


def mornings(lake: ArrowLake) -> set[date]:
    """Those of the test fold."""
    (row,) = lake.read(SPLITS, lake.version(SPLITS), (("fold", "=", "test"),)).to_pylist()
    return {morning.date() for morning in row["mornings"]}


def found_by_rule(shop: KnownShop, lists: Lists, days: set[date]) -> dict[str, dict[str, float]]:
    """By rule: purchases of the days, the share that could be foreseen that morning, and the share that each list had."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in shop.truth.to_pylist():
        if row["event_time"].date() in days:
            rows[row["rule"]].append(row)
    found = {}
    for rule in RULES:
        own = rows[rule]
        foreseen = [row["rule"] != "start" and row["since_time"].date() < row["event_time"].date() for row in own]
        keys = [(row["user_id"], row["event_time"].date()) for row in own]
        hits = {
            subject: float(np.mean([row["item_id"] in listed.get(key, ()) for row, key in zip(own, keys, strict=True)]))
            for subject, listed in lists.items()
        }
        found[rule] = {"purchases": float(len(own)), "foreseeable": float(np.mean(foreseen)), **hits}
    return found


def learned_intervals(shop: KnownShop, lake: ArrowLake) -> list[tuple[float, float]]:
    """(true, learned) days of every consumable, on the fold `serve`."""
    model = load_model(saved_files(lake.read(MODELS, lake.version(MODELS), ()), "repeats", "serve"))
    intervals = model.arrays()["intervals"]
    catalog = lake.read(CATALOG, lake.version(CATALOG), ()).to_pylist()
    index = {row["item_id"]: row["item_index"] for row in catalog}
    return [(days, float(intervals[index[item]])) for item, days in shop.intervals.items()]


def _shares_table(seeds: Sequence[dict[str, dict[str, float]]]) -> list[str]:
    first = ["purchases", "foreseeable", "final"]
    columns = [*first, *sorted(seeds[0][RULES[0]].keys() - {*first})]
    lines = ["| rule | " + " | ".join(columns) + " |", "|" + "---|" * (1 + len(columns))]
    for rule in RULES:
        means = {name: float(np.mean([found[rule][name] for found in seeds])) for name in columns}
        cells = [f"{means[name]:.0f}" if name == "purchases" else f"{means[name]:.3f}" for name in columns]
        lines.append(f"| {rule} | " + " | ".join(cells) + " |")
    return lines


def _intervals_table(seeds: Sequence[list[tuple[float, float]]]) -> list[str]:
    pairs = np.array([pair for found in seeds for pair in found])
    errors = np.abs(pairs[:, 1] / pairs[:, 0] - 1)
    lines = ["| true interval, days | consumables | learned, mean | mean error |", "|" + "---|" * 4]
    for low, high in ((0, 6), (6, 10), (10, 16), (16, 99)):
        own = (pairs[:, 0] >= low) & (pairs[:, 0] < high)
        if own.any():
            true, learned = pairs[own].mean(axis=0)
            lines.append(f"| {true:.1f} | {own.sum()} | {learned:.1f} | {errors[own].mean():.1%} |")
    return lines


if __name__ == "__main__":
    main()
