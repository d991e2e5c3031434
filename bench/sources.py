"""Each source alone, tuned by the library's own service, in one process and without Spark.

    .venv/bin/python bench/sources.py ml-1m DATA/ml-1m/ml-1m_sasrec.txt.gz [SOURCE ...]
    .venv/bin/python bench/sources.py gowalla DATA/gowalla [SOURCE ...]

ml-1m: lines "user item", each user's in time order; leave-last-out: the last item is the answer, the last but one that of
validation; NDCG@10 and HR@10. gowalla: train.txt.gz and test.txt.gz, lines "user item item ..." without times; Recall@20 and
NDCG@20 over all test items; validation is a seventh of each user's training items, by hash. Full ranking over the whole
catalog, seen items removed. Half the validation users choose the settings; test users choose nothing. Every source that
draws numbers is fitted with three seeds. Rows of sources that are not run stay as they are in
bench/results/sources-<data>.{json,md}.
"""

import argparse
import gzip
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tawny.core.arrays import USERS_AT_ONCE, Histories, Ragged, top_k
from tawny.evaluation.metrics.hits import hits
from tawny.evaluation.metrics.ndcg import ndcg
from tawny.evaluation.metrics.recall import recall
from tawny.evaluation.tuning import Tuned
from tawny.evaluation.validate import ValidationSample
from tawny.models.als.model import Als
from tawny.models.als.settings import AlsSettings, AlsTuning
from tawny.models.als.tuning import tune_als
from tawny.models.base import Model
from tawny.models.counting.tuning import tune_counting
from tawny.models.neighbours.model import ItemNeighbours
from tawny.models.neighbours.settings import ItemNeighboursSettings, NeighboursTuning
from tawny.models.transitions.model import Transitions
from tawny.models.transitions.settings import TransitionsSettings, TransitionsTuning

RESULTS = Path(__file__).parent / "results"
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Split:
    """What is learned from, and what is asked.

    Attributes:
        fit: U lists of items, for validation.
        validation: U lists of answers.
        train: U lists of items, for the test: fit and validation.
        test: U lists of answers.
        n_items: I.
        k: length of the judged lists.
        in_order: whether the lists are.
    """

    fit: list[list[int]]
    validation: list[list[int]]
    train: list[list[int]]
    test: list[list[int]]
    n_items: int
    k: int
    in_order: bool


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", choices=["ml-1m", "gowalla"])
    parser.add_argument("path", type=Path)
    parser.add_argument("sources", nargs="*", default=["als", "neighbours", "transitions"])
    parser.add_argument("--budget-minutes", type=float, default=4.0, help="for the search of each source")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    split = read_sequences(args.path) if args.data == "ml-1m" else read_sets(args.path)
    file = RESULTS / f"sources-{args.data}.json"
    kept = [row for row in json.loads(file.read_text()) if row["source"] not in args.sources] if file.exists() else []
    rows = kept + [row for source in args.sources for row in judged(source, split, args.budget_minutes)]
    names = ("recall", "ndcg")
    lines = [f"| source | settings | seed | Recall@{split.k} | NDCG@{split.k} | seconds |", "|---|---|---|---|---|---|"]
    for row in rows:
        values = " | ".join(f"{row[name]:.4f}" for name in names)
        lines.append(f"| {row['source']} | {row['settings']} | {row['seed']} | {values} | {row['seconds']:.0f} |")
    RESULTS.mkdir(exist_ok=True)
    file.write_text(json.dumps(rows, indent=1) + "\n")
    file.with_suffix(".md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def judged(source: str, split: Split, minutes: float) -> list[dict[str, Any]]:
    """The test of a source as its defaults are, and tuned with every seed."""
    if source == "transitions" and not split.in_order:
        return []
    started = time.monotonic()
    found = tuned(source, split, minutes)
    seconds = time.monotonic() - started
    rows = []
    defaults = type(found.settings)()
    cases = [(defaults, 0)] + [(found.settings, seed) for seed in (SEEDS if source == "als" else SEEDS[:1])]
    for settings, seed in cases:
        started = time.monotonic()
        model = CLASSES[source].fit(histories(split.train), split.n_items, settings, np.random.default_rng(seed))
        took = time.monotonic() - started
        values = test(model, split)
        changed = {key: value for key, value in settings if value != getattr(defaults, key)}
        told = ", ".join(f"{key}={value}" for key, value in changed.items()) or "defaults"
        took += seconds if settings is found.settings else 0
        logging.info("test %s %s seed %d: %s, %.0f s", source, told, seed, values, took)
        rows.append({"source": source, "settings": told, "seed": seed, **values, "seconds": took})
    return rows


CLASSES: dict[str, type[Model]] = {"als": Als, "neighbours": ItemNeighbours, "transitions": Transitions}


def tuned(source: str, split: Split, minutes: float) -> Tuned[Any]:
    """The settings that the validation rows choose."""
    users = histories(split.fit)
    sample = ValidationSample(users, Ragged(users.indptr, users.items), Ragged.from_rows(split.validation)).half(0)
    limits = {"k": split.k, "budget_minutes": minutes}
    data = users, sample, split.n_items
    if source == "als":
        return tune_als(AlsSettings(), AlsTuning.model_validate(limits), *data, seed=0, n_threads=1)
    if source == "neighbours":
        tuning = NeighboursTuning.model_validate(limits)
        return tune_counting(ItemNeighbours, ItemNeighboursSettings(), tuning, *data)
    return tune_counting(Transitions, TransitionsSettings(), TransitionsTuning.model_validate(limits), *data)


def test(model: Model, split: Split) -> dict[str, float]:
    """Means over the users with an answer."""
    rows = [user for user, answers in enumerate(split.test) if answers]
    users, answers = histories([split.train[row] for row in rows]), Ragged.from_rows([split.test[row] for row in rows])
    found = {"recall": 0.0, "ndcg": 0.0}
    for start in range(0, len(rows), USERS_AT_ONCE):
        block = np.arange(start, min(start + USERS_AT_ONCE, len(rows)))
        own, relevant = users.take(block), answers.take(block)
        scores = model.score(own)
        scores[own.rows, own.items] = -np.inf
        is_hit = hits(top_k(scores, split.k)[0], relevant)
        for name, metric in (("recall", recall), ("ndcg", ndcg)):
            found[name] += float(metric(is_hit, relevant.n_distinct, split.k).sum())
    return {name: round(total / len(rows), 5) for name, total in found.items()}


def histories(rows: Sequence[Sequence[int]]) -> Histories:
    """Of weight 1, one day apart, the newest a day old."""
    entries = Ragged.from_rows(rows)
    ages = np.repeat(entries.lengths, entries.lengths) - entries.positions
    return Histories(entries.indptr, entries.values, np.ones(len(ages), np.float32), ages.astype(np.float32))


def read_sequences(file: Path) -> Split:
    """Leave the last item out, and the last but one for validation."""
    with gzip.open(file, "rt") as lines:
        pairs = np.array([line.split() for line in lines], np.int64) - 1
    starts = np.unique(pairs[:, 0], return_index=True)[1]
    rows = [own.tolist() for own in np.split(pairs[:, 1], starts[1:])]
    n_items = int(pairs[:, 1].max()) + 1
    parts = [row[:-2] for row in rows], [row[-2:-1] for row in rows], [row[:-1] for row in rows], [row[-1:] for row in rows]
    return Split(*parts, n_items, k=10, in_order=True)


def read_sets(folder: Path) -> Split:
    """The given split; a seventh of the training items validates."""
    train, test = (_sets(folder / f"{name}.txt.gz") for name in ("train", "test"))
    n_users = max(*train, *test) + 1
    rng = np.random.default_rng(0)
    fit, validation = [], []
    for user in range(n_users):
        items = np.array(train.get(user, []), np.int64)
        is_held: NDArray[np.bool_] = rng.random(len(items)) < 1 / 7
        fit.append(items[~is_held].tolist())
        validation.append(items[is_held].tolist())
    n_items = max(item for rows in (train, test) for items in rows.values() for item in items) + 1
    known, asked = ([rows.get(user, []) for user in range(n_users)] for rows in (train, test))
    return Split(fit, validation, known, asked, n_items, k=20, in_order=False)


def _sets(file: Path) -> dict[int, list[int]]:
    with gzip.open(file, "rt") as lines:
        rows = [[int(word) for word in line.split()] for line in lines]
    return {user: items for user, *items in rows}


if __name__ == "__main__":
    main()
