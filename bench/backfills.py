"""Ten days backfilled in shuffled order by two processes at once, while late events land: equal to the straight run.

    .venv/bin/python bench/backfills.py
    .venv/bin/python bench/backfills.py --days 3 --work /tmp/backfills

The straight lake has all files from the beginning; its days are done in order by `tawny backfill`. The other lake has the
first file; two processes share its days, in shuffled order, and the late files land one by one meanwhile. Then
`tawny backfill` goes through its days in order, which runs what is stale. All tables are compared row for row
(tawny.testing.lakes.in_any_order says what is left out), and a second `tawny backfill` must find nothing to do.
Writes bench/results/backfills.{json,md}.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from kill_nights import code_copy

import tawny_jobs
from tawny.core.errors import TawnyError
from tawny.runner.local import LocalRunner
from tawny.runner.night import Night, run_night
from tawny.runner.plan import load_jobs
from tawny.tables.registry import all_tables
from tawny.testing.lakes import check_reader, differing, in_any_order
from tawny.testing.shops import write_shop

CHECKOUT = Path(__file__).parents[1]
RESULTS = CHECKOUT / "bench" / "results"
LAST_DAY = date(2026, 11, 23)
N_LATE = 3
ATTEMPTS = 3
SETTINGS = """
root = "{folder}/lake"
landing = "{folder}/landing"
[spark]
driver_memory = "1g"
shuffle_partitions = 2
[horovod]
workers = 1
[night]
k = 10
sources = ["popularity", "neighbours", "transitions"]
split.window_days = 5
"""


def main() -> None:
    """Make both lakes, compare them, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7, help="of the shop and of the order")
    parser.add_argument("--work", type=Path, default=CHECKOUT / ".cache" / "bench" / "backfills")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--nights", nargs="+", type=date.fromisoformat, help=argparse.SUPPRESS)  # one of the two processes
    args = parser.parse_args()
    if args.nights:
        _nights(args.work, args.nights)
        return
    work = args.work.resolve()
    shutil.rmtree(work, ignore_errors=True)
    days = [LAST_DAY - timedelta(days=n) for n in reversed(range(args.days))]
    _land_all(work / "landed", args.seed)
    straight, shuffled = work / "straight", work / "shuffled"
    found = {"days": args.days, "seed": args.seed}
    for number in range(N_LATE + 1):
        _land(work, straight, number)
    found["straight_seconds"] = _backfill(straight, days)[0]
    start = time.perf_counter()
    order = [days[n] for n in np.random.default_rng(args.seed).permutation(len(days))]
    found["order"], found["retries"] = [str(day) for day in order], _at_once(work, shuffled, order)
    found["at_once_seconds"] = round(time.perf_counter() - start, 1)
    found["in_order_seconds"], found["jobs_in_order"] = _backfill(shuffled, days)
    found["again_seconds"], found["jobs_again"] = _backfill(shuffled, days)
    one, other = in_any_order(str(shuffled / "lake")), in_any_order(str(straight / "lake"))
    found["differ"] = {name: str(rows) for name, rows in differing(one, other).items()}
    found["same_published"] = _published(shuffled) == _published(straight)
    args.out.mkdir(exist_ok=True)
    (args.out / "backfills.json").write_text(json.dumps(found, indent=1) + "\n")
    text = "\n".join(report(found)) + "\n"
    (args.out / "backfills.md").write_text(text)
    print(text)
    sys.exit(1 if found["differ"] or not found["same_published"] or found["jobs_again"] else 0)


def _land_all(folder: Path, seed: int) -> None:
    """All that lands: `0` at first, then the late files. Copies keep the time of each."""
    rng = np.random.default_rng(seed)
    write_shop(folder / "0", rng, last_day=LAST_DAY - timedelta(days=1), n_days=30, n_users=200, n_items=60)
    for number in range(1, N_LATE + 1):
        (folder / str(number)).mkdir()
        users, items, days = rng.integers(200, size=60), rng.integers(60, size=60), rng.integers(1, 23, size=60)
        rows = [
            f"customer-{user:04d},sku-{item:04d},view,2026-11-{day:02d}T0{number}:00:00Z"
            for user, item, day in zip(users, items, days, strict=True)
        ]
        text = "\n".join(["user_id,item_id,event_type,event_time", *dict.fromkeys(rows), ""])
        (folder / str(number) / f"events_late_{number}.csv").write_text(text)


def _land(work: Path, lake: Path, number: int) -> None:
    shutil.copytree(work / "landed" / str(number), lake / "landing", dirs_exist_ok=True)
    (lake / "env.toml").write_text(SETTINGS.format(folder=lake))


def _backfill(lake: Path, days: list[date]) -> tuple[float, int]:
    """`tawny backfill` of all days: seconds, and the number of jobs that it ran."""
    command = [str(Path(sys.executable).with_name("tawny")), "backfill", "--env", str(lake / "env.toml")]
    start = time.perf_counter()
    ended = subprocess.run(
        [*command, "--from", str(days[0]), "--to", str(days[-1])],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=code_copy(lake.parent / "code"),
    )
    lines = [line.split() for line in ended.stdout.splitlines() if " jobs run, " in line]
    return round(time.perf_counter() - start, 1), sum(int(line[1]) for line in lines)


def _at_once(work: Path, lake: Path, order: list[date]) -> int:
    """Two processes that share the days, while late files land; how often a night had to be started again."""
    _land(work, lake, 0)
    me = [sys.executable, __file__, "--work", str(lake), "--nights"]
    shares = [order[0::2], order[1::2]]
    processes = [
        subprocess.Popen([*me, *map(str, share)], stdout=subprocess.PIPE, text=True, env=code_copy(work / "code"))
        for share in shares
        if share
    ]
    rng, number = np.random.default_rng(len(order)), 0
    while any(process.poll() is None for process in processes):
        time.sleep(float(rng.uniform(10, 30)))
        if number < N_LATE:
            number += 1
            _land(work, lake, number)
            print(f"late file {number} landed", flush=True)
    for late in range(number + 1, N_LATE + 1):
        _land(work, lake, late)
    if any(process.returncode for process in processes):
        sys.exit("a night failed for good; see above")
    texts = [process.stdout.read() for process in processes if process.stdout]
    return sum(text.count("started again") for text in texts)


def _nights(lake: Path, days: list[date]) -> None:
    runner = LocalRunner(load_jobs(tawny_jobs), lake / "env.toml")
    runner.arrow.ensure(list(all_tables().values()))
    for day in days:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                run_night(runner, Night(day, runner.tasks()), lambda _: nullcontext())
                break
            except TawnyError as exc:  # what it read was made anew by the other
                if attempt == ATTEMPTS:
                    raise
                print(f"{day} started again: {exc}", flush=True)


def _published(lake: Path) -> tuple[date, str] | None:
    now = check_reader(str(lake / "lake"))
    return (now.run_date, now.list_id) if now else None


def report(found: dict[str, object]) -> Iterator[str]:
    """What was done, and what was found."""
    yield f"    .venv/bin/python bench/backfills.py --days {found['days']} --seed {found['seed']}"
    yield ""
    yield f"{found['days']} days in order, all files there: {found['straight_seconds']} s."
    yield (
        f"Shuffled, by two processes at once, {N_LATE} late files meanwhile: {found['at_once_seconds']} s; a night was "
        f"started again {found['retries']} times."
    )
    yield f"Then in order, what was stale: {found['jobs_in_order']} jobs, {found['in_order_seconds']} s."
    yield f"Once more: {found['jobs_again']} jobs, {found['again_seconds']} s."
    yield f"Tables equal, row for row: {'NO: ' + str(found['differ']) if found['differ'] else 'yes'}."
    yield f"The same list is published: {'yes' if found['same_published'] else 'NO'}."


if __name__ == "__main__":
    main()
