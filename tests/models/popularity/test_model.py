import numpy as np
import pyarrow as pa
import pytest

from tawny.models.popularity.model import WINDOW_COLUMNS, Popularity
from tawny.models.popularity.settings import PopularitySettings
from tawny.testing.worlds import histories

RNG = np.random.default_rng(0)  # counting draws nothing


def test_items_of_the_window_come_first_and_the_rest_follows_by_all_time_count() -> None:
    windowed = np.array([0, 2, 1, 0, 0], np.float32)
    all_time = np.array([9, 2, 5, 3, 0], np.float32)
    scores = Popularity.from_counts(windowed, all_time, PopularitySettings()).score(histories([[]]))[0]
    assert np.argsort(-scores, kind="stable").tolist() == [1, 2, 0, 3, 4]
    assert scores[1] == 2
    assert scores[2] == 1
    assert scores[0] < 1
    assert np.isneginf(scores[4])


def test_the_window_ends_window_days_before_the_cutoff() -> None:
    # Ages are 3, 2 and 1 days: item 0 lies outside a window of two days.
    users = histories([[0, 1, 2], [0, 1, 2]])
    scores = Popularity.fit(users, 3, PopularitySettings(window_days=2), RNG).score(histories([[]]))[0]
    assert scores[1:].tolist() == [2, 2]
    assert 0 < scores[0] < 2


def test_without_a_window_all_time_counts() -> None:
    scores = Popularity.fit(histories([[0, 1], [1]]), 2, PopularitySettings(window_days=None), RNG).score(
        histories([[], [0]])
    )
    assert scores.tolist() == [[1, 2], [1, 2]]


def test_weights_are_what_is_counted() -> None:
    users = histories([[0, 1], [1]], weights=0.5)
    assert Popularity.fit(users, 2, PopularitySettings(), RNG).item_scores.tolist() == [0.5, 1.0]


def test_with_an_empty_window_all_time_counts_order_the_items() -> None:
    model = Popularity.from_counts(np.zeros(3, np.float32), np.array([1, 3, 2], np.float32), PopularitySettings())
    assert np.argsort(-model.item_scores).tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("days", "expected"), [(30, [-np.inf, 5, 1]), (7, [-np.inf, 2, 4 * 2 / 10]), (None, [-np.inf, 9, 4])]
)
def test_the_counts_of_a_window_come_from_its_column(days: int | None, expected: list[float]) -> None:
    # Item 0 has no row. Of 9 and 4 events, 5 and 1 are of the last month, 2 and none of the last week:
    # an item outside the window comes below its lowest count, 2, by 4 of (the largest count 9 + 1) events.
    columns = {
        "item_index": [1, 2],
        "n_events": [9, 4],
        "n_events_30d": [5, 1],
        "n_events_7d": [2, 0],
        "n_events_90d": [9, 4],
    }
    assert set(WINDOW_COLUMNS.values()) < set(columns)
    model = Popularity.from_features(pa.table(columns), 3, PopularitySettings(window_days=days))
    scores = model.score(histories([[]]))[0]
    np.testing.assert_allclose(scores, expected, rtol=1e-6)
