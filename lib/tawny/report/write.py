"""Writes the page of a night, and the index over nights: the only door, for `tawny night`, `tawny report` and Airflow."""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tawny.core.errors import ConfigError, StaleInputError
from tawny.report.facts import night_page
from tawny.report.history import nights
from tawny.report.index import index_html
from tawny.report.markup import Markup
from tawny.report.night import night_html
from tawny.runner.local import LocalRunner
from tawny.tables.registry import all_tables

if TYPE_CHECKING:  # so that the help of the commands loads no table reader
    from tawny.lake.arrow import ArrowLake

FOLDER = "reports"
"""Below root: beside the tables, where who reads the lists can read the pages."""


def report_folder(root: str) -> Path | None:
    """Where the pages of a lake lie; None where the tables lie in an object store."""
    return None if "://" in root else Path(root) / FOLDER


def write_report(runner: LocalRunner, run_date: date, out: Path | None = None) -> Path:
    """The page of a night; without `out` also the index over the nights up to the newest.

    The same tables give the same bytes.

    Args:
        runner: whose tables, settings, words and tasks.
        run_date: the night.
        out: the file; default: `<run_date>.html` below `report_folder`.

    Raises:
        StaleInputError: no job ran for that day.
        ConfigError: no `out`, and the tables lie in an object store.
    """
    folder = None if out else report_folder(runner.env.root)
    file = out or (folder and folder / f"{run_date}.html")
    if file is None:
        do = "Name a file: `tawny report --run-date D --out FILE`."
        raise ConfigError(where="root", rule="pages are written below a local root.", came=runner.env.root, do=do)
    runner.arrow.ensure(list(all_tables().values()))
    page = night_page(runner.arrow, run_date, runner.night, runner.tasks(), runner.words)
    if page is None:
        rule, do = "a night must have run for the day.", f"Run `tawny night --run-date {run_date}`."
        raise StaleInputError(where=f"report of {run_date}", rule=rule, came="no run", do=do)
    _write(file, night_html(page))
    if folder:
        _write_index(runner.arrow, folder, runner.night.k)
    return file


def _write_index(lake: "ArrowLake", folder: Path, k: int) -> None:
    pages = {date.fromisoformat(file.stem): file.name for file in _pages(folder)}
    _write(folder / "index.html", index_html(nights(lake, date.max, k), pages))


def _pages(folder: Path) -> Sequence[Path]:
    return [file for file in sorted(folder.glob("????-??-??.html")) if file.stem[:4].isdecimal()]


def _write(file: Path, html: Markup) -> None:
    """Whole or not at all: readers may have the page open."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    new.write_text(html, encoding="utf-8")
    new.replace(file)
