"""A report over sixty nights that were never run, to look at in a browser.

.venv/bin/python bench/report_pages.py --out /tmp/pages
"""

import argparse
import shutil
from datetime import date
from pathlib import Path

import tawny_jobs
from tawny.report.write import write_report
from tawny.runner.local import LocalRunner
from tawny.runner.plan import load_jobs
from tawny.testing.nights import write_nights

LAST = date(2026, 11, 23)


def main() -> None:
    """Make the tables, write the pages, and say where they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="a folder; what is in it is removed")
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--good", action="store_true", help="the last night is like the others")
    args = parser.parse_args()
    shutil.rmtree(args.out, ignore_errors=True)
    (args.out / "landing").mkdir(parents=True)
    env = args.out / "env.toml"
    env.write_text('root = "lake"\nlanding = "landing"\n')
    runner = LocalRunner(load_jobs(tawny_jobs), env)
    write_nights(runner.arrow, runner.tasks(), LAST, args.nights, is_bad=not args.good)
    file = write_report(runner, LAST)
    print(file, file.with_name("index.html"), sep="\n")


if __name__ == "__main__":
    main()
