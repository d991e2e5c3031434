"""Shards: together the workers do what one would do, whatever their number."""

import numpy as np
import pytest

from tawny.core.errors import ConfigError
from tawny.training.shards import Shard, check_workers


def test_every_example_comes_in_every_epoch_and_its_last_step_is_filled_up() -> None:
    shard = Shard(100, 64, seed=1)
    first, second = shard.examples(0), shard.examples(1)
    assert shard.epoch_steps == 2
    assert np.array_equal(np.unique(np.concatenate([first, second])), np.arange(100))
    assert np.array_equal(second[36:], first[:28])


def test_fewer_examples_than_a_step_takes_come_several_times() -> None:
    shard = Shard(3, 8, seed=1)
    assert shard.epoch_steps == 1
    assert sorted(np.bincount(shard.examples(5)).tolist()) == [2, 3, 3]


def test_the_order_depends_on_seed_and_epoch_but_not_on_the_worker_or_on_earlier_steps() -> None:
    shard = Shard(100, 64, 1, rank=0, size=2)
    first = shard.examples(0)
    assert not np.array_equal(first, shard.examples(2))
    assert not np.array_equal(first, Shard(100, 64, 2).examples(0))
    assert np.array_equal(first, shard.examples(0))
    assert np.array_equal(first, Shard(100, 64, 1, rank=1, size=2).examples(0))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 16, 24, 32, 63, 64])
@pytest.mark.parametrize("batch", [64, 1024])
def test_the_mean_of_the_workers_means_is_the_mean_of_the_batch(batch: int, size: int) -> None:
    values = np.random.default_rng(0).normal(size=batch)
    shards = [Shard(5000, batch, 1, rank, size) for rank in range(size)]
    assert len({shard.own(values).shape for shard in shards}) == 1
    assert np.mean([np.mean(shard.shares * shard.own(values)) for shard in shards]) == pytest.approx(values.mean())
    if batch % size == 0:
        assert np.array_equal(np.concatenate([shard.own(values) for shard in shards]), values)
        assert all((shard.shares == 1).all() for shard in shards)


def test_more_workers_than_examples_in_a_step_are_refused_with_the_sizes_that_work() -> None:
    check_workers(8, 8)
    with pytest.raises(ConfigError, match=r"global_batch = 8, workers = 9.*global_batch to 9 or more.*at most 8 workers"):
        check_workers(8, 9)
    with pytest.raises(ConfigError, match="workers = 9"):
        Shard(1000, 8, 1, 0, 9)


def test_a_fold_without_examples_is_refused() -> None:
    with pytest.raises(ConfigError, match="there must be an example"):
        Shard(0, 128, seed=1)
