"""What is learned is what the made histories were made with; what is scored is worked out by hand."""

from collections.abc import Sequence

import numpy as np
import pytest

from tawny.core.arrays import Histories, Ragged
from tawny.core.columns import EVENT_TYPES, EventType
from tawny.models.repeats.model import DUE_STARTS, Repeats
from tawny.models.repeats.settings import RepeatsSettings
from tawny.testing.worlds import return_days, returns

RNG = np.random.default_rng(0)  # counting draws nothing
BUY = RepeatsSettings(targets=("purchase",))

Entry = tuple[int, EventType, float]
"""Item, event type, age in days."""


def typed(users: Sequence[Sequence[Entry]]) -> Histories:
    """Histories of entries with types, the oldest first."""
    items = Ragged.from_rows([[item for item, _, _ in own] for own in users])
    ages = Ragged.from_rows([[age for _, _, age in own] for own in users], np.float32).values
    types = Ragged.from_rows([[EVENT_TYPES.index(kind) for _, kind, _ in own] for own in users], np.int8).values
    return Histories(items.indptr, items.values, np.ones(len(ages), np.float32), ages, types=types)


def shop(n_users: int = 2_000) -> Histories:
    """Each of three items is viewed by every user; within a day the view leads to a purchase, for half of the users."""
    rng = np.random.default_rng(4)
    users: list[list[Entry]] = []
    for _ in range(n_users):
        own: list[Entry] = []
        for item in rng.permutation(3):
            age = float(rng.uniform(2, 30))
            own.append((int(item), "view", age))
            own += [(int(item), "purchase", age - float(rng.uniform(0, 1)))] if rng.random() < 0.5 else []
        users.append(sorted(own, key=lambda entry: -entry[2]))
    return typed(users)


def test_a_view_of_a_moment_ago_has_the_chance_that_views_had() -> None:
    model = Repeats.fit(shop(), 3, BUY, RNG)
    just_now, of_last_week = model.score(typed([[(0, "view", 0.0)], [(0, "view", 7.0)]]))[:, 0]
    assert just_now == pytest.approx(0.5, abs=0.04)
    assert of_last_week < 0.01


def test_half_a_day_after_the_view_half_of_the_chance_is_left() -> None:
    model = Repeats.fit(shop(), 3, BUY, RNG)
    # After t days (1 - t) / 2 of all who viewed will still buy, and 1 - t / 2 have not bought. Between half a day and a day
    # that is, on average, 1/8 of 5/8.
    assert model.score(typed([[(1, "view", 0.5)]]))[0, 1] == pytest.approx(1 / 5, abs=0.04)


def test_a_view_may_lead_to_a_purchase_by_way_of_another_view() -> None:
    # Half a day after the first view comes a second, and an hour later the purchase.
    one: list[Entry] = [(0, "view", 30.0), (0, "view", 29.5), (0, "purchase", 29.46)]
    model = Repeats.fit(typed([one] * 50), 1, BUY, RNG)
    assert model.score(typed([[(0, "view", 0.2)]]))[0, 0] > 0.9


def test_what_was_bought_and_is_never_bought_again_has_no_chance() -> None:
    model = Repeats.fit(shop(), 3, BUY, RNG)
    bought = model.score(typed([[(0, "view", 1.5), (0, "purchase", 1.0)]]))
    assert bought[0, 0] < 0.001
    assert np.isneginf(bought[0, 1:]).all()


def test_the_intervals_of_items_are_found() -> None:
    world = returns(np.random.default_rng(2))
    model = Repeats.fit(world.users, world.n_items, RepeatsSettings(), RNG)
    expected = [return_days(item) for item in range(world.n_items)]
    np.testing.assert_allclose(model.intervals, expected, rtol=0.05)


def test_an_item_is_wanted_again_when_its_own_interval_is_over() -> None:
    world = returns(np.random.default_rng(2))
    model = Repeats.fit(world.users, world.n_items, RepeatsSettings(), RNG)
    # Item 0 comes back after 5 days and item 9 after 14.
    users = typed([[(0, "purchase", 4.7)], [(9, "purchase", 4.7)], [(9, "purchase", 13.5)]])
    scores = model.score(users)
    # In the last tenth of the interval the answer is mostly yes: always for 5 days, and two times in three for 14.
    assert scores[0, 0] > 0.5
    assert scores[1, 9] < 0.05
    assert 0.4 < scores[2, 9] < scores[0, 0]


def test_the_interval_of_an_item_seen_once_is_its_categorys_and_else_that_of_all() -> None:
    # Category 0: items 0 and 1; category 1: items 2 and 3; item 4 is alone in category 2. Items 1, 3 and 4 never come again.
    often = [[(0, "purchase", float(age)) for age in range(40, 0, -2)] for _ in range(50)]
    seldom = [[(2, "purchase", float(age)) for age in range(40, 0, -8)] for _ in range(200)]
    once = [[(item, "purchase", 3.0)] for item in (1, 3, 4)]
    users = typed([*often, *seldom, *once])  # type: ignore[list-item]
    categories = np.array([0, 0, 1, 1, 2], np.int32)
    found = Repeats.learn(users, categories, BUY).intervals
    # 50 users with 19 times of 2 days, 200 with 4 of 8 days.
    of_all = np.exp((950 * np.log(2) + 800 * np.log(8)) / 1750)
    np.testing.assert_allclose(found, [2, 2, 8, 8, of_all], rtol=0.02)


def test_items_of_one_interval_differ_in_how_often_they_are_bought_again() -> None:
    rng = np.random.default_rng(6)
    users: list[list[Entry]] = []
    for _ in range(400):  # each buys item 0 and item 1, and again after 10 days with chances 0.9 and 0.2
        again = [(item, "purchase", 20.0 + item / 10) for item, chance in ((0, 0.9), (1, 0.2)) if rng.random() < chance]
        users.append([(0, "purchase", 30.0), (1, "purchase", 30.1), *again])  # type: ignore[list-item]
    users = [sorted(own, key=lambda entry: -entry[2]) for own in users]
    model = Repeats.fit(typed(users), 2, BUY, RNG)
    scores = model.score(typed([[(0, "purchase", 9.5)], [(1, "purchase", 9.5)]]))
    assert model.intervals == pytest.approx([10, 10], rel=0.02)
    assert scores[0, 0] > 2 * scores[1, 1] > 0


def test_more_entries_with_an_item_have_a_rate_of_their_own() -> None:
    once = [[(0, "view", 20.0)]] * 300  # a single view leads to nothing
    thrice = [[(0, "view", 20.0), (0, "view", 19.5), (0, "view", 19.0), (0, "purchase", 18.5)]] * 300
    model = Repeats.fit(typed([*once, *thrice]), 1, BUY, RNG)  # type: ignore[list-item]
    first, third = model.score(typed([[(0, "view", 0.25)], [(0, "view", 1.0), (0, "view", 0.5), (0, "view", 0.25)]]))[:, 0]
    assert third > 5 * first


def test_the_reason_is_the_newest_entry_with_the_item_itself() -> None:
    model = Repeats.fit(shop(), 3, BUY, RNG)
    users = typed([[(0, "view", 3.0), (1, "view", 2.0), (0, "view", 0.1)]])
    given = model.contributions(users, np.array([[0, 1, -1]], np.int32))
    scores = model.score(users)[0]
    expected = [[0, 0, 0], [0, scores[1], 0], [scores[0], 0, 0]]
    np.testing.assert_array_equal(given, np.array(expected, np.float32))


def test_histories_without_types_are_refused_by_a_model_that_knows_them() -> None:
    model = Repeats.fit(shop(), 3, BUY, RNG)
    users = typed([[(0, "view", 1.0)]])
    with pytest.raises(ValueError, match=r"fitted on histories with event types\. Received: histories without"):
        model.score(Histories(users.indptr, users.items, users.weights, users.ages_days))


def test_a_batch_has_the_scores_of_its_users_alone() -> None:
    users = shop(50)
    model = Repeats.fit(users, 3, BUY, RNG)
    alone = [model.score(users.take(np.array([user])))[0] for user in range(users.n_users)]
    np.testing.assert_array_equal(model.score(users), np.stack(alone))


def test_the_buckets_begin_at_0_and_rise() -> None:
    assert DUE_STARTS[0] == 0
    assert (np.diff(DUE_STARTS) > 0).all()
