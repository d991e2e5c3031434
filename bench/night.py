"""Seconds, rows and peak memory of every step of a night, and how much of it is start-up and bookkeeping.

    .venv/bin/python bench/night.py ml-100k                    # MovieLens 100K, as `make night` fetched it
    .venv/bin/python bench/night.py ml-1m --sequences FILE.gz  # the MovieLens 1M sequences: "user item" lines in time order

Bookkeeping of a step is its time with all reading, fitting and scoring taken out: it is measured by a night over a landing
folder of a handful of events, where there is nothing else to do. Peak memory is that of this process, its JVM and their
children, sampled twice a second. Writes bench/results/night-<data>.{json,md}.
"""

import argparse
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil

from tawny.cli.night import Night, Step, run_night
from tawny.cli.workbench import Workbench
from tawny.core.job import all_tasks

RESULTS = Path(__file__).parent / "results"
HERE = Path(__file__).parents[1]


class PeakMemory:
    """The most memory that this process and all below it held at once, per step."""

    def __init__(self) -> None:
        self.peaks: dict[str, int] = {}
        self._step, self._stop = "", threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    @contextmanager
    def watch(self, step: str) -> Iterator[None]:
        """Count what follows to `step`."""
        self._step = step
        yield
        self._step = ""

    def _sample(self) -> None:
        me = psutil.Process()
        while not self._stop.wait(0.5):
            held = 0
            for process in (me, *me.children(recursive=True)):
                try:
                    held += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            if self._step:
                self.peaks[self._step] = max(held, self.peaks.get(self._step, 0))


def main() -> None:
    """Run the night of the data set and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", choices=["ml-100k", "ml-1m"])
    parser.add_argument("--sequences", type=Path, help="the MovieLens 1M sequences, gzipped")
    parser.add_argument("--driver-memory", default="4g")
    parser.add_argument("--twice", action="store_true", help="a second night of the same date in the same session")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        env, run_date = _env(given, Path(folder))
        bench = Workbench(env)
        memory = PeakMemory()
        night = _night(bench, run_date, memory)
        floor = _floor(Path(folder))
        _report(given.data, night, floor, memory)
        if given.twice:
            again = _night(bench, run_date, PeakMemory())
            print(f"the same night again: {sum(step.seconds for step in again.steps):.0f} s")


def _night(bench: Workbench, run_date: date, memory: PeakMemory) -> Night:
    night = Night(run_date, all_tasks(bench.night))
    run_night(bench, night, memory.watch)
    return night


def _env(given: argparse.Namespace, folder: Path) -> tuple[Path, date]:
    """The env file of the data set, over a fresh root."""
    landing, run_date, split = HERE / ".cache" / "data" / "ml-100k", date(1998, 4, 23), "test_share = 0.2"
    if given.data == "ml-1m":
        from sequences import land_sequences

        landing, run_date = folder / "landing", land_sequences(given.sequences, folder / "landing")
        split = 'kind = "leave_last_out"'
    return _write_env(folder / "env.toml", folder / "lake", landing, given.driver_memory, split), run_date


def _write_env(file: Path, root: Path, landing: Path, memory: str, split: str) -> Path:
    text = f'root = "{root}"\nlanding = "{landing}"\n'
    file.write_text(f'{text}[spark]\ndriver_memory = "{memory}"\n[night.split]\n{split}\n')
    return file


def _floor(folder: Path) -> Night:
    """A night with next to nothing to do."""
    from tawny.testing.shops import write_shop

    write_shop(folder / "tiny", np.random.default_rng(0), last_day=date(2026, 11, 22), n_users=20, n_items=16)
    env = _write_env(folder / "tiny.toml", folder / "tiny-lake", folder / "tiny", "2g", "horizon_days = 5")
    bench = Workbench(env)
    return _night(bench, date(2026, 11, 22) + timedelta(days=1), PeakMemory())


def _report(data: str, night: Night, floor: Night, memory: PeakMemory) -> None:
    least = {step.name: step.seconds for step in floor.steps}
    rows = [_row(step, least.get(step.name, 0.0), memory.peaks.get(step.name, 0)) for step in night.steps]
    total = {
        "step": "total",
        "seconds": round(sum(row["seconds"] for row in rows), 1),
        "bookkeeping_seconds": round(sum(row["bookkeeping_seconds"] for row in rows), 1),
        "rows_in": None,
        "rows_out": None,
        "peak_mb": max(row["peak_mb"] for row in rows),
    }
    head = list(total)
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join("" if row[key] is None else str(row[key]) for key in head) + " |" for row in [*rows, total]]
    share = total["bookkeeping_seconds"] / total["seconds"]
    lines += [
        "",
        f"Start-up and bookkeeping: {share:.0%} of the night.",
        f"Measured {time.strftime('%Y-%m-%d')} on {psutil.cpu_count()} cores.",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"night-{data}.md").write_text("\n".join(lines) + "\n")
    (RESULTS / f"night-{data}.json").write_text(json.dumps({"steps": rows, "total": total}, indent=1) + "\n")
    print("\n".join(lines))


def _row(step: Step, least: float, peak: int) -> dict[str, float | int | str | None]:
    record = step.record
    return {
        "step": step.name,
        "seconds": round(step.seconds, 1),
        "bookkeeping_seconds": round(min(least, step.seconds), 1),
        "rows_in": sum(record.rows_read.values()) if record else None,
        "rows_out": sum(record.rows_written.values()) if record else None,
        "peak_mb": round(peak / 2**20),
    }


if __name__ == "__main__":
    main()
