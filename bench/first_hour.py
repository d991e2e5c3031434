"""The first hour of a new user: three exports of shops, each from its files to lists, without an edit by hand.

    .venv/bin/python bench/first_hour.py                      # a CRM, a web log, a database dump, of 50,000 events each
    .venv/bin/python bench/first_hour.py --only crm --work /tmp/first

For each export: `tawny init`, `tawny check`, `tawny night` and `tawny report`, as a user would type them, in a folder of its
own. Writes bench/results/first-hour.md.
"""

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from tawny.core.config import load_env
from tawny.lake.arrow import ArrowLake
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.testing.exports import EXPORTS

RESULTS = Path(__file__).parent / "results"
LAST_DAY = date(2026, 9, 20)
MOST_MINUTES = 10


@dataclass(frozen=True)
class Measured:
    """One export: seconds by command, and what came of it."""

    name: str
    seconds: dict[str, float]
    n_lists: int


def main() -> None:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--only", choices=list(EXPORTS), action="append")
    parser.add_argument("--work", type=Path, help="keep files and lakes there")
    args = parser.parse_args()
    with TemporaryDirectory() as folder:
        work = args.work or Path(folder)
        measured = [_one(name, work / name, args.events) for name in args.only or EXPORTS]
    lines = _report(measured, args.events, "" if args.only is None else "".join(f" --only {name}" for name in args.only))
    (RESULTS / "first-hour.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def _one(name: str, folder: Path, n_events: int) -> Measured:
    EXPORTS[name](folder / "landing", n_events, LAST_DAY)
    commands = {
        "init": ["init", "landing", "--env", "shop.toml"], "check": ["check", "--env", "shop.toml"],
        "night": ["night", "--env", "shop.toml"], "report": ["report", "--env", "shop.toml"],
    }  # fmt: skip
    seconds = {command: _timed(folder, words) for command, words in commands.items()}
    return Measured(name, seconds, _n_lists(folder / "shop.toml"))


def _timed(folder: Path, words: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run([str(Path(sys.executable).with_name("tawny")), *words], cwd=folder, check=True)
    return time.perf_counter() - began


def _n_lists(env_file: Path) -> int:
    """Users with a published list."""
    lake = ArrowLake(load_env(env_file).root)
    (published,) = lake.read(PUBLISHED, lake.version(PUBLISHED), (("status", "=", "published"),)).to_pylist()
    lists = lake.read(
        RECOMMENDATIONS,
        lake.version(RECOMMENDATIONS),
        (("run_date", "=", published["run_date"]), ("list_id", "=", published["list_id"])),
    )
    return len(set(lists["user_id"].to_pylist()))


def _report(measured: list[Measured], n_events: int, only: str) -> list[str]:
    commands = list(measured[0].seconds)
    worst = max(sum(one.seconds.values()) for one in measured) / 60
    return [
        f"    .venv/bin/python bench/first_hour.py --events {n_events}{only}",
        "",
        f"Exports of {n_events:,} events each, from files to lists, no file edited by hand; seconds. The longest took "
        f"{worst:.1f} minutes (at most {MOST_MINUTES}: {'yes' if worst <= MOST_MINUTES else 'NO'}).",
        "",
        f"| export | {' | '.join(commands)} | all, minutes | users with a list |",
        f"|---|{'---|' * (len(commands) + 2)}",
        *(
            f"| {one.name} | {' | '.join(f'{one.seconds[name]:.0f}' for name in commands)} "
            f"| {sum(one.seconds.values()) / 60:.1f} | {one.n_lists:,} |"
            for one in measured
        ),
    ]


if __name__ == "__main__":
    main()
