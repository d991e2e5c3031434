"""Batches: negatives of a whole step, accidental hits, and the same examples for any number of workers."""

import numpy as np
import pytest

from tawny.core.arrays import Histories
from tawny.models.two_tower.batches import Batch, Batches, accidental_hits, dropout_mask
from tawny.models.two_tower.examples import examples_of
from tawny.models.two_tower.settings import TwoTowerSettings
from tawny.training.shards import Shard

SETTINGS = TwoTowerSettings(window=3, hidden=4, global_batch=8, uniform_negatives=3)


ITEMS = np.random.default_rng(0).integers(0, 10, 40).astype(np.int32)
USERS = Histories(np.arange(0, 41, 5), ITEMS, np.ones(40, np.float32), np.zeros(40, np.float32))


def batches(rank: int = 0, size: int = 1, *, is_ordered: bool = True) -> Batches:
    examples = examples_of(USERS, is_ordered=is_ordered)
    return Batches(examples, Shard(len(examples), 8, 3, rank, size), 10, SETTINGS, seed=3)


def test_accidental_hits_are_repeats_of_the_answer_and_the_window() -> None:
    # Answers 4, 5, 4; uniform 7, 2, 5. The first example's window holds 7, the second's 2 and 2, the third's nothing.
    answers = np.arange(3, dtype=np.int32)
    candidates = np.array([4, 5, 4, 7, 2, 5], np.int32)
    window = np.array([[7, -1], [2, 2], [-1, -1]], np.int32)
    expected = [
        [False, False, True, True, False, False],
        [False, False, False, False, True, True],
        [True, False, False, False, False, False],
    ]
    assert accidental_hits(candidates, answers, window, n_items=8).tolist() == expected


def test_an_answer_that_is_also_in_the_window_stays_the_answer() -> None:
    candidates, answers = np.array([4, 5], np.int32), np.arange(2, dtype=np.int32)
    assert accidental_hits(candidates, answers, np.array([[4], [-1]], np.int32), 6).tolist() == [[False, False]] * 2


@pytest.mark.parametrize("is_ordered", [True, False])
@pytest.mark.parametrize("size", [2, 4, 8])
def test_workers_have_the_examples_of_one_against_the_same_candidates(size: int, is_ordered: bool) -> None:
    alone = batches(is_ordered=is_ordered).batch(6)
    parts = [batches(rank, size, is_ordered=is_ordered).batch(6) for rank in range(size)]
    for name in Batch._fields:
        own = [getattr(part, name) for part in parts]
        if name in ("candidates", "log_q"):
            assert all(np.array_equal(one, getattr(alone, name)) for one in own)
        else:
            assert np.array_equal(np.concatenate(own), getattr(alone, name))


def test_what_fills_up_a_workers_part_counts_nothing() -> None:
    parts = [batches(rank, 3).batch(6) for rank in range(3)]
    assert [part.weights.shape for part in parts] == [(3,)] * 3
    alone = batches().batch(6)
    assert np.concatenate([part.weights for part in parts])[:8] == pytest.approx(alone.weights * 9 / 8)
    assert parts[2].weights[2] == 0


def test_an_answer_is_found_among_the_candidates() -> None:
    examples = examples_of(USERS, is_ordered=True)
    shard = Shard(len(examples), 8, 3, 1, 2)
    batch = batches(1, 2).batch(2)
    assert np.array_equal(batch.candidates[batch.answers], examples.targets(shard.own(shard.examples(2))))


def test_a_batch_depends_on_its_place_alone() -> None:
    used = batches()
    used.batch(0), used.batch(1)
    for a, b in zip(used.batch(5), batches().batch(5), strict=True):
        assert np.array_equal(a, b)


def test_log_q_is_how_often_a_candidate_is_expected_in_a_step() -> None:
    # Of 2 examples, both predict item 1: 2 answers of a step of 2, and each of 4 items with 2/4 among the uniform ones.
    users = Histories(np.array([0, 2, 4]), np.array([0, 1, 2, 1], np.int32), np.ones(4, np.float32), np.zeros(4, np.float32))
    settings = TwoTowerSettings(window=1, hidden=1, global_batch=2, uniform_negatives=2)
    batch = Batches(examples_of(users, is_ordered=True), Shard(2, 2, seed=0), 4, settings, seed=0).batch(0)
    expected = np.where(batch.candidates == 1, 2 + 0.5, 0.5)
    assert np.allclose(np.exp(batch.log_q), expected)


def test_dropout_keeps_the_mean() -> None:
    mask = dropout_mask((1000, 10), 0.2, np.random.default_rng(0))
    assert sorted(set(mask.ravel().tolist())) == [0.0, 1.25]
    assert abs(mask.mean() - 1) < 0.02
