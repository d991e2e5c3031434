"""What two lakes hold, compared row for row, and what a reader of one sees: for tests that kill and interleave runs."""

from collections.abc import Iterable
from datetime import date

import pyarrow as pa

from tawny.lake.arrow import ArrowLake, arrow_digest
from tawny.lake.base import Conditions
from tawny.publish.pointer import PublishedList, published_in, published_rows
from tawny.runner.lineage import Lineage
from tawny.tables.changes import CHANGES
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.registry import all_tables

Content = dict[str, list[str]]
"""The rows of each table as text, sorted."""

# What says by whom and in which commit something was written, and not what there is: another run, after a kill, has other
# ids, and a commit that was made twice has another version. nights_v1 has the digest of what a version holds, and it stays.
_OF_THE_RUN = frozenset({"run_id", "version"})

# One row per run, so a killed night has more of them.
_NOT_COMPARED = frozenset({"runs_v2"})


def content(root: str, leave_out: Iterable[str] = (), columns: Iterable[str] = ()) -> Content:
    """All rows of every table but the manifest, without what says by whom and in which commit they were written.

    Args:
        root: of the lake.
        leave_out: more tables that are not compared.
        columns: more columns that are not compared, as `table.column`.
    """
    lake, found = ArrowLake(root), {}
    for name, spec in all_tables().items():
        if name in _NOT_COMPARED | set(leave_out):
            continue
        rows = lake.read(spec, lake.version(spec), ()).to_pylist(maps_as_pydicts="strict")
        out = _OF_THE_RUN | {column.partition(".")[2] for column in columns if column.startswith(f"{name}.")}
        kept = [{key: value for key, value in row.items() if key not in out} for row in rows]
        found[name] = sorted(repr(sorted(row.items())) for row in kept)
    return found


def in_any_order(root: str) -> Content:
    """What must be equal in whatever order the nights of some days were run, and whatever landed in between.

    Left out are: which run_date read a landed file, and from when on it was known, for that is the order; the history of the
    published list, for readers saw what they saw; what changed since the list that they saw (changes_v1); and lists that no
    night would make any more, for a list is written once and stays. Of each day the list written last is compared.
    """
    of_order = ["landings_v1.run_date", "landings_v1.known_from"]
    found = content(root, leave_out=[PUBLISHED.name, CHANGES.name], columns=of_order)
    newest = Lineage(ArrowLake(root), date.max).earlier(RECOMMENDATIONS).values()
    own = [f"('list_id', '{made.note['partition']['list_id']}')" for made in newest]
    found[RECOMMENDATIONS.name] = [row for row in found[RECOMMENDATIONS.name] if any(one in row for one in own)]
    return found


def differing(one: Content, other: Content) -> dict[str, tuple[list[str], list[str]]]:
    """The tables that differ: some rows that only the first has, and some that only the second has."""
    return {
        name: (sorted(set(one[name]) - set(other[name]))[:3], sorted(set(other[name]) - set(one[name]))[:3])
        for name in one
        if one[name] != other[name]
    }


def check_reader(root: str) -> PublishedList | None:
    """Read as a reader does: the published list, None where nothing is published.

    The list must be whole, which its id says, for it is the digest of its rows (where they were few enough to be written by
    Arrow); and it must be the one that was audited.

    Raises:
        AssertionError: it is not.
        StaleInputError: there are no tables yet.
    """
    lake = ArrowLake(root)
    now = published_in(published_rows(lake))
    if now is None:
        return None
    where: Conditions = (("run_date", "=", now.run_date), ("list_id", "=", now.list_id))
    rows = lake.read(RECOMMENDATIONS, lake.version(RECOMMENDATIONS), where)
    place = rows.column_names.index("list_id")
    unnamed = rows.set_column(place, rows.schema.field(place), pa.array([""] * rows.num_rows))
    if arrow_digest(RECOMMENDATIONS, unnamed) != now.list_id:
        raise AssertionError(f"list {now.list_id} of {now.run_date} is not whole: {rows.num_rows} rows")
    if now.n_listed != len(set(rows["user_id"].to_pylist())):
        raise AssertionError(f"list {now.list_id} of {now.run_date} is not the one that was audited")
    return now
