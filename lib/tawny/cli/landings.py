"""`tawny retract` and `tawny replay`: take a landed file back, or read it again."""

from datetime import date
from typing import TYPE_CHECKING, Literal

from tawny.cli.console import console
from tawny.runner.local import LocalRunner
from tawny.runner.night import resolve_run_date

if TYPE_CHECKING:  # it opens tables
    from tawny.ingest.ledger import Entry


def retract(runner: LocalRunner, name: str, run_date: date | None) -> None:
    """Take back everything that a landed file gave, and say what that was.

    Raises:
        ConfigError: no such file was read, or the name is that of several.
    """
    from tawny.ingest.ledger import find_entries, read_ledger

    before = find_entries(read_ledger(runner.arrow), name, ("read", "copy", "replaying", "retracting", "retracted"))
    after = _do(runner, "retract", before, run_date)
    (one, *_) = after
    paths = ", ".join(entry.path for entry in after)
    console().print(
        f"Retracted: {paths} ({one.digest[:12]}): {one.n_accepted:,} accepted and {one.n_refused:,} quarantined rows of "
        f"{one.kind}.\nIt is not read again, even if it stays in landing. `tawny night` makes the lists without it.",
        soft_wrap=True,
    )


def replay(runner: LocalRunner, name: str, run_date: date | None) -> None:
    """Read a landed file again, by the settings of now, and say what changed.

    Raises:
        ConfigError: no such file was read, or the name is that of several.
    """
    from tawny.ingest.ledger import find_entries, read_ledger

    before = find_entries(read_ledger(runner.arrow), name, ("read", "replaying"))
    after = _do(runner, "replay", before, run_date)
    old, new = before[0], after[0]
    console().print(
        f"Replayed: {new.path} ({new.digest[:12]}): {new.n_accepted:,} rows accepted ({old.n_accepted:,} before), "
        f"{new.n_refused:,} quarantined ({old.n_refused:,} before).",
        soft_wrap=True,
    )


def _do(
    runner: LocalRunner, job: Literal["retract", "replay"], entries: tuple["Entry", ...], run_date: date | None
) -> tuple["Entry", ...]:
    """Mark the file, and let the ingest job of its kind do what is marked; the file's entries then."""
    from tawny.ingest.ledger import read_ledger

    day, one = resolve_run_date(runner, run_date), entries[0]
    if any(entry.status != "retracted" for entry in entries):
        jobs = {**runner.env.jobs, job: {"file": one.digest}}
        runner.env = runner.env.model_copy(update={"jobs": jobs})
        runner.run(runner.task(job), day)
        runner.run(runner.task(f"ingest_{one.kind}"), day)
    keys = {entry.key for entry in entries}
    return tuple(entry for entry in read_ledger(runner.arrow, one.kind) if entry.key in keys)
