"""The page over nights: one row each, the newest first."""

from collections.abc import Mapping, Sequence
from datetime import date

from tawny.report import svg, words
from tawny.report.history import NightFacts
from tawny.report.markup import Child, Markup, join, table, tag
from tawny.report.night import MARKS, document, finding_list
from tawny.report.series import ALL
from tawny.report.verdict import Finding, findings, headline

_SHOWN = ("ndcg", "before_ndcg", "list_overlap", "day_events", "refused_share", "seconds")


def index_html(history: Sequence[NightFacts], pages: Mapping[date, str]) -> Markup:
    """The page as HTML.

    Args:
        history: the nights, oldest first.
        pages: the file of each night that has a page.
    """
    found = {night.run_date: findings(night, history[:at]) for at, night in enumerate(history)}
    shown = [series for series in ALL if series.key in _SHOWN and any(series.key in night.numbers for night in history)]
    rows = [_row(night, found[night.run_date], shown, pages) for night in reversed(history)]
    curves: list[Child] = [tag("span", f"last {words.plural(len(history), 'night')}", class_="muted"), ""]
    for series in shown:
        values = [night.numbers[series.key].value if series.key in night.numbers else None for night in history]
        curves.append(svg.sparkline(values, series.title))
    numbers = range(2, 2 + len(shown))
    body = table(["night", "", *(series.title for series in shown)], [curves, *rows], numbers=numbers, class_="nights")
    newest = history[-1]
    own = found[newest.run_date]
    top = [
        tag("p", "Nights", class_="day"),
        tag("h1", f"{words.day(newest.run_date)}: {headline(own, len(history) - 1)}"),
        finding_list(own, pages.get(newest.run_date, "")),
    ]
    return document("Nights", [tag("header", *top), tag("main", tag("h2", "All nights"), body), tag("footer", "Tawny")])


def _row(night: NightFacts, found: Sequence[Finding], shown: Sequence[object], pages: Mapping[date, str]) -> list[Child]:
    day = words.day(night.run_date)
    link: Child = tag("a", day, href=pages[night.run_date]) if night.run_date in pages else day
    worse = [one for one in found if one.kind == "worse"]
    said: Child = tag("span", MARKS["worse"], f" {len(worse)}", class_="text-worse", title=" ".join(map(str, worse)))
    cells: list[Child] = [link, said if worse else "✓"]
    for series in (one for one in ALL if one in shown):
        number = night.numbers.get(series.key)
        cells.append(series.write(number.value) if number else join([""]))
    return cells
