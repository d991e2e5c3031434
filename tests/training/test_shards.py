"""Shards: together the workers do what one would do."""

import numpy as np
import pytest

from tawny.core.errors import ConfigError
from tawny.training.shards import Shard


@pytest.mark.parametrize("size", [1, 2, 4])
def test_the_workers_groups_are_all_groups_once(size: int) -> None:
    groups = [group for rank in range(size) for group in Shard(1000, 128, 32, rank, size).groups]
    assert groups == [0, 1, 2, 3]


def test_every_example_comes_in_every_epoch_and_the_last_step_is_filled_up() -> None:
    shard = Shard(100, 64, 32)
    order = shard.order(seed=1, epoch=0)
    assert (shard.n_steps, order.shape) == (2, (2, 2, 32))
    assert np.array_equal(np.unique(order), np.arange(100))
    assert np.array_equal(order.ravel()[100:], order.ravel()[:28])


def test_the_order_depends_on_seed_and_epoch_but_not_on_the_worker() -> None:
    first = Shard(100, 64, 32, rank=0, size=2).order(1, 0)
    assert np.array_equal(first, Shard(100, 64, 32, rank=1, size=2).order(1, 0))
    assert not np.array_equal(first, Shard(100, 64, 32).order(1, 1))
    assert not np.array_equal(first, Shard(100, 64, 32).order(2, 0))


@pytest.mark.parametrize(("batch", "group", "size"), [(100, 32, 1), (128, 32, 3), (128, 128, 2)])
def test_groups_that_cannot_be_divided_evenly_are_refused(batch: int, group: int, size: int) -> None:
    with pytest.raises(ConfigError, match=f"global_batch = {batch}, group = {group}, workers = {size}"):
        Shard(1000, batch, group, 0, size)


def test_a_fold_without_examples_is_refused() -> None:
    with pytest.raises(ConfigError, match="there must be an example"):
        Shard(0, 128, 32)
