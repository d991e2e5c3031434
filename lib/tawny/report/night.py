"""The page of one night, from its facts alone."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tawny.report import inputs, lists, svg, words
from tawny.report.facts import NightPage
from tawny.report.graph import night_graph
from tawny.report.history import NightFacts, TaskRun
from tawny.report.markup import Markup, join, table, tag
from tawny.report.series import ALL, DATA, DRIFT, OPERATION, QUALITY, Series
from tawny.report.verdict import Finding, headline, usual

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Nothing is loaded and no script runs, whatever the page holds."""

_STYLE = Path(__file__).with_name("style.css")

MARKS = {"worse": "▼ Worse", "unusual": "◆ Unusual", "better": "▲ Better"}
"""By kind of finding: a shape, a word and a colour, so that none of them is needed."""

_TILES = ("ndcg", "before_ndcg", "listed_share", "list_overlap", "day_events", "day_users", "refused_share", "seconds")


def night_html(page: NightPage) -> Markup:
    """The page as HTML."""
    found = page.findings
    sections = [
        ("status", "What readers see", _status(page)),
        ("quality", "How good the lists are", lists.quality(page)),
        ("before", "How the list before did", lists.before(page)),
        ("changed", "How the lists changed", lists.changed(page)),
        ("landed", "What landed", join([inputs.landed(page), inputs.changed(page)])),
        ("drift", "Drift", inputs.drift(page)),
        ("trends", "Curves", _trends(page, found)),
        ("samples", "Ten lists", lists.samples(page)),
        ("night", "The night", _operation(page)),
    ]
    links = [tag("a", title, href=f"#{name}") for name, title, _ in sections]
    body = [tag("section", tag("h2", title), content, id=name) for name, title, content in sections]
    code = next((run.code_version for run in page.night.runs.values()), "")
    foot = tag(
        "footer", f"Tawny {code}. Numbers are those of the tables; ", tag("code", "tawny tables"), " explains their columns."
    )
    return document(
        f"Night of {page.run_date}", [_header(page, found), tag("nav", *links, aria_label="Parts"), tag("main", *body), foot]
    )


def document(title: str, body: Sequence[Markup]) -> Markup:
    """A whole HTML file."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="robots", content="noindex"),
        tag("title", title),
        tag("style", Markup(_STYLE.read_text(encoding="utf-8"))),
    )
    return join([Markup("<!doctype html>\n"), tag("html", head, tag("body", *body), lang="en"), "\n"])


def finding_list(found: Sequence[Finding], page: str = "") -> Markup:
    """The findings, each a link to the part that shows it.

    Args:
        found: what there is to say.
        page: the file that has the parts; empty: this one.
    """
    items = [
        tag(
            "li", tag("b", MARKS[one.kind]),
            tag("a", tag("strong", one.title), tag("span", f": {one.text}"), href=f"{page}#{one.anchor}"),
            class_=one.kind,
        )
        for one in found
    ]  # fmt: skip
    return tag("ul", *items, class_="findings") if items else Markup("")


def _header(page: NightPage, found: Sequence[Finding]) -> Markup:
    days = tag(
        "p", tag("span", f"Night of {words.day(page.run_date)}"), tag("a", "all nights", href="index.html"), class_="day"
    )
    return tag("header", days, tag("h1", headline(found, len(page.before))), finding_list(found), _tiles(page, found))


def _tiles(page: NightPage, found: Sequence[Finding]) -> Markup:
    tiles, worse = [], _worse(found)
    for series in (one for key in _TILES for one in ALL if one.key == key):
        now = page.night.numbers.get(series.key)
        if now is None:
            continue
        then, mark = usual(page.night, page.before, series), "▼ " if series.key in worse else ""
        parts = [tag("div", series.title, class_="label"), tag("div", mark + series.write(now.value), class_="value")]
        parts += [tag("div", f"{then.of}: {series.write(then.value)}", class_="held")] if then else []
        tiles.append(tag("div", *parts, class_="tile raised" if mark else "tile"))
    return tag("div", *tiles, class_="tiles")


def _status(page: NightPage) -> Markup:
    one, rows = page.night.published, page.consistency
    lines = [page.standing or "The night has written no list."]
    if one:
        left = f", {words.count(one.n_exhausted)} who have seen all there is" if one.n_exhausted else ""
        lines += [
            f"Audit: {words.count(one.n_users)} eligible users, {words.count(one.n_listed)} with a list{left}.",
            _gate(page),
        ]
    if rows:
        wrong = rows["n_missing"] + rows["n_extra"] + rows["n_mismatched"]
        rest = "all the same" if not wrong else f"{words.count(wrong)} differ"
        lines += [f"The lists of {rows['list_date']} made again for {words.plural(rows['n_users'], 'user')}: {rest}."]
    lines += [f"The night was {page.asked}."] if page.asked else []
    return join([tag("p", line) for line in lines])


def _gate(page: NightPage) -> str:
    one = page.night.published
    if one is None or one.value is None:
        n = one.n_judged if one else 0
        return f"The gate measured nothing: {words.plural(n, 'judged list')} are too few, or it is not enabled."
    floor = "" if one.floor is None else f"; popularity has {words.metric(one.floor)} on the same users"
    reach = "" if one.ci_low is None or one.ci_high is None else f" ({one.ci_low:.4f} to {one.ci_high:.4f})"
    return f"Gate: {one.metric} is {words.metric(one.value)}{reach} on {words.plural(one.n_judged, 'list')}{floor}."


def _trends(page: NightPage, found: Sequence[Finding]) -> Markup:
    worse = _worse(found)
    groups = {"Lists": QUALITY, "Data": DATA, "Drift": DRIFT, "The night": OPERATION}
    if not page.before:
        return tag("p", "Curves begin with the second night.", class_="note")
    parts = [
        tag(
            "p",
            f"The last {len(page.history)} nights; bands are 95 % intervals; of a drift, what chance gives.",
            class_="note",
        )
    ]
    for name, group in groups.items():
        figures = [one for series in group if (one := _figure(series, page.history, is_worse=series.key in worse))]
        parts += [tag("h3", name), tag("div", *figures, class_="plots")] if figures else []
    return join(parts)


def _worse(found: Sequence[Finding]) -> set[str]:
    """The anchors of what is worse."""
    return {one.anchor for one in found if one.kind == "worse"}


def _figure(series: Series, history: Sequence[NightFacts], *, is_worse: bool) -> Markup | None:
    points = _points(series.key, history)
    if all(one.value is None for one in points):
        return None
    other = _points(series.other, history) if series.other else ()
    known = [one.value for one in points if one.value is not None]
    room, dashed = 2 * series.least_change * abs(median(known)), "best single source" if series.other else ""
    plot = svg.trend(points, series.write, series.title, room=room, most=series.most, other=other, other_name=dashed)
    kind, mark = ("raised", "▼ ") if is_worse else (None, "")
    return tag(
        "figure", tag("h3", mark + series.title), tag("p", series.sentence, class_="note"), plot, id=series.key, class_=kind
    )


def _points(key: str, history: Sequence[NightFacts]) -> list[svg.Point]:
    numbers = [(night.run_date.isoformat(), night.numbers.get(key)) for night in history]
    return [svg.Point(day, one.value, one.low, one.high) if one else svg.Point(day, None) for day, one in numbers]


def _operation(page: NightPage) -> Markup:
    runs = sorted(page.night.runs.values(), key=lambda run: -run.seconds)
    total, longest = sum(run.seconds for run in runs), max((run.seconds for run in runs), default=0.0)
    body = [_job(run, total, longest) for run in runs]
    errors = [tag("p", tag("b", f"{run.task_id}: "), run.error or "it did not end") for run in page.night.failed]
    about = "Seconds of each job's last run for this day, without start-up; memory is the resident memory of its processes."
    headers = ["job", "", "seconds", "share", "memory", "rows written"]
    return join(
        [
            *errors,
            tag("p", about, class_="note"),
            table(headers, body, numbers=[2, 3, 4, 5]),
            tag("h3", "The graph, with the versions that each job wrote"),
            tag("div", night_graph(page.tasks, page.night.runs), class_="scroll", tabindex="0"),
        ]
    )


def _job(run: TaskRun, total: float, longest: float) -> list[str]:
    bar = svg.bar(run.seconds / longest if longest else 0.0, f"{run.task_id}: {words.seconds(run.seconds)}")
    memory = words.memory(run.peak_memory_bytes) if run.peak_memory_bytes else ""
    n_rows = words.count(sum(run.rows_written.values()))
    return [run.task_id, bar, words.seconds(run.seconds), words.share(run.seconds / total if total else 0.0), memory, n_rows]
