"""Seconds, rows and peak memory of every step of a night, and how much of it is start-up and bookkeeping.

    .venv/bin/python bench/night.py ml-100k                    # MovieLens 100K, as `make night` fetched it
    .venv/bin/python bench/night.py ml-1m --sequences FILE.gz  # the MovieLens 1M sequences: "user item" lines in time order

Bookkeeping of a step is its time without reading, fitting and scoring. It is measured by a night over a landing folder of a
few hundred events. Peak memory is that of this process, its JVM and their children, sampled twice a second. Writes
bench/results/night-<data>.{json,md}.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil

import tawny_jobs
from tawny.runner.local import LocalRunner
from tawny.runner.night import Night, Step, run_night
from tawny.runner.plan import load_jobs

RESULTS = Path(__file__).parent / "results"
CHECKOUT = Path(__file__).parents[1]


class PeakMemory:
    """The peak memory of this process and its children, per step."""

    def __init__(self) -> None:
        self.peaks: dict[str, int] = {}
        self._step, self._stop = "", threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    @contextmanager
    def watch(self, step: str) -> Iterator[None]:
        """Count the memory used inside the context to `step`."""
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
    args = parser.parse_args()
    with TemporaryDirectory() as folder:
        env, run_date = _env(args, Path(folder))
        runner = LocalRunner(load_jobs(tawny_jobs), env)
        memory = PeakMemory()
        night = _night(runner, run_date, memory)
        again = _again(env, run_date)
        floor = _floor(Path(folder))
        _report(args.data, night, floor, again, memory)


def _night(runner: LocalRunner, run_date: date, memory: PeakMemory) -> Night:
    night = Night(run_date, runner.tasks())
    run_night(runner, night, memory.watch)
    return night


@dataclass(frozen=True)
class Again:
    """The same night once more, as a command of its own: its seconds, and the versions that it added to all tables."""

    seconds: float
    n_new_versions: int


def _again(env: Path, run_date: date) -> Again:
    root = LocalRunner(load_jobs(tawny_jobs), env).arrow.root
    before, start = _n_versions(root), time.perf_counter()
    command = [str(Path(sys.executable).parent / "tawny"), "night", "--env", str(env), "--run-date", str(run_date)]
    subprocess.run(command, check=True, capture_output=True)
    return Again(round(time.perf_counter() - start, 1), _n_versions(root) - before)


def _n_versions(root: str) -> int:
    return sum(1 for _ in Path(root).glob("*/_delta_log/*.json"))


def _env(args: argparse.Namespace, folder: Path) -> tuple[Path, date]:
    """The env file of the data set, over a fresh root."""
    landing, run_date, split = CHECKOUT / ".cache" / "data" / "ml-100k", date(1998, 4, 23), 'kind = "global_time"'
    if args.data == "ml-1m":
        from sequences import land_sequences

        landing, run_date = folder / "landing", land_sequences(args.sequences, folder / "landing")
        split = 'kind = "leave_last_out"'
    return _write_env(folder / "env.toml", folder / "lake", landing, args.driver_memory, split), run_date


def _write_env(file: Path, root: Path, landing: Path, memory: str, split: str) -> Path:
    text = f'root = "{root}"\nlanding = "{landing}"\n'
    file.write_text(f'{text}[spark]\ndriver_memory = "{memory}"\n[night.split]\n{split}\n')
    return file


def _floor(folder: Path) -> Night:
    """A night over a tiny shop."""
    from tawny.testing.shops import write_shop

    write_shop(folder / "tiny", np.random.default_rng(0), last_day=date(2026, 11, 22), n_users=20, n_items=16)
    env = _write_env(folder / "tiny.toml", folder / "tiny-lake", folder / "tiny", "2g", "window_days = 5")
    runner = LocalRunner(load_jobs(tawny_jobs), env)
    return _night(runner, date(2026, 11, 22) + timedelta(days=1), PeakMemory())


@dataclass(frozen=True)
class Measured:
    """A line of the report."""

    step: str
    seconds: float
    bookkeeping_seconds: float
    rows_in: int | None
    rows_out: int | None
    peak_mb: int


def _report(data: str, night: Night, floor: Night, again: Again, memory: PeakMemory) -> None:
    least = {step.name: step.seconds for step in floor.steps}
    rows = [_measured(step, least.get(step.name, 0.0), memory.peaks.get(step.name, 0)) for step in night.steps]
    seconds, bookkeeping = sum(row.seconds for row in rows), sum(row.bookkeeping_seconds for row in rows)
    total = Measured("total", round(seconds, 1), round(bookkeeping, 1), None, None, max(row.peak_mb for row in rows))
    head = [field.name for field in fields(Measured)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    cells = [["" if value is None else str(value) for value in asdict(row).values()] for row in [*rows, total]]
    lines += ["| " + " | ".join(row) + " |" for row in cells]
    lines += [
        "",
        f"Start-up and bookkeeping: {bookkeeping / seconds:.0%} of the night.",
        f"The same night again, a command of its own: {again.seconds} s, {again.n_new_versions} new versions in all tables.",
        f"Measured {time.strftime('%Y-%m-%d')} on {psutil.cpu_count()} cores.",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"night-{data}.md").write_text("\n".join(lines) + "\n")
    report = {"steps": [asdict(row) for row in rows], "total": asdict(total), "again": asdict(again)}
    (RESULTS / f"night-{data}.json").write_text(json.dumps(report, indent=1) + "\n")
    print("\n".join(lines))


def _measured(step: Step, least: float, peak: int) -> Measured:
    record = step.record
    return Measured(
        step=step.name,
        seconds=round(step.seconds, 1),
        bookkeeping_seconds=round(min(least, step.seconds), 1),
        rows_in=sum(record.rows_read.values()) if record else None,
        rows_out=sum(record.rows_written.values()) if record else None,
        peak_mb=round(peak / 2**20),
    )


if __name__ == "__main__":
    main()
