"""Plots as SVG: pure functions from numbers to markup. Colours and type come from the page's style, light or dark.

A plot is drawn 340 units wide, the width of a phone; wider screens put plots side by side instead of stretching them.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tawny.report.markup import Markup, tag

WIDTH, HEIGHT = 340.0, 150.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 10.0, 10.0, 22.0

Format = Callable[[float], str]


@dataclass(frozen=True)
class Point:
    """A value of a night, with its interval where there is one.

    Attributes:
        label: of the night.
        value: None: there is none, and the line has a gap.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None


def trend(
    points: Sequence[Point], write: Format, name: str, *, room: float, most: float | None, other: Sequence[Point] = (),
    other_name: str = "",
) -> Markup:  # fmt: skip
    """A line over nights with its interval as a band, and a second, dashed line to hold it against.

    Args:
        points: in the order of the nights.
        write: a value as text.
        name: what the line shows, for people who hear the page.
        room: the axis spans at least so much, so that noise does not look like a mountain.
        most: the axis ends there at the latest.
        other: of the same nights.
        other_name: what the dashed line shows.
    """
    known = [number for one in (*points, *other) for number in (one.value, one.low, one.high) if number is not None]
    if not known:
        return Markup("")
    low, high, step = ticks(*widened(min(known), max(known), room, most))
    place = _Place(len(points), low, high)
    marks = [low + step * n for n in range(round((high - low) / step) + 1)]
    parts = [*_grid(marks, place, write), *_labels(points, place)]
    parts += [tag("polygon", points=band, class_="band") for band in _bands(points, place)]
    parts += [tag("polyline", points=line, class_="other") for line in _lines(other, place)]
    parts += [tag("polyline", points=line, class_="line") for line in _lines(points, place)]
    parts += _dots(points, place, write)
    parts += [_last(points, place)] if points and points[-1].value is not None else []
    about = f"{name}; dashed: {other_name}" if other_name else name
    return _svg(WIDTH, HEIGHT, about, parts, "plot")


def sparkline(values: Sequence[float | None], name: str) -> Markup:
    """A line of the size of a word; its last value has a dot."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return Markup("")
    place = _Place(len(values), min(known), max(known), 90.0, 22.0, (2.0, 4.0, 4.0, 4.0))
    points = [Point("", value) for value in values]
    parts = [tag("polyline", points=line, class_="line") for line in _lines(points, place)]
    parts += [_last(points, place)] if values[-1] is not None else []
    return _svg(90.0, 22.0, name, parts, "spark")


def interval(
    value: float, low: float | None, high: float | None, reach: tuple[float, float], title: str, kind: str
) -> Markup:
    """A value as a dot, and its interval as a line, on a scale that the rows of a table share.

    Args:
        value, low, high: of the row.
        reach: both ends of the scale.
        title: shown on the row's mark.
        kind: class of the mark: `own` or `other`.
    """
    width, height = 200.0, 20.0
    scale = (width - 12.0) / ((reach[1] - reach[0]) or 1.0)
    ends = (value if low is None else low, value if high is None else high)
    x, left, right = (6.0 + (one - reach[0]) * scale for one in (value, *ends))
    parts = [tag("line", x1=0, x2=_n(width), y1=10, y2=10, class_="rule")]
    if reach[0] < 0 < reach[1]:
        zero = _n(6.0 - reach[0] * scale)
        parts += [tag("line", x1=zero, x2=zero, y1=0, y2=20, class_="zero")]
    parts += [tag("line", x1=_n(left), x2=_n(right), y1=10, y2=10, class_=f"ci {kind}")]
    parts += [tag("circle", cx=_n(x), cy=10, r=4.5, class_=f"dot {kind}")]
    return _svg(width, height, title, parts, "interval")


def bar(share: float, title: str, kind: str = "own") -> Markup:
    """A bar of at most the whole width; `share` in [0, 1]."""
    width = _n(max(1.0, 200.0 * min(1.0, max(0.0, share))))
    parts = [tag("rect", x=0, y=5, width=200, height=8, rx=2, class_="back")]
    parts += [tag("rect", x=0, y=5, width=width, height=8, rx=2, class_=f"bar {kind}")]
    return _svg(200.0, 18.0, title, parts, "interval")


def ticks(low: float, high: float, n: int = 4) -> tuple[float, float, float]:
    """Round ends of an axis around the values, and the step between its marks: 1, 2 or 5 times a power of ten.

    >>> ticks(0.187, 0.232)
    (0.18, 0.24, 0.02)
    >>> ticks(5.0, 5.0)
    (4.0, 6.0, 0.5)
    """
    if low == high:
        room = abs(low) * 0.2 or 1.0
        low, high = low - room, high + room
    raw = (high - low) / n
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * one for one in (1.0, 2.0, 5.0, 10.0) if power * one >= raw * 0.999)
    digits = max(0, 1 - math.floor(math.log10(step)))
    start, end = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return round(start, digits), round(end, digits), round(step, digits)


def widened(low: float, high: float, room: float, most: float | None) -> tuple[float, float]:
    """Ends at least `room` apart; not below 0 where no value is, and not above `most`.

    >>> widened(0.5, 0.5, 1.2, 1.0), widened(0.0, 0.0, 0.0, 1.0)
    ((0.0, 1.0), (0.0, 0.01))
    """
    if low == high == 0:
        return 0.0, 0.01 if most else 1.0
    more = max(0.0, room - (high - low)) / 2
    start = low - more if low < 0 else max(0.0, low - more)
    return start, high + more if most is None else min(max(most, high), high + more)


def short(text: str) -> str:
    """A number without the zeros that say nothing.

    >>> short("0.2400"), short("45.0 %"), short("1,500"), short("21 min 20 s"), short("1 h 07 min")
    ('0.24', '45 %', '1,500', '21:20', '1:07 h')
    """
    text = re.sub(r"(\d+) h (\d\d) min", r"\1:\2 h", re.sub(r"(\d+) min (\d\d) s", r"\1:\2", text))
    return re.sub(r"\.0+(?!\d)", "", re.sub(r"(\.\d*[1-9])0+(?!\d)", r"\1", text))


class _Place:
    """Where a value of a night lies on a plot."""

    def __init__(
        self, n: int, low: float, high: float, width: float = WIDTH, height: float = HEIGHT,
        room: tuple[float, float, float, float] = (_LEFT, _RIGHT, _TOP, _BOTTOM),
    ) -> None:  # fmt: skip
        self.n, self.low = n, low
        self.left, right, self.top, bottom = room
        self.right, self.bottom = width - right, height - bottom
        self.per_unit = (self.bottom - self.top) / ((high - low) or 1.0)

    def x(self, place: int) -> float:
        """Of the night at that place; a single one lies in the middle."""
        share = place / (self.n - 1) if self.n > 1 else 0.5
        return self.left + share * (self.right - self.left)

    def y(self, value: float) -> float:
        """Of the value."""
        return self.bottom - (value - self.low) * self.per_unit

    def at(self, place: int, value: float) -> str:
        """Both, as SVG has them."""
        return f"{_n(self.x(place))},{_n(self.y(value))}"


def _grid(marks: Sequence[float], place: _Place, write: Format) -> list[Markup]:
    parts = []
    for mark in marks:
        y = _n(place.y(mark))
        parts.append(tag("line", x1=_n(place.left), x2=_n(place.right), y1=y, y2=y, class_="grid"))
        parts.append(tag("text", short(write(mark)), x=_n(place.left - 6), y=y, dy="0.32em", class_="axis end"))
    return parts


def _labels(points: Sequence[Point], place: _Place) -> list[Markup]:
    ends = {0: "start", len(points) - 1: "end"} if len(points) > 1 else {0: "middle"}
    y = _n(place.bottom + 15)
    return [tag("text", points[at].label, x=_n(place.x(at)), y=y, class_=f"axis {kind}") for at, kind in ends.items()]


def _lines(points: Sequence[Point], place: _Place) -> list[str]:
    """The pieces of the line between its gaps."""
    return [" ".join(place.at(at, points[at].value or 0.0) for at in run) for run in _runs([one.value for one in points])]


def _bands(points: Sequence[Point], place: _Place) -> list[str]:
    has_both = [one.low if one.high is not None else None for one in points]
    return [
        " ".join(
            [place.at(at, points[at].high or 0.0) for at in run]
            + [place.at(at, points[at].low or 0.0) for at in reversed(run)]
        )
        for run in _runs(has_both)
    ]


def _runs(values: Sequence[float | None]) -> list[list[int]]:
    """The places that have a value, cut where one has none.

    >>> _runs([1.0, 2.0, None, 3.0])
    [[0, 1], [3]]
    """
    runs: list[list[int]] = [[]]
    for at, value in enumerate(values):
        if value is not None:
            runs[-1].append(at)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _dots(points: Sequence[Point], place: _Place, write: Format) -> list[Markup]:
    """A mark for every night that says the value; seen where it is pointed at, or where there is no line to it."""
    alone = {run[0] for run in _runs([one.value for one in points]) if len(run) == 1}
    return [
        tag(
            "circle", tag("title", f"{one.label}: {_said(one, write)}"),
            cx=_n(place.x(at)), cy=_n(place.y(one.value)), r=3 if at in alone else 5,
            class_="last" if at in alone else "hover",
        )
        for at, one in enumerate(points)
        if one.value is not None
    ]  # fmt: skip


def _said(one: Point, write: Format) -> str:
    reach = "" if one.low is None or one.high is None else f" ({write(one.low)} to {write(one.high)})"
    return f"{write(one.value or 0.0)}{reach}"


def _last(points: Sequence[Point], place: _Place) -> Markup:
    at = len(points) - 1
    return tag("circle", cx=_n(place.x(at)), cy=_n(place.y(points[at].value or 0.0)), r=3, class_="last")


def _svg(width: float, height: float, about: str, parts: Sequence[Markup], kind: str) -> Markup:
    box = f"0 0 {_n(width)} {_n(height)}"
    return tag("svg", tag("title", about), *parts, viewBox=box, role="img", class_=kind)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
