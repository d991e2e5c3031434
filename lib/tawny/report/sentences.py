"""What changed since the night before, in a few lines, for the console."""

from collections.abc import Iterator, Sequence

from tawny.report import words
from tawny.report.history import Row, change
from tawny.report.verdict import Finding, headline


def since_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Rows of changes_v1 of one run_date, in at most three lines; none where nothing was published before."""
    list_date = next((row["list_date"] for row in rows if row["list_date"]), None)
    if list_date is None:
        return
    values = {row["measure"]: row["value"] for row in rows if row["segment"] == "all" and row["value"] is not None}
    counts = {
        "new_events": "new events", "late_events": "of them late", "new_items": "new items", "gone_items": "items gone",
        "new_users": "new users on the last day",
    }  # fmt: skip
    said = [f"{words.count(values[name])} {text}" for name, text in counts.items() if name in values]
    yield f"Since the list of {list_date}: {', '.join(said)}."
    yield from _of_lists(rows)
    yield from _of_the_list_before(rows, list_date)


def verdict_lines(found: Sequence[Finding], n_before: int) -> Iterator[str]:
    """The headline of the night's page, and what is worse, a line each."""
    yield headline(found, n_before)
    yield from (f"- {one}" for one in found if one.kind == "worse")


def _of_lists(rows: Sequence[Row]) -> Iterator[str]:
    everyone, quiet, overlap = (
        change(rows, "lists_changed_share"), change(rows, "lists_changed_share", "quiet"), change(rows, "list_overlap"),
    )  # fmt: skip
    if everyone and overlap:
        of_quiet = f" ({words.share(quiet['value'])} of those of users who did nothing since)" if quiet else ""
        changed = f"{words.share(everyone['value'])} of {words.count(everyone['n'])} lists changed{of_quiet}"
        yield f"{changed}; {words.share(overlap['value'])} of a list's items were on the one before."


def _of_the_list_before(rows: Sequence[Row], list_date: object) -> Iterator[str]:
    names = {"before_ndcg": "NDCG", "before_hit_rate": "hit rate", "before_recall": "recall"}
    own = {name: row for measure, name in names.items() if (row := change(rows, measure))}
    if not own:
        yield f"The list of {list_date}: users have taken nothing new since to judge it on."
        return
    said = [f"{name} {_with_interval(row)}" for name, row in own.items()]
    n = max(row["n"] for row in own.values())
    yield f"The list of {list_date} did, on what {words.plural(n, 'user')} took since: {', '.join(said)}."


def _with_interval(row: Row) -> str:
    text = words.metric(row["value"])
    return text if row["ci_low"] is None else f"{text} ({row['ci_low']:.4f} to {row['ci_high']:.4f})"
