import numpy as np

from tawny.models.popularity import Popularity, PopularityConfig
from tawny.testing.worlds import histories


def test_items_of_the_window_come_first_and_the_rest_follows_by_all_time_count() -> None:
    windowed = np.array([0, 2, 1, 0, 0], np.float32)
    all_time = np.array([9, 2, 5, 3, 0], np.float32)
    scores = Popularity.from_counts(windowed, all_time, PopularityConfig()).score(histories([[]]))[0]
    assert np.argsort(-scores, kind="stable").tolist() == [1, 2, 0, 3, 4]
    assert scores[1] == 2
    assert scores[2] == 1
    assert scores[0] < 1
    assert np.isneginf(scores[4])


def test_the_window_ends_window_days_before_the_cutoff() -> None:
    # Ages are 3, 2 and 1 days: item 0 lies outside a window of two days.
    users = histories([[0, 1, 2], [0, 1, 2]])
    scores = Popularity.fit(users, 3, PopularityConfig(window_days=2)).score(histories([[]]))[0]
    assert scores[1:].tolist() == [2, 2]
    assert 0 < scores[0] < 2


def test_without_a_window_all_time_counts() -> None:
    scores = Popularity.fit(histories([[0, 1], [1]]), 2, PopularityConfig(window_days=None)).score(histories([[], [0]]))
    assert scores.tolist() == [[1, 2], [1, 2]]


def test_weights_are_what_is_counted() -> None:
    users = histories([[0, 1], [1]], weights=0.5)
    assert Popularity.fit(users, 2, PopularityConfig()).item_scores.tolist() == [0.5, 1.0]


def test_with_an_empty_window_all_time_counts_order_the_items() -> None:
    model = Popularity.from_counts(np.zeros(3, np.float32), np.array([1, 3, 2], np.float32), PopularityConfig())
    assert np.argsort(-model.item_scores).tolist() == [1, 2, 0]
