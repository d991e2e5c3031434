"""`tawny trace`: one row of a list, back through every table that made it to the files and lines it came from."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from rich.tree import Tree

from tawny.cli.console import console
from tawny.core.errors import ConfigError, StaleInputError
from tawny.core.table import TableSlice, TableSpec
from tawny.lake.base import Condition, Value
from tawny.publish.pointer import published_now, published_rows, standing
from tawny.runner.lineage import Made
from tawny.runner.local import LocalRunner
from tawny.runner.night_before import NightBefore
from tawny.tables.candidates import CANDIDATES
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.models import MODELS
from tawny.tables.nights import NIGHTS
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.sequences import SEQUENCES

_MAX_EVENTS = 10


def trace_row(runner: LocalRunner, user_id: str, item_id: str, run_date: date | None) -> None:
    """Print where an item of a user's list came from.

    Raises:
        StaleInputError: nothing is published, or no list was written for that day.
        ConfigError: the item is not on the user's list.
    """
    lake = runner.arrow
    published = published_rows(lake)
    now = published_now(published) if run_date is None else None
    day = now.run_date if now else run_date or date.min
    commit = lake.commits(RECOMMENDATIONS).newest({"run_date": day, **({"list_id": now.list_id} if now else {})})
    if commit is None or not commit.note:
        rule, do = "a list must be written for the day.", f"Run `tawny night --run-date {day}`."
        raise StaleInputError(where=f"{RECOMMENDATIONS.name} {day}", rule=rule, came="none", do=do)
    night = NightBefore.of(lake, RECOMMENDATIONS, day, Made(RECOMMENDATIONS.name, commit.version, commit.note))
    rows = night.read(RECOMMENDATIONS, user_id=user_id).sort_by("rank").to_pylist()
    row = next((one for one in rows if one["item_id"] == item_id), None)
    if row is None:
        rule, came = f"the item must be on the user's list of {day}.", ", ".join(one["item_id"] for one in rows) or "no list"
        raise ConfigError(where=f"user {user_id}, item {item_id}", rule=rule, came=came[:300], do="See `tawny show`.")
    console().print(_tree(runner, night, row, standing(published, day, night.list_id)))


def _tree(runner: LocalRunner, night: NightBefore[Any], row: Mapping[str, Any], state: str) -> Tree:
    head = f"user {row['user_id']}, item {row['item_id']}: rank {row['rank']}, score {row['score']:.4f}"
    tree = Tree(f"{head}, model {row['model_version']}")
    tree.add(f"{_made(night.made)}. {state}")
    catalog = night.read_arrow(CATALOG)
    index = dict(zip(catalog["item_id"].to_pylist(), catalog["item_index"].to_pylist(), strict=True))
    for source in row["sources"]:
        branch = tree.add(f"{source} {_place(night, source, str(row['user_id']), index[row['item_id']])}")
        for ref in (CANDIDATES[source], MODELS[source]):
            branch.add(_line(night, ref))
    for reason in row["reasons"]:
        because = f"because of item {reason['item_id']}" if reason["item_id"] else f"because {reason['source']} found it"
        branch = tree.add(f"{because} ({reason['share']:.0%} by {reason['source']})")
        for line in _events(runner, night, str(row["user_id"]), reason["item_id"]):
            branch.add(line)
    rest = tree.add("made from")
    for name, made in sorted(night.upstream.items()):
        if "[" not in name:
            rest.add(_made(made))
    for line in _pins(runner, night):
        rest.add(line)
    return tree


def _made(made: Made) -> str:
    """A partition, and the run that wrote it."""
    note = made.note
    return (
        f"{made.name} of {note['run_date']}, version {made.version}, {made.n_rows:,} rows, digest {made.digest}; "
        f"run {note['run_id']} of {note['job']}, settings {note['settings']}, code {note['code']}"
    )


def _line(night: NightBefore[Any], ref: TableSlice) -> str:
    made = night.upstream.get(str(ref))
    return _made(made) if made else f"{ref}: its commit is no longer in the log"


def _place(night: NightBefore[Any], source: str, user_id: str, item: int) -> str:
    """Where a source had the item among the user's candidates."""
    try:
        rows = night.read_arrow(CANDIDATES[source], user_id=user_id, fold="serve").to_pylist()
    except (StaleInputError, FileNotFoundError):
        rows = []
    for row in rows:
        for place, one in enumerate(row["items"], start=1):
            if one["item_index"] == item:
                return f"had it at place {place} of {len(row['items'])}, score {one['score']:.4f}"
    return "had it among its candidates, which are no longer kept"


def _events(runner: LocalRunner, night: NightBefore[Any], user_id: str, item_id: str | None) -> Iterator[str]:
    """The user's events with an item, each with the file and line it was read from."""
    if item_id is None:
        return
    before: Condition = ("event_ts", "<", _midnight(night.run_date))
    where: tuple[Condition, ...] = (("user_id", "=", user_id), ("item_id", "=", item_id), before)
    rows = _read(runner, EVENTS, _pinned_version(runner, EVENTS, night.run_date), where)
    for row in sorted(rows, key=lambda one: one["event_ts"])[-_MAX_EVENTS:]:
        value = f" {row['value']:g}" if row["value"] is not None else ""
        at = f"{row['source_file']}:{row['source_line']} (file {row['source_digest'][:12]})"
        yield f"{row['event_type']}{value} at {row['event_ts']:%Y-%m-%d %H:%M:%S}: {at}"
    days = night.read_arrow(SEQUENCES, user_id=user_id, fold="serve").to_pylist()
    yield from (f"in a history of {len(row['item_indices'])} entries" for row in days)


def _pins(runner: LocalRunner, night: NightBefore[Any]) -> Iterator[str]:
    for row in _read(runner, NIGHTS, None, (("run_date", "=", night.run_date),)):
        what = f"{row['n_rows']:,} rows known by {night.run_date}, digest {row['digest']}"
        yield f"{row['table']} version {row['version']}: {what}; night {row['night_id']}"


def _pinned_version(runner: LocalRunner, spec: TableSpec, run_date: date) -> int | None:
    where: tuple[Condition, ...] = (("run_date", "=", run_date), ("table", "=", spec.name))
    return next((int(row["version"]) for row in _read(runner, NIGHTS, None, where)), None)


def _read(runner: LocalRunner, spec: TableSpec, version: int | None, where: tuple[Condition, ...]) -> list[dict[str, Any]]:
    lake = runner.arrow
    at = lake.version(spec) if version is None else version
    rows: list[dict[str, Any]] = lake.read(spec, at, where).to_pylist()
    return rows


def _midnight(day: date) -> Value:
    return datetime.combine(day, time.min, UTC)
