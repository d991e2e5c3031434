"""How long `tawny check` takes on a million events, as CSV, JSON Lines and Parquet.

    .venv/bin/python bench/check.py                    # 1,000,000 events, three runs of each
    .venv/bin/python bench/check.py --events 100000 --runs 1

The events are made (50,000 users, 20,000 items, half a year, seeded). Each run is a process `tawny check`, with its start
and its imports. Measured are seconds, seconds of CPU, and memory at most. Writes bench/results/check.{json,md}.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CHECKOUT = Path(__file__).parents[1]
RESULTS = CHECKOUT / "bench" / "results"
DAYS, USERS, ITEMS = 180, 50_000, 20_000
BEGIN = 1_764_000_000
FORMS = ("CSV", "CSV, quoted", "JSON Lines", "Parquet")
TAWNY = Path(sys.executable).with_name("tawny")


def made(n: int) -> pa.Table:
    """So many events, of users and items some of which are much busier than others."""
    rng = np.random.default_rng(9)
    users, items = rng.zipf(1.3, n) % USERS, rng.zipf(1.2, n) % ITEMS
    times = (BEGIN + np.sort(rng.integers(0, DAYS * 86_400, n))).astype("datetime64[s]")
    kinds = np.array(["view", "view", "view", "cart", "purchase"])[rng.integers(0, 5, n)]
    iso = [f"{one}Z" for one in np.datetime_as_string(times)]
    columns = {"user_id": [f"customer-{user}" for user in users], "item_id": [f"sku-{item}" for item in items]}
    return pa.table({**columns, "event_type": kinds, "event_time": iso})


def write_all(n_events: int, work: Path) -> None:
    """An env file and a landing folder for each form."""
    table = made(n_events)
    for number, form in enumerate(FORMS):
        folder = work / str(number)
        write(table, form, folder / "landing")
        (folder / "env.toml").write_text(f'root = "{folder}/lake"\nlanding = "{folder}/landing"\n')


def write(table: pa.Table, form: str, folder: Path) -> None:
    """The events as one file."""
    folder.mkdir(parents=True)
    if form == "Parquet":
        pq.write_table(table, folder / "events.parquet")
        return
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    with (folder / f"events.{'jsonl' if form == 'JSON Lines' else 'csv'}").open("w", newline="") as file:
        if form == "JSON Lines":
            file.writelines(json.dumps(dict(zip(table.column_names, row, strict=True))) + "\n" for row in rows)
        else:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL if form == "CSV, quoted" else csv.QUOTE_MINIMAL)
            writer.writerow(table.column_names)
            writer.writerows(rows)


def run(env: Path) -> dict[str, float]:
    """One check, as a process of its own."""
    start = time.perf_counter()
    process = subprocess.Popen([TAWNY, "check", "--env", str(env)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"tawny check --env {env} failed")
    cpu = usage.ru_utime + usage.ru_stime
    return {"seconds": time.perf_counter() - start, "cpu_seconds": cpu, "memory_mb": usage.ru_maxrss / 1024}


def report(n_events: int, found: dict[str, list[dict[str, float]]]) -> str:
    """The page of results: the median of the runs."""
    n_runs = len(next(iter(found.values())))
    lines = [
        "# `tawny check`", "", f"{n_events:,} events, the median of {n_runs} runs, start included; no JVM.",
        "", "| file | seconds | seconds of CPU | MB of memory at most |", "|---|---|---|---|",
    ]  # fmt: skip
    for form, runs in found.items():
        median = {name: float(np.median([one[name] for one in runs])) for name in runs[0]}
        lines.append(f"| {form} | {median['seconds']:.1f} | {median['cpu_seconds']:.1f} | {median['memory_mb']:,.0f} |")
    machine = f"{os.cpu_count()} cores; load of the machine before the runs: {os.getloadavg()[0]:.1f}"
    return "\n".join([*lines, "", f"{machine}. Made again by `.venv/bin/python bench/check.py`.", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    found: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as work:
        # In a process of its own: the memory of a child counts from that of its parent on.
        maker = get_context("spawn").Process(target=write_all, args=(args.events, Path(work)))
        maker.start()
        maker.join()
        for number, form in enumerate(FORMS):
            found[form] = [run(Path(work) / str(number) / "env.toml") for _ in range(args.runs)]
    RESULTS.mkdir(exist_ok=True)
    text = report(args.events, found)
    (RESULTS / "check.md").write_text(text)
    (RESULTS / "check.json").write_text(json.dumps({"n_events": args.events, "runs": found}, indent=1) + "\n")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
