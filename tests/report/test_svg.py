"""Plots: where the marks lie, worked by hand; and that whatever numbers there are, all of them lie on the plot."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tawny.report import svg, words
from tawny.report.svg import HEIGHT, WIDTH, Point

from .reader import Reader


def _trend(points: list[Point]) -> str:
    return svg.trend(points, words.metric, "quality", room=0.0, most=None)


def test_a_line_goes_from_edge_to_edge_and_stops_at_a_gap() -> None:
    points = [Point("a", 0.0), Point("b", 2.0), Point("c", None), Point("d", 4.0), Point("e", 2.0)]
    lines = re.findall(r'<polyline points="([^"]+)" class="line"/>', _trend(points))
    # 340 wide with 46 left and 10 right of the plot: 71 from night to night; 150 high, 10 above and 22 below: 29.5 a unit.
    assert lines == ["46,128 117,69", "259,10 330,69"]


def test_the_band_is_the_interval_there_and_back() -> None:
    band = re.findall(r'<polygon points="([^"]+)"', _trend([Point("a", 2.0, 0.0, 4.0), Point("b", 2.0, 2.0, 4.0)]))
    assert band == ["46,10 330,10 330,69 46,128"]


def test_every_night_says_its_value_where_it_is_pointed_at() -> None:
    assert "<title>Mon: 2.0000 (0.0000 to 4.0000)</title>" in _trend([Point("Mon", 2.0, 0.0, 4.0)])


def test_a_night_between_gaps_is_a_dot_that_is_seen() -> None:
    plot = _trend([Point("a", None), Point("b", 2.0), Point("c", None), Point("d", 0.0), Point("e", 4.0)])
    assert re.findall(r'<circle cx="([\d.]+)"[^>]* class="last"', plot) == ["117", "330"]  # that night, and the last one


def test_without_a_value_there_is_no_plot() -> None:
    assert _trend([Point("a", None)]) == ""
    assert svg.sparkline([None, 1.0], "quality") == ""


VALUES = st.floats(-1e9, 1e9).map(lambda value: round(value, 9))


@given(st.lists(st.none() | VALUES, min_size=1, max_size=60))
def test_all_marks_lie_on_the_plot(values: list[float | None]) -> None:
    plot = _trend([Point("night", value) for value in values])
    Reader.of(plot)
    for x, y in re.findall(r'cx="([-\d.]+)" cy="([-\d.]+)"', plot):
        assert 0 <= float(x) <= WIDTH
        assert 0 <= float(y) <= HEIGHT
    assert "nan" not in plot


@given(VALUES, VALUES.map(abs))
def test_ticks_hold_the_values_in_a_few_steps(low: float, reach: float) -> None:
    start, end, step = svg.ticks(low, low + reach)
    assert start <= low + 1e-6 * (abs(low) + step)
    assert end >= low + reach - 1e-6 * (abs(low + reach) + step)
    assert 1 <= round((end - start) / step) <= 7


def test_an_interval_of_a_difference_shows_where_nothing_is() -> None:
    assert 'class="zero"' in svg.interval(0.1, -0.1, 0.3, (-0.2, 0.4), "final", "own")
    assert 'class="zero"' not in svg.interval(0.1, 0.05, 0.3, (0.0, 0.4), "final", "own")
