"""`tawny check`: what would stop a night, what to know before one, what the files hold, and what the night will do."""

import sys
import textwrap
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tawny.cli.console import console
from tawny.runner.check import Checked, check, preflight
from tawny.runner.local import LocalRunner

if TYPE_CHECKING:  # they open files
    from tawny.ingest.profile.facts import Heavy
    from tawny.ingest.profile.measure import Measured

_WIDTH = 80
_N_SHOWN = 8


def check_night(runner: LocalRunner, run_date: date | None, max_rows: int) -> int:
    """Print all that a check found; the exit code of the first error, or 0.

    Args:
        runner: of the env file.
        run_date: the day of the lists, if it is given.
        max_rows: of more events a part is read.
    """
    found, out = check(runner, run_date, max_rows), console()
    for line in report(found, runner):
        out.print(line, soft_wrap=True)
    return found.errors[0].exit_code if found.errors else 0


def before_night(runner: LocalRunner) -> None:
    """Refuse a night that would stop for a reason that can be seen now; say on standard error what to know before it.

    Raises:
        TawnyError: the first reason, with the others in its text.
    """
    found = preflight(runner)
    found.raise_first()
    for remark in found.remarks:
        sys.stderr.write("\n".join(_wrapped(f"warning: {remark}", "")) + "\n")


def report(found: Checked, runner: LocalRunner) -> Iterator[str]:
    """The lines, at most 80 columns wide: errors, warnings, what was found, what the night can do, the next command."""
    said = [f"{_counted(len(found.errors), 'error')}: the night would stop." if found.errors else "No error."]
    said += [f"{_counted(len(found.remarks), 'warning')}."] if found.remarks else []
    yield " ".join(said)
    for number, error in enumerate(found.errors, 1):
        yield from _numbered(f"error {number}", error.where, f"{error.rule} Received: {error.came}.", error.do)
    for number, remark in enumerate(found.remarks, 1):
        yield from _numbered(f"warning {number}", remark.where, remark.came, remark.do)
    yield from _files(found)
    if found.facts is not None:
        yield from _events(found, runner)
    if found.forecast is not None and not found.errors:
        yield from _night(found, runner)
    yield ""
    yield from _wrapped(_next(found, runner), "")


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


def _numbered(title: str, where: str, came: str, do: str) -> Iterator[str]:
    yield ""
    yield from _wrapped(f"{title}: {where}", "", "  ")
    yield from _wrapped(came, "  ")
    if do:
        yield from _wrapped(f"→ {do}", "  ", "    ")


def _files(found: Checked) -> Iterator[str]:
    from tawny.ingest.profile.facts import columns_of, unused_columns

    for kind, looked in found.looked.items():
        if not looked.files:
            continue
        yield ""
        yield from _wrapped(f"{kind}: {_rows(found.measured.get(kind), looked.n_rows)}", "", "  ")
        for one in looked.files[:_N_SHOWN]:
            yield from _wrapped(f"{one.file.path} ({one.file.format}, {one.n_rows:,} rows)", "  ", "    ")
        if len(looked.files) > _N_SHOWN:
            yield f"  and {len(looked.files) - _N_SHOWN} more files"
        for path, first in looked.copies.items():
            yield from _wrapped(f"{path}: the same bytes as {first}, read once", "  ", "    ")
        one = looked.files[0]
        pairs = [_mapped(ours, theirs) for ours, theirs in columns_of(one).items()]
        yield from _wrapped(f"columns: {', '.join(pairs)}", "  ", "    ")
        if unused := unused_columns(one):
            yield from _wrapped(f"not read: {', '.join(unused)}", "  ", "    ")


def _mapped(ours: str, theirs: str) -> str:
    if ours == theirs:
        return ours
    return f"{ours} {theirs}" if theirs.startswith("= ") else f"{ours} ← {theirs}"


def _rows(measured: "Measured | None", n_rows: int) -> str:
    if measured is None:
        return f"{n_rows:,} rows"
    part = "" if measured.n_read == n_rows else f" of {measured.n_read:,} that were read"
    accepted, by_reason = f"{n_rows:,} rows, {measured.n_accepted:,} accepted{part}", measured.n_by_reason()
    if not by_reason:
        return accepted
    n, reasons = sum(by_reason.values()), ", ".join(f"{of_reason:,} {reason}" for reason, of_reason in by_reason.items())
    return f"{accepted}, {n:,} refused ({n / measured.n_read:.1%}): {reasons}"


def _events(found: Checked, runner: LocalRunner) -> Iterator[str]:
    facts = found.facts
    if facts is None:
        return
    weights = runner.night.events.weights
    n_positive = sum(n for kind, n in facts.n_by_type().items() if weights[kind] > 0)
    n_days = (facts.last.date() - facts.first.date()).days + 1
    yield ""
    span = f"{facts.first:%Y-%m-%d %H:%M} to {facts.last:%Y-%m-%d %H:%M} UTC, {facts.n_active_days():,} of {n_days:,} days"
    rows = [
        ("span", span),
        ("users", _most(facts.n_users, facts.n_events, facts.heavy_users())),
        ("items", _most(facts.n_items, facts.n_events, facts.heavy_items())),
        ("types", ", ".join(f"{kind} {n:,}" for kind, n in facts.n_by_type().items())),
        ("positive", f"{n_positive:,} events say what a user wants"),
    ]
    described = [one for kind, one in found.measured.items() if kind != "events" and one.n_accepted]
    if described:
        shares = (f"{facts.described_share(one):.0%} of the {one.looked.kind}" for one in described)
        rows.append(("described", f"{', '.join(shares)} of the events"))
    yield from _table(rows)


def _night(found: Checked, runner: LocalRunner) -> Iterator[str]:
    forecast, facts = found.forecast, found.facts
    if forecast is None or facts is None:
        return
    night, test, validation = runner.night, forecast.test, forecast.validation
    rows = [("lists", f"for {facts.n_users:,} users, up to {night.k} items each")]
    if forecast.kind != "mornings":
        rows.append(("judged", "on held-out items"))
    elif validation is None:
        rows.append(("order", "by popularity: nothing can be held out to learn an order from"))
    else:
        rows.append(("order", _order(runner, validation.n_lists)))
    if forecast.kind == "mornings":
        n_lists = test.n_lists if test else 0
        enough = n_lists >= found.min_judged
        too_few = f"too little for a number: {n_lists:,} lists, {found.min_judged} are needed"
        rows.append(("judged", f"on some {n_lists:,} lists" if enough else too_few))
    if "two_tower" in night.sources:
        how = "trained, and stopped where held-out users say so" if validation else "trained without held-out users"
        rows.append(("deep model", how))
    rows.append(("why", forecast.reason))
    yield ""
    yield f"The night of {found.run_date}"
    yield from _table(rows)


def _order(runner: LocalRunner, n_lists: int) -> str:
    """What the final order will be learned on, by how many validation lists of users with a history there are."""
    needed = _ranker(runner, "min_users", 50)
    if not n_lists:
        return "by popularity: no user of the window has a history"
    if n_lists < needed:
        return f"of the best source: some {n_lists:,} lists, {needed} are needed for more"
    trees = ", with trees" if n_lists >= _ranker(runner, "min_rows", 2_000) else ""
    return f"learned on some {n_lists:,} lists{trees}"


def _ranker(runner: LocalRunner, name: str, default: int) -> int:
    """A setting of the job that learns the order."""
    from tawny.core.config import job_settings

    job = runner.jobs.get("learn_ranker")
    return int(getattr(job_settings(job.settings, runner.env, job.name, None), name)) if job else default


def _next(found: Checked, runner: LocalRunner) -> str:
    env = f" --env {shown}" if (shown := _shown(runner.env_file)) else ""
    if found.errors:
        return f"Correct {'these' if len(found.errors) > 1 else 'this'}, then: tawny check{env}"
    given = "" if found.run_date is None or found.run_date == runner.env.run_date else f" --run-date {found.run_date}"
    assumed = "No run_date was given: that of the day after the newest event is taken.\n" if found.is_assumed else ""
    return f"{assumed}Next: tawny night{env}{given}"


def _shown(path: Path | None) -> str:
    """The env file as it is typed from here."""
    if path is None:
        return ""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _most(n: int, n_events: int, heaviest: "Iterable[Heavy]") -> str:
    named = ", ".join(f"{one.name[:24]} {one.n:,}" for one in heaviest)
    return f"{n:,}, {n_events / n:.1f} events each; most: {named}"


def _table(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, text in rows:
        yield from _wrapped(text, f"  {name:<10} ", " " * 13)


def _wrapped(text: str, first: str, rest: str | None = None) -> list[str]:
    """Lines of at most 80 columns; a longer word, such as a path, is not broken."""
    found: list[str] = []
    for line in text.split("\n"):
        start = first if not found else (first if rest is None else rest)
        found += textwrap.wrap(
            line, _WIDTH, initial_indent=start, subsequent_indent=first if rest is None else rest,
            break_long_words=False, break_on_hyphens=False,
        ) or [""]  # fmt: skip
    return found
