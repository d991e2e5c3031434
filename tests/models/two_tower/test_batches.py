"""Batches: negatives within groups, accidental hits, and the same groups for any number of workers."""

import numpy as np

from tawny.core.arrays import Histories
from tawny.models.two_tower.batches import Batches, accidental_hits, dropout_mask, next_item_examples
from tawny.models.two_tower.settings import TwoTowerSettings
from tawny.training.shards import Shard

SETTINGS = TwoTowerSettings(window=3, hidden=4, global_batch=8, negatives_group=2, uniform_negatives=3)


def batches(rank: int = 0, size: int = 1) -> Batches:
    items = np.random.default_rng(0).integers(0, 10, 40).astype(np.int32)
    users = Histories(np.arange(0, 41, 5), items, np.ones(40, np.float32), np.zeros(40, np.float32))
    examples = next_item_examples(users)
    return Batches(examples, Shard(len(examples), 8, 2, rank, size), 10, SETTINGS, seed=3)


def test_accidental_hits_are_repeats_of_the_answer_and_the_window() -> None:
    # Answers 4, 5, 4; uniform 7, 2, 5. The first example's window holds 7, the second's 2 and 2, the third's nothing.
    candidates = np.array([4, 5, 4, 7, 2, 5], np.int32)
    window = np.array([[7, -1], [2, 2], [-1, -1]], np.int32)
    expected = [
        [False, False, True, True, False, False],
        [False, False, False, False, True, True],
        [True, False, False, False, False, False],
    ]
    assert accidental_hits(candidates, window, n_items=8).tolist() == expected


def test_an_answer_that_is_also_in_the_window_stays_the_answer() -> None:
    assert accidental_hits(np.array([4, 5], np.int32), np.array([[4], [-1]], np.int32), 6).tolist() == [[False, False]] * 2


def test_two_workers_have_the_groups_of_one() -> None:
    alone = batches().batch(1, 2)
    halves = [batches(rank, 2).batch(1, 2) for rank in range(2)]
    for whole, *parts in zip(alone, *halves, strict=True):
        assert np.array_equal(whole, np.concatenate(parts))


def test_a_batch_depends_on_its_place_alone() -> None:
    used = batches()
    used.batch(0, 0), used.batch(0, 1)
    for a, b in zip(used.batch(1, 1), batches().batch(1, 1), strict=True):
        assert np.array_equal(a, b)


def test_log_q_is_how_often_a_candidate_is_expected_in_a_group() -> None:
    # Of 2 examples, both predict item 1: 2 answers of a group of 2, and each of 4 items with 2/4 among the uniform ones.
    users = Histories(np.array([0, 2, 4]), np.array([0, 1, 2, 1], np.int32), np.ones(4, np.float32), np.zeros(4, np.float32))
    settings = TwoTowerSettings(window=1, hidden=1, global_batch=2, negatives_group=2, uniform_negatives=2)
    batch = Batches(next_item_examples(users), Shard(2, 2, 2), 4, settings, seed=0).batch(0, 0)
    expected = np.where(batch.candidates == 1, 2 + 0.5, 0.5)
    assert np.allclose(np.exp(batch.log_q), expected)


def test_dropout_keeps_the_mean() -> None:
    mask = dropout_mask((1000, 10), 0.2, np.random.default_rng(0))
    assert sorted(set(mask.ravel().tolist())) == [0.0, 1.25]
    assert abs(mask.mean() - 1) < 0.02
