"""What holds of every accuracy metric; the folder is walked, so a new file is tested here without a line being added."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tawny.evaluation.metrics.registry import AccuracyMetric, Metric, metrics

from .conftest import N_ITEMS, World, worlds

ACCURACY = [metric for metric in metrics().values() if isinstance(metric, AccuracyMetric)]
every_accuracy_metric = pytest.mark.parametrize("metric", ACCURACY, ids=lambda metric: metric.name)


@every_accuracy_metric
@given(world=worlds)
def test_is_a_share_for_each_user_who_chose_something(metric: AccuracyMetric, world: World) -> None:
    values = world.values(metric.compute)
    assert values.dtype == np.float64
    assert np.isnan(values).tolist() == [not chosen for chosen in world.chosen]
    assert all(0 <= value <= 1 + 1e-12 for value in values if not np.isnan(value))


@every_accuracy_metric
@given(world=worlds)
def test_a_user_who_was_shown_nothing_counts_zero(metric: AccuracyMetric, world: World) -> None:
    values = world.values(metric.compute)
    assert all(
        value == 0 for value, row, chosen in zip(values, world.lists, world.chosen, strict=True) if chosen and not row
    )


@every_accuracy_metric
@given(world=worlds, names=st.permutations(range(N_ITEMS)))
def test_is_unchanged_when_items_get_other_names(metric: AccuracyMetric, world: World, names: list[int]) -> None:
    assert np.array_equal(world.values(metric.compute), world.relabelled(names).values(metric.compute), equal_nan=True)


@every_accuracy_metric
@given(data=st.data(), world=worlds)
def test_is_not_lowered_when_a_hit_moves_up(metric: AccuracyMetric, data: st.DataObject, world: World) -> None:
    row, chosen = world.lists[0], world.chosen[0]
    places = [i for i in range(1, len(row)) if row[i] in chosen]
    assume(places)
    place = data.draw(st.sampled_from(places))
    to = data.draw(st.integers(0, place - 1))
    before = world.values(metric.compute)[0]
    row.insert(to, row.pop(place))
    assert world.values(metric.compute)[0] >= before - 1e-12


@every_accuracy_metric
@given(world=worlds)
def test_a_users_value_does_not_depend_on_other_users(metric: AccuracyMetric, world: World) -> None:
    alone = [World([row], [chosen], world.k) for row, chosen in zip(world.lists, world.chosen, strict=True)]
    values = [one.values(metric.compute)[0] for one in alone]
    assert np.array_equal(world.values(metric.compute), values, equal_nan=True)


@pytest.mark.parametrize("name", metrics())
def test_has_a_test_of_its_own(name: str) -> None:
    assert (Path(__file__).parent / f"test_{name}.py").is_file()


@pytest.mark.parametrize("metric", metrics().values(), ids=metrics())
def test_shows_a_worked_case_and_its_source(metric: Metric) -> None:
    assert metric.compute.__doc__ is not None
    assert ">>> " in metric.compute.__doc__
    assert "Source: " in metric.compute.__doc__
