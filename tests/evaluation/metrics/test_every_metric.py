"""What holds of every accuracy metric; the folder is walked, so a new file is tested here without a line being added."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tawny.metrics.registry import AccuracyMetric, metrics

ACCURACY = [metric for metric in metrics().values() if isinstance(metric, AccuracyMetric)]
every_accuracy_metric = pytest.mark.parametrize("metric", ACCURACY, ids=lambda metric: metric.name)


@every_accuracy_metric
@given(data=st.data())
def test_is_a_share_for_each_user_who_chose_something(
    metric: AccuracyMetric, data: st.DataObject, worlds: st.SearchStrategy
) -> None:
    world = data.draw(worlds)
    values = world.judge(metric.of)
    assert values.dtype == np.float64
    assert np.isnan(values).tolist() == [not chosen for chosen in world.chosen]
    assert all(0 <= value <= 1 + 1e-12 for value in values if not np.isnan(value))


@every_accuracy_metric
@given(data=st.data())
def test_a_user_who_was_shown_nothing_counts_zero(
    metric: AccuracyMetric, data: st.DataObject, worlds: st.SearchStrategy
) -> None:
    world = data.draw(worlds)
    values = world.judge(metric.of)
    assert all(
        value == 0 for value, row, chosen in zip(values, world.lists, world.chosen, strict=True) if chosen and not row
    )


@every_accuracy_metric
@given(data=st.data())
def test_is_unchanged_when_items_get_other_names(
    metric: AccuracyMetric, data: st.DataObject, worlds: st.SearchStrategy
) -> None:
    world = data.draw(worlds)
    names = data.draw(st.permutations(range(9)))
    assert np.array_equal(world.judge(metric.of), world.relabelled(names).judge(metric.of), equal_nan=True)


@every_accuracy_metric
@given(data=st.data())
def test_is_not_lowered_when_a_hit_moves_up(metric: AccuracyMetric, data: st.DataObject, worlds: st.SearchStrategy) -> None:
    world = data.draw(worlds)
    row, chosen = world.lists[0], world.chosen[0]
    places = [i for i in range(1, len(row)) if row[i] in chosen]
    assume(places)
    place = data.draw(st.sampled_from(places))
    to = data.draw(st.integers(0, place - 1))
    before = world.judge(metric.of)[0]
    row.insert(to, row.pop(place))
    assert world.judge(metric.of)[0] >= before - 1e-12


@every_accuracy_metric
@given(data=st.data())
def test_a_user_is_judged_the_same_in_any_company(
    metric: AccuracyMetric, data: st.DataObject, worlds: st.SearchStrategy
) -> None:
    world = data.draw(worlds)
    alone = [type(world)([row], [chosen], world.k) for row, chosen in zip(world.lists, world.chosen, strict=True)]
    values = [one.judge(metric.of)[0] for one in alone]
    assert np.array_equal(world.judge(metric.of), values, equal_nan=True)


@pytest.mark.parametrize("name", metrics())
def test_has_a_test_of_its_own(name: str) -> None:
    assert (Path(__file__).parent / f"test_{name}.py").is_file()


@pytest.mark.parametrize("metric", metrics().values(), ids=metrics())
def test_shows_a_case_worked_reference(metric: AccuracyMetric) -> None:
    assert metric.of.__doc__ is not None
    assert ">>> " in metric.of.__doc__
    assert "Source: " in metric.of.__doc__
