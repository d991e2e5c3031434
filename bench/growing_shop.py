"""Nights 1 to 60 over a growing shop: whether seconds, files and bytes stay flat once the tables keep no more days.

    .venv/bin/python bench/growing_shop.py               # 60 nights; goes on where it stopped
    .venv/bin/python bench/growing_shop.py --nights 3 --work /tmp/shop

Every day one new file of events lands, the night makes lists for the next morning, and the tables are maintained as by
`tawny maintain --keep-days 10`. In place of the days that do not pass here, files that neither the last two nights nor what
they pinned can read are removed at once; a real lake keeps them for each table's `retention_days`, which adds a constant.
Sources are popularity, neighbours and transitions. Writes bench/results/growing_shop.{json,md}.
"""

import argparse
import json
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import mean

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

import tawny_jobs
from tawny.cli.maintain import kept
from tawny.lake.arrow import ArrowLake, extent
from tawny.lake.maintenance import Policy, maintain
from tawny.runner.local import LocalRunner
from tawny.runner.night import START_SPARK, Night, run_night
from tawny.runner.plan import load_jobs
from tawny.tables.nights import NIGHTS
from tawny.tables.registry import all_tables

CHECKOUT = Path(__file__).parents[1]
RESULTS = CHECKOUT / "bench" / "results"
FIRST_DAY = date(2026, 1, 1)
HISTORY_DAYS = 8  # landed before the first night: two windows of two days, and four days to learn from
N_USERS, N_ITEMS, N_GROUPS = 2000, 1000, 20
FLAT = 1.15
"""The last ten nights may take that much of the first ten after the tables are full."""

SETTINGS = """
root = "{folder}/lake"
landing = "{folder}/landing"
[spark]
driver_memory = "3g"
[horovod]
workers = 1
[night]
sources = ["popularity", "neighbours", "transitions"]
[night.split]
window_days = 2
[keep_days]
events_v2 = 10
"""


@dataclass(frozen=True)
class TableSize:
    """Files and bytes of the version that readers see, those on the disk, and the entries of the log."""

    files: int
    bytes: int
    disk_files: int
    disk_bytes: int
    log_files: int


@dataclass(frozen=True)
class Measured:
    """One night, and the tables after their maintenance."""

    night: int
    night_seconds: float
    ingest_seconds: float
    maintain_seconds: float
    tables: dict[str, TableSize]

    def of(self, names: Iterable[str]) -> TableSize:
        """These tables together."""
        sizes = [self.tables[name] for name in names if name in self.tables]
        disk = sum(one.disk_files for one in sizes), sum(one.disk_bytes for one in sizes)
        seen = sum(one.files for one in sizes), sum(one.bytes for one in sizes)
        return TableSize(*seen, *disk, sum(one.log_files for one in sizes))


def main() -> None:
    """Run the nights that are not done yet, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--events", type=int, default=20_000, help="a day")
    parser.add_argument("--keep-days", type=int, default=10)
    parser.add_argument("--work", type=Path, default=CHECKOUT / ".cache" / "bench" / "growing_shop")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    env_file, state = args.work / "env.toml", args.work / "nights.json"
    env_file.write_text(SETTINGS.format(folder=args.work.resolve()))
    measured = _load(state)
    for night in range(len(measured) + 1, args.nights + 1):
        measured.append(_one(env_file, args.work / "landing", night, args.events, args.keep_days))
        state.write_text(json.dumps([asdict(one) for one in measured]))
        print(
            f"night {night}: {measured[-1].night_seconds:.0f} s, maintain {measured[-1].maintain_seconds:.1f} s", flush=True
        )
    args.out.mkdir(exist_ok=True)
    (args.out / "growing_shop.json").write_text(json.dumps([asdict(one) for one in measured], indent=1) + "\n")
    text = "\n".join(report(measured, args.events, args.keep_days)) + "\n"
    (args.out / "growing_shop.md").write_text(text)
    print(text)


def _load(state: Path) -> list[Measured]:
    done = json.loads(state.read_text()) if state.exists() else []
    return [Measured(**{**one, "tables": {name: TableSize(**size) for name, size in one["tables"].items()}}) for one in done]


def _one(env_file: Path, landing: Path, night: int, n_events: int, keep_days: int) -> Measured:
    run_date = FIRST_DAY + timedelta(days=HISTORY_DAYS + night - 1)
    # A night that was cut off lands no file twice: the same day has the same bytes.
    for n in range(HISTORY_DAYS) if night == 1 else [HISTORY_DAYS + night - 2]:
        land(landing, n, n_events)
    runner = LocalRunner(load_jobs(tawny_jobs), env_file)
    done = Night(run_date, runner.tasks())
    run_night(runner, done, lambda _: nullcontext())
    night_seconds = sum(step.seconds for step in done.steps if step.name != START_SPARK)
    start = time.perf_counter()
    policy = Policy(run_date, keep_days, grace=timedelta(0))
    note = {"job": "maintain", "run_id": f"night {night}"}
    for _ in maintain(runner.arrow, all_tables().values(), note, kept(runner), policy):
        pass
    maintain_seconds = time.perf_counter() - start
    _forget(runner.arrow, env_file.with_name("versions.json"), run_date)
    ingest = sum(step.seconds for step in done.steps if step.name.startswith("ingest_"))
    return Measured(night, night_seconds, ingest, maintain_seconds, dict(_sizes(runner.arrow)))


def land(landing: Path, n: int, n_events: int) -> None:
    """Write the events of the n-th day, `events-2026-01-01.parquet`: users walk through the items of their group."""
    rng = np.random.default_rng([7, n])
    day = datetime.combine(FIRST_DAY + timedelta(days=n), datetime.min.time(), UTC)
    users = rng.integers(N_USERS, size=n_events)
    groups = np.where(rng.random(n_events) < 0.9, users % N_GROUPS, rng.integers(N_GROUPS, size=n_events))
    places = np.minimum(rng.geometric(0.06, size=n_events) - 1, N_ITEMS // N_GROUPS - 1)
    items = (places + users // N_GROUPS + n) % (N_ITEMS // N_GROUPS) * N_GROUPS + groups
    kinds = np.array(["view", "cart", "purchase"])[rng.choice(3, size=n_events, p=[0.85, 0.1, 0.05])]
    times = pa.array(np.sort(rng.integers(86_400_000_000, size=n_events)) + int(day.timestamp()) * 1_000_000)
    table = pa.table(
        {
            "user_id": [f"customer-{user:05d}" for user in users],
            "item_id": [f"sku-{item:05d}" for item in items],
            "event_type": kinds,
            "event_time": times.cast(pa.timestamp("us", "UTC")),
            "value": pa.array(np.where(kinds == "purchase", 9.99, np.nan), from_pandas=True),
        }
    )
    landing.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, landing / f"events-{day.date()}.parquet")


def _forget(lake: ArrowLake, state: Path, run_date: date) -> None:
    """Remove the files that no version of the last two nights has, nor any that these pinned."""
    history: list[dict[str, int]] = json.loads(state.read_text()) if state.exists() else []
    there = [spec for spec in all_tables().values() if DeltaTable.is_deltatable(lake.path(spec))]
    history = [*history, {spec.name: lake.version(spec) for spec in there}][-3:]
    state.write_text(json.dumps(history))
    pins = lake.read(NIGHTS, lake.version(NIGHTS), (("run_date", ">=", run_date - timedelta(days=1)),)).to_pylist()
    for spec in there:
        pinned = [row["version"] for row in pins if row["table"] == spec.name]
        # Also those of the night itself, before the maintenance that followed: a proof reads what yesterday's jobs read.
        first = history[0].get(spec.name, 0) if len(history) > 2 else 0
        versions = sorted({*pinned, *range(first, lake.version(spec) + 1)})
        # `full` also looks for files that no commit names; none of them can be in the making here.
        DeltaTable(lake.path(spec)).vacuum(0, False, False, full=True, keep_versions=versions)


def _sizes(lake: ArrowLake) -> Iterator[tuple[str, TableSize]]:
    for spec in all_tables().values():
        folder = Path(lake.path(spec))
        if not DeltaTable.is_deltatable(str(folder)):
            continue
        files = [file for file in folder.rglob("*") if file.is_file() and not file.name.endswith(".crc")]
        log = [file for file in files if "_delta_log" in file.parts]
        data = [file.stat().st_size for file in files if "_delta_log" not in file.parts]
        size = extent(lake, spec)
        yield spec.name, TableSize(size.n_files, size.n_bytes, len(data), sum(data), len(log))


def report(measured: list[Measured], n_events: int, keep_days: int) -> list[str]:
    """The tables of the report, and what is flat."""
    bounded = [name for name, spec in all_tables().items() if spec.keep_days is not None]
    others = [name for name in all_tables() if name not in bounded]
    lines = [
        f"{len(measured)} nights, {n_events:,} events a day, tables with `keep_days` keep at most {keep_days} days.",
        "Seconds without the start of Spark. Files and MB as readers see them; on disk: with what the last nights may read.",
        "",
        "| night | s | of it ingest | maintenance | bounded: files | MB | others: files | MB | disk: files | MB | log |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in measured:
        if one.night == 1 or one.night % 5 == 0:
            sizes = [f"{one.of(names).files} | {one.of(names).bytes / 1e6:.1f}" for names in (bounded, others)]
            disk = f"{one.of(all_tables()).disk_files} | {one.of(all_tables()).disk_bytes / 1e6:.1f}"
            times = f"{one.night_seconds:.1f} | {one.ingest_seconds:.1f} | {one.maintain_seconds:.1f}"
            lines.append(f"| {one.night} | {times} | {' | '.join(sizes)} | {disk} | {one.of(all_tables()).log_files} |")
    return [*lines, "", *_flat(measured, keep_days), "", *_by_table(measured)]


def _flat(measured: list[Measured], keep_days: int) -> Iterator[str]:
    """What the last ten nights took, as a share of the first ten with full tables."""
    full = measured[keep_days + 1 :]
    if len(full) < 20:
        yield f"Whether it is flat can be said from night {keep_days + 21} on."
        return
    bounded = [name for name, spec in all_tables().items() if spec.keep_days is not None]
    values = {
        "seconds per night": [one.night_seconds for one in full],
        "seconds of ingest": [one.ingest_seconds for one in full],
        "seconds of maintenance": [one.maintain_seconds for one in full],
        "files of bounded tables": [float(one.of(bounded).files) for one in full],
        "bytes of bounded tables": [float(one.of(bounded).bytes) for one in full],
        "files of bounded tables on disk": [float(one.of(bounded).disk_files) for one in full],
        "files per day of events": [one.tables["events_v2"].files / (HISTORY_DAYS + one.night - 1) for one in full],
    }
    yield "| last ten nights beside the first ten with full tables | ratio | flat |"
    yield "|---|---|---|"
    for name, series in values.items():
        ratio = mean(series[-10:]) / mean(series[:10])
        yield f"| {name} | {ratio:.2f} | {'yes' if ratio <= FLAT else 'no'} |"


def _by_table(measured: list[Measured]) -> Iterator[str]:
    """Files and MB of every table, after a third, two thirds and all of the nights."""
    shown = sorted({max(1, len(measured) * part // 3) for part in (1, 2, 3)})
    yield f"| table | {' | '.join(f'night {night}: files | MB' for night in shown)} |"
    yield "|---|" + "---|---|" * len(shown)
    for name in measured[-1].tables:
        cells = []
        for night in shown:
            size = measured[night - 1].tables.get(name)
            cells.append(f"{size.files} | {size.bytes / 1e6:.2f}" if size else " | ")
        yield f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
