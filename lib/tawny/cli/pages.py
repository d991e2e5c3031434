"""`tawny report`: the page of a night, and the index over nights; and the last lines that a night prints."""

from datetime import date
from pathlib import Path

from tawny.core.errors import StaleInputError
from tawny.report.write import report_folder, write_report
from tawny.runner.local import LocalRunner
from tawny.tables.runs import RUNS


def write_page(runner: LocalRunner, run_date: date | None, out: Path | None = None) -> Path:
    """Write the page of a night.

    Args:
        runner: whose tables.
        run_date: default: of the env file, else the newest night that ran.
        out: the file; default: below the tables, with the index over nights.

    Raises:
        StaleInputError: no job ran for that day.
        ConfigError: no `out`, and the tables lie in an object store.
    """
    day = run_date or runner.env.run_date or _newest(runner)
    return write_report(runner, day, out)


def page_text(runner: LocalRunner, run_date: date) -> str:
    """Write the page of a night that ran, and say where it is; or why there is none."""
    if report_folder(runner.env.root) is None:
        return "Report: the tables lie in an object store; `tawny report --out FILE` writes one."
    return f"Report: {write_page(runner, run_date)}"


def page_after_failure(runner: LocalRunner, run_date: date) -> str | None:
    """As `page_text`; None where the night failed before its first job began, so that there is nothing to show."""
    try:
        return page_text(runner, run_date)
    except StaleInputError:
        return None


def _newest(runner: LocalRunner) -> date:
    runner.arrow.ensure([RUNS])
    days: list[date] = runner.arrow.read(RUNS, runner.arrow.version(RUNS), ())["run_date"].to_pylist()
    if not days:
        raise StaleInputError(where="report", rule="a night must have run.", came="none", do="Run `tawny night`.")
    return max(days)
