"""The parts of the page about lists: how good they are, how they changed, and some of them to look at."""

import importlib
from collections.abc import Sequence

from tawny.evaluation import metrics as metric_package
from tawny.evaluation.gate import FINAL
from tawny.evaluation.metrics.registry import metrics
from tawny.report import svg, words
from tawny.report.facts import NightPage
from tawny.report.history import Row, best_source
from tawny.report.markup import Child, Markup, join, table, tag
from tawny.tables.changes import MEASURES

MAIN_METRIC = "ndcg"

SHOWN_METRICS = ("ndcg", "recall", "hit_rate", "mrr", "average_precision", "precision", "coverage", "novelty")

_CHANGES = (
    ("lists_changed_share", "all"), ("lists_changed_share", "active"), ("lists_changed_share", "quiet"),
    ("list_overlap", "all"), ("list_top_overlap", "all"), ("listed_items_share", "all"), ("new_lists", "all"),
    ("lost_lists", "all"),
)  # fmt: skip

MIN_LISTS = 100
"""A difference over fewer lists is not coloured: as the gate, which measures nothing then."""

REASONS = "reason_agreement"
"""The metric of ranking/agreement.py; only sources have it."""

SEGMENTS = {
    "all": "all users", "warm": "with a history", "cold": "without a history", "1-2": "history of 1-2",
    "3-10": "history of 3-10", "11+": "history of 11 and more", "active": "users who did something since",
    "quiet": "users who did nothing since",
}  # fmt: skip


def quality(page: NightPage) -> Markup:
    """Every list beside its best source, by segment; all metrics with their intervals, each explained."""
    rows = [row for row in page.evaluations if row["kind"] == "backtest" and row["value"] is not None]
    n_judged = max((row["n_judged"] for row in rows if (row["segment"], row["metric"]) == ("all", MAIN_METRIC)), default=0)
    if not n_judged:
        return tag("p", "Nothing was judged: the night held no answers out, or evaluate did not run.", class_="note")
    about = (
        f"Lists of {page.k}, made as of past mornings and judged on what their users took next:"
        f" {words.plural(n_judged, 'list')}. Nothing was chosen on these answers. Lines are 95 % bootstrap intervals."
    )
    few = "So few lists say little: a difference must be large to be more than chance."
    return join(
        [
            tag("p", about),
            tag("p", few, class_="note") if n_judged < MIN_LISTS else Markup(""),
            tag("h3", f"{_name(MAIN_METRIC)}@{page.k} of every list"),
            _every_list(rows),
            tag("h3", f"{_name(MAIN_METRIC)}@{page.k} by segment, beside the best single source"),
            _by_segment(rows),
            tag("h3", "All metrics, all users"),
            _all_metrics(rows),
            _explained(rows),
            _reasons(rows),
        ]
    )


def before(page: NightPage) -> Markup:
    """How the list that readers saw did on what users did next."""
    rows = [row for row in page.changes if row["measure"].startswith("before_") and row["value"] is not None]
    list_date = next((row["list_date"] for row in page.changes if row["list_date"]), None)
    if list_date is None:
        return tag("p", "No list was published before this night.", class_="note")
    if not rows:
        text = (
            f"Readers followed the list of {list_date}; no user took anything new since, so there is nothing to judge it on."
        )
        return tag("p", text, class_="note")
    segments = [name for name in SEGMENTS if any(row["segment"] == name for row in rows)]
    cells = {(row["measure"], row["segment"]): row for row in rows}
    measures = [name for name in MEASURES if any(row["measure"] == name for row in rows)]
    reach = _reach([row for row in rows if row["measure"] == measures[0]])
    body = []
    for segment in segments:
        own = [cells.get((measure, segment)) for measure in measures]
        n = max(row["n"] for row in own if row)
        mark = own[0] and svg.interval(
            own[0]["value"], own[0]["ci_low"], own[0]["ci_high"], reach, f"{segment}: {_with_interval(own[0])}", "own"
        )
        body.append([SEGMENTS[segment], mark or "", *(_cell(row) for row in own), words.count(n)])
    names = [_name(measure.removeprefix("before_")) for measure in measures]
    text = f"The list of {list_date}, which readers followed until this night, judged by what they took in that time."
    return join([tag("p", text), table(["", "", *names, "lists"], body, numbers=[len(names) + 2])])


def changed(page: NightPage) -> Markup:
    """How far the lists are from those before, and where they come from."""
    held = [page.change(measure, segment) for measure, segment in _CHANGES]
    known = [row for row in held if row]
    if not known:
        return tag("p", "There is no list before this one to hold it against.", class_="note")
    rows = [[_measure(row), tag("b", _value(row)), _usual(row), words.count(row["n"])] for row in known]
    sources = sorted((row for row in page.changes if row["measure"] == "source_share"), key=lambda row: -row["value"])
    shares = [
        [row["segment"], svg.bar(row["value"], f"{row['segment']}: {words.share(row['value'])}"), words.share(row["value"]),
         words.share(row["usual"] or 0.0)]
        for row in sources
    ]  # fmt: skip
    return join(
        [
            table(["", "now", "before", "measured on"], rows, numbers=[1, 2, 3], class_="wrap"),
            tag("h3", "Which source speaks most for a listed item") if shares else Markup(""),
            table(["source", "", "now", "before"], shares, numbers=[2, 3]) if shares else Markup(""),
        ]
    )


def samples(page: NightPage) -> Markup:
    """Ten lists with what their users took lately, and why each item is on it."""
    if not page.samples:
        return tag("p", "The night has written no lists.", class_="note")
    parts = []
    for one in page.samples:
        past = f"took lately: {'; '.join(one.past)}" if one.past else "has no history"
        more = f" ({words.plural(one.n_past, 'entry', 'entries')} in all)" if one.n_past > len(one.past) else ""
        items = [tag("li", item.title, tag("small", item.why)) for item in one.items]
        parts.append(tag("div", tag("h3", f"User {one.user_id}"), tag("p", past, more, class_="note"), tag("ol", *items)))
    about = "Other users every night. The first items of each list; below each, why it is there."
    return join([tag("p", about, class_="note"), tag("div", *parts, class_="lists")])


def _every_list(rows: Sequence[Row]) -> Markup:
    everyone = [row for row in rows if row["segment"] == "all" and row["metric"] == MAIN_METRIC]
    own = sorted((row for row in everyone if not row["versus"]), key=lambda row: (row["subject"] != FINAL, -row["value"]))
    ahead = {row["versus"]: row for row in everyone if row["subject"] == FINAL and row["versus"]}
    reach = _reach(own)
    body = []
    for row in own:
        kind = "own" if row["subject"] == FINAL else "other"
        mark = svg.interval(
            row["value"], row["ci_low"], row["ci_high"], reach, f"{row['subject']}: {_with_interval(row)}", kind
        )
        body.append([_bold(row["subject"], kind), mark, _cell(row), _difference(ahead.get(row["subject"]))])
    return table(["list", "", f"{_name(MAIN_METRIC)} and interval", "final is ahead by"], body)


def _by_segment(rows: Sequence[Row]) -> Markup:
    own = [row for row in rows if row["metric"] == MAIN_METRIC]
    reach = _reach([row for row in own if not row["versus"]])
    body = []
    for segment, name in SEGMENTS.items():
        here = [row for row in own if row["segment"] == segment]
        plain = [row for row in here if not row["versus"]]
        final = next((row for row in plain if row["subject"] == FINAL), None)
        best = best_source(plain, MAIN_METRIC)
        if final is None or best is None:
            continue
        ahead = next((row for row in here if row["subject"] == FINAL and row["versus"] == best["subject"]), None)
        compared = _difference(ahead, is_judged=final["n_judged"] >= MIN_LISTS)
        for row, kind in ((final, "own"), (best, "other")):
            title = f"{row['subject']}: {_with_interval(row)}"
            mark = svg.interval(row["value"], row["ci_low"], row["ci_high"], reach, title, kind)
            about = (name, "", words.count(row["n_judged"])) if kind == "own" else ("", compared, "")
            body.append([about[0], _bold(row["subject"], kind), mark, _cell(row), *about[1:]])
    return table(
        ["users", "list", "", "value and interval", "final is ahead by", "lists"], body, numbers=[5], class_="pairs"
    )


def _all_metrics(rows: Sequence[Row]) -> Markup:
    plain = [row for row in rows if row["segment"] == "all" and not row["versus"]]
    names = _metric_names(plain)
    cells = {(row["subject"], row["metric"]): row for row in plain}
    subjects = sorted({row["subject"] for row in plain}, key=lambda name: (name != FINAL, name))
    body = [
        [_bold(name, "own" if name == FINAL else ""), *(_cell(cells.get((name, one))) for one in names)] for name in subjects
    ]
    return table(["list", *map(_name, names)], body)


def _explained(rows: Sequence[Row]) -> Markup:
    """A sentence for every metric: the first of its file."""
    parts: list[Markup] = []
    for name in _metric_names([row for row in rows if row["metric"] in metrics()]):
        module = importlib.import_module(f"{metric_package.__name__}.{name}")
        sentence = (module.__doc__ or "").strip().partition("\n")[0].partition(": ")[2]
        parts += [tag("dt", _name(name)), tag("dd", sentence[:1].upper() + sentence[1:])]
    return tag("dl", *parts, class_="metrics")


def _reasons(rows: Sequence[Row]) -> Markup:
    own = sorted((row for row in rows if row["metric"] == REASONS), key=lambda row: str(row["subject"]))
    if not own:
        return Markup("")
    body = [[row["subject"], _cell(row), words.count(row["n_judged"])] for row in own]
    about = (
        "Rank correlation of what the entries of a history are said to contribute and what the score loses without them:"
        " 1 is right, 0 is a guess."
    )
    return join(
        [tag("h3", "How well reasons hold"), tag("p", about, class_="note"), table(["list", "agreement", "lists"], body)]
    )


def _metric_names(rows: Sequence[Row]) -> list[str]:
    found = {row["metric"] for row in rows} - {REASONS}
    return sorted(found, key=lambda name: (SHOWN_METRICS.index(name) if name in SHOWN_METRICS else len(SHOWN_METRICS), name))


def _name(metric: str) -> str:
    """A metric's name for people.

    >>> _name("ndcg"), _name("hit_rate")
    ('NDCG', 'hit rate')
    """
    return metric.upper() if metric in ("ndcg", "mrr") else metric.replace("_", " ")


def _bold(name: str, kind: str) -> Child:
    return tag("b", name) if kind == "own" else name


def _reach(rows: Sequence[Row]) -> tuple[float, float]:
    ends = [end for row in rows for end in (row["value"], row["ci_low"], row["ci_high"]) if end is not None]
    return min(ends), max(ends)


def _cell(row: Row | None) -> Child:
    if row is None:
        return ""
    write = words.bits if row.get("metric") == "novelty" else words.metric
    if row["ci_low"] is None:
        return write(row["value"])
    return join([write(row["value"]), " ", tag("small", f"{write(row['ci_low'])} to {write(row['ci_high'])}")])


def _with_interval(row: Row) -> str:
    text = words.metric(row["value"])
    return text if row["ci_low"] is None else f"{text} ({row['ci_low']:.4f} to {row['ci_high']:.4f})"


def _difference(row: Row | None, *, is_judged: bool = True) -> Child:
    """A paired difference; coloured where its interval does not hold 0 and comes from enough lists."""
    if row is None:
        return ""
    surely = "better" if row["ci_low"] > 0 else "worse" if row["ci_high"] < 0 else None
    kind = surely if is_judged else None
    text = tag("b", f"{row['value']:+.4f}") if kind else f"{row['value']:+.4f}"
    return tag(
        "span", text, " ", tag("small", f"{row['ci_low']:+.4f} to {row['ci_high']:+.4f}"), class_=kind and f"text-{kind}"
    )


def _measure(row: Row) -> str:
    text = MEASURES[row["measure"]]
    return text if row["segment"] == "all" else f"{text}: {SEGMENTS[row['segment']]}"


def _value(row: Row) -> str:
    return words.share(row["value"]) if row["measure"].endswith(("_share", "overlap")) else words.count(row["value"])


def _usual(row: Row) -> str:
    return "" if row["usual"] is None else _value({**row, "value": row["usual"]})
