"""The parts of the page about what landed: rows, refused rows with examples, what changed, and drift."""

from collections.abc import Iterator

from tawny.report import svg, words
from tawny.report.facts import Landed, NightPage
from tawny.report.history import Row
from tawny.report.markup import Child, Markup, join, table, tag
from tawny.tables.changes import MEASURES

_SHIFT, _STABLE = 0.25, 0.1
"""By custom, a population stability index below 0.1 is stable, and one above 0.25 a shift."""


def landed(page: NightPage) -> Markup:
    """The rows that the night read, and those that it refused, by reason, with examples."""
    own = [one for one in page.landed if one.files]
    if not own:
        return tag("p", "No file was read for this night: all that lies in landing was read before.", class_="note")
    body = [
        [one.kind, words.count(len(one.files)), words.count(one.n_rows), words.count(_n_refused(one)),
         words.share(_n_refused(one) / one.n_rows) if one.n_rows else ""]
        for one in own
    ]  # fmt: skip
    parts = [table(["", "files", "rows", "refused", "share"], body, numbers=[1, 2, 3, 4])]
    refused = [one for one in own if one.reasons]
    parts += [tag("h3", "Refused rows, by reason")] if refused else []
    return join([*parts, *(_reasons(one) for one in refused)])


def changed(page: NightPage) -> Markup:
    """What is new, late or gone, and how the last day compares with the four weeks before it."""
    names = ("new_events", "late_events", "new_items", "gone_items")
    rows = [[MEASURES[name], tag("b", _signed(row))] for name in names if (row := page.change(name))]
    since = next((row["list_date"] for row in page.changes if row["list_date"]), None)
    parts = [tag("h3", f"Since the list of {since}"), table(["", ""], rows, numbers=[1], class_="wrap")] if rows else []
    usual = list(_last_day(page))
    if usual:
        parts += [tag("h3", "The last day, beside a mean day of the four weeks before"),
                  table(["", "last day", "usual", ""], usual, numbers=[1, 2], class_="wrap")]  # fmt: skip
    return join(parts) if parts else tag("p", "Nothing was measured: compare_nights did not run.", class_="note")


def drift(page: NightPage) -> Markup:
    """How far the distributions of inputs and scores moved."""
    rows = [row for row in page.changes if row["measure"].startswith("drift_") and row["value"] is not None]
    if not rows:
        return tag("p", "Nothing was measured: the last day, or the weeks before it, have no events.", class_="note")
    body: list[list[Child]] = []
    for row in sorted(rows, key=lambda row: -row["value"]):
        name = MEASURES[row["measure"]] + ("" if row["segment"] == "all" else f" ({row['segment']})")
        title = f"{name}: {row['value']:.3f}"
        kind, text = _judged(row)
        bar = svg.bar(row["value"] / (2 * _SHIFT), title, "other" if kind == "worse" else "own")
        mark = tag("b", text, class_=f"text-{kind}") if kind else text
        body.append([name, bar, f"{row['value']:.3f}", f"{row['usual']:.3f}", mark, words.count(row["n"])])
    about = (
        "Population stability index: 0 is no difference; by custom, below 0.1 is stable and above 0.25 a shift. Chance is"
        " what chance alone exceeds in one night of twenty: an index below it says nothing."
    )
    headers = ["", "", "index", "chance", "", "measured on"]
    return join([tag("p", about, class_="note"), table(headers, body, numbers=[2, 3, 5], class_="wrap")])


def _reasons(one: Landed) -> Markup:
    parts = []
    for reason, n in one.reasons:
        shown = [
            tag("div", f"{row['source_file']}:{row['source_line']} ", tag("span", _refused(row), class_="raw"))
            for row in one.examples[reason]
        ]
        parts += [
            tag("p", tag("b", reason), f": {words.plural(n, 'row')} of {one.kind}"),
            tag("div", *shown, class_="refused"),
        ]
    return join(parts)


def _refused(row: Row) -> str:
    """What is known of a refused row, at most a line of it."""
    text = " · ".join(part for part in (row["detail"], row["raw"]) if part)
    return text if len(text) <= 160 else f"{text[:159]}…"


def _n_refused(one: Landed) -> int:
    return sum(n for _, n in one.reasons)


def _last_day(page: NightPage) -> Iterator[list[Child]]:
    for name in ("day_events", "day_users", "new_users"):
        own = [row for row in page.changes if row["measure"] == name and row["value"] is not None]
        most = max((max(row["value"], row["usual"] or 0.0) for row in own), default=0.0)
        for row in sorted(own, key=lambda row: (row["segment"] != "all", -row["value"])):
            text = MEASURES[name] if row["segment"] == "all" else f"— {row['segment']}"
            bar = svg.bar(row["value"] / most if most else 0.0, f"{text}: {words.count(row['value'])}")
            yield [text, tag("b", words.count(row["value"])), words.count(row["usual"]), bar]
    for row in page.changes:
        if row["measure"] == "value_median" and row["value"] is not None:
            yield [f"{MEASURES['value_median']}: {row['segment']}", tag("b", words.count(row["value"])),
                   words.count(row["usual"]), ""]  # fmt: skip


def _signed(row: Row) -> str:
    return words.count(row["value"]).replace("-", "−")


def _judged(row: Row) -> tuple[str, str]:
    if row["usual"] is not None and row["value"] <= row["usual"]:
        return "", "chance"
    return ("worse", "shift") if row["value"] > _SHIFT else ("unusual", "some") if row["value"] > _STABLE else ("", "stable")
