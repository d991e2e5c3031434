"""What is worse than before, and what is unusual: pure functions on the numbers of nights."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from tawny.report import words
from tawny.report.history import NightFacts, Number
from tawny.report.series import ALL, Series

N_USUAL = 14
"""Two weeks: long enough for a median, short enough to follow a shop."""

MIN_USUAL = 5
"""With fewer nights before, the last one is what a night is held against."""

_SPREADS = 3.0
_MAD_TO_SIGMA = 1.4826
_SHIFT = 0.25
_SLOWER, _LEAST_SECONDS, _LEAST_SHARE = 2.0, 20.0, 0.05
"""A job is slow where it took twice its usual seconds, and that much of the night."""

_N_NAMED = 4

Kind = Literal["worse", "unusual", "better"]


@dataclass(frozen=True)
class Finding:
    """Something to say about a night.

    Attributes:
        kind: worse than before; unusual, and neither better nor worse; better.
        title: what it is about.
        text: the rest of the sentence.
        anchor: of the part of the page that shows it.
    """

    kind: Kind
    title: str
    text: str
    anchor: str

    def __str__(self) -> str:
        """As a line."""
        return f"{self.title}: {self.text}"


@dataclass(frozen=True)
class Usual:
    """What the nights before were like.

    Attributes:
        value: a median, or the last night's where there are too few.
        noise: how far a night may be from it without a word.
        of: which nights, in words.
    """

    value: float
    noise: float
    of: str


def usual(night: NightFacts, before: Sequence[NightFacts], series: Series) -> Usual | None:
    """What the nights before were like; None where there was none.

    It is the median of the last `N_USUAL` nights or, of a weekly series with `MIN_USUAL` weeks, of the same day of the week.
    The noise is three standard deviations, estimated by the median absolute deviation, and never less than the series'
    `least_change`. Source: Leys et al., Detecting outliers (J. Exp. Soc. Psychol. 2013).

    Args:
        night: the one that is held against them.
        before: oldest first.
        series: which number.
    """
    known = [(one.run_date, one.numbers[series.key].value) for one in before if series.key in one.numbers]
    if not known:
        return None
    if len(known) < MIN_USUAL:
        return Usual(known[-1][1], 2 * series.least_change * abs(known[-1][1]), "night before")
    values, of = [value for _, value in known[-N_USUAL:]], f"median of {min(len(known), N_USUAL)} nights"
    same_day = [value for day, value in known if day.weekday() == night.run_date.weekday()]
    if series.is_weekly and len(same_day) >= MIN_USUAL:
        values, of = same_day, f"median of {len(same_day)} {night.run_date:%A}s"
    center = median(values)
    spread = _SPREADS * _MAD_TO_SIGMA * median(abs(one - center) for one in values)
    return Usual(center, max(spread, series.least_change * abs(center)), of)


def findings(night: NightFacts, before: Sequence[NightFacts]) -> list[Finding]:
    """What there is to say of a night, what is worse first.

    Args:
        night: the one.
        before: the nights before it, oldest first.
    """
    found = [*_stopped(night), *_behind_its_best_source(night)]
    for series in ALL:
        now, then = night.numbers.get(series.key), usual(night, before, series)
        if now is not None and (one := _compared(series, now, then) if then else _first(series, now)):
            found.append(one)
    found += _slow(night, before)
    order: dict[Kind, int] = {"worse": 0, "unusual": 1, "better": 2}
    return sorted(found, key=lambda one: order[one.kind])


def headline(found: Sequence[Finding], n_before: int) -> str:
    """The first sentence of the page: what is worse, by name.

    >>> headline([], 0), headline([], 30)
    ('The first night: there is nothing to hold it against.', 'Nothing is worse than in the nights before.')
    >>> headline([Finding("worse", "Coverage", "...", "coverage"), Finding("worse", "New users", "...", "new_users")], 30)
    'Worse than before: coverage and new users.'
    """
    worse = [one.title for one in found if one.kind == "worse"]
    if not worse and not n_before:
        return "The first night: there is nothing to hold it against."
    if not worse:
        return "Nothing is worse than in the nights before."
    names = [name if name[:2].isupper() else name[:1].lower() + name[1:] for name in worse]
    more = len(names) - _N_NAMED
    if more > 1:
        names = [*names[:_N_NAMED], f"{more} more"]
    return f"Worse than before: {', '.join(names[:-1])}{' and ' if names[:-1] else ''}{names[-1]}."


def _stopped(night: NightFacts) -> Iterator[Finding]:
    if night.published is None:
        yield Finding("worse", "Nothing was published", "readers never saw a list of this night.", "status")
    elif night.published.status == "withdrawn":
        yield Finding("worse", "The list was withdrawn", "a rollback took it back.", "status")
    for run in night.failed:
        why = (run.error or "it was killed, or still runs.").splitlines()[0]
        yield Finding("worse", f"{run.task_id} did not succeed", why, "night")


def _behind_its_best_source(night: NightFacts) -> Iterator[Finding]:
    final, best = night.numbers.get("ndcg"), night.numbers.get("best_source")
    if final is not None and best is not None and final.high is not None and final.high < best.value:
        text = f"its NDCG is {final.value:.4f}, that of the source {best.value:.4f}."
        yield Finding("worse", "The final list is behind its best single source", text, "quality")


def _slow(night: NightFacts, before: Sequence[NightFacts]) -> Iterator[Finding]:
    least = max(_LEAST_SECONDS, _LEAST_SHARE * sum(run.seconds for run in night.runs.values()))
    for run in night.runs.values():
        earlier = [one.runs[run.task_id].seconds for one in before[-N_USUAL:] if run.task_id in one.runs]
        if len(earlier) >= MIN_USUAL and run.seconds > max(_SLOWER * median(earlier), median(earlier) + least):
            text = f"{words.seconds(run.seconds)}, usually {words.seconds(median(earlier))}."
            yield Finding("worse", f"Seconds of {run.task_id}", text, "night")


def _compared(series: Series, now: Number, then: Usual) -> Finding | None:
    change = now.value - then.value
    if abs(change) <= then.noise or _is_chance(series, now, then):
        return None
    direction = "higher" if change > 0 else "lower"
    kind: Kind = "worse" if direction == series.worse else "unusual" if series.worse == "neither" else "better"
    return Finding(kind, series.title, f"{series.write(now.value)}, {then.of}: {series.write(then.value)}.", series.key)


def _first(series: Series, now: Number) -> Finding | None:
    """A shift in the first night that measures it, which no night before can call usual."""
    if not series.key.startswith("drift") or _is_chance(series, now, Usual(0.0, 0.0, "")):
        return None
    text = f"{series.write(now.value)}; an index above {_SHIFT} is a shift, and no night before has measured it."
    return Finding("unusual", series.title, text, series.key)


def _is_chance(series: Series, now: Number, then: Usual) -> bool:
    """Whether the interval holds the usual value; or a drift is too small to be one, by custom or by chance."""
    if series.key.startswith("drift"):
        return now.value < _SHIFT or (now.high is not None and now.value <= now.high)
    return now.low is not None and now.high is not None and now.low <= then.value <= now.high
