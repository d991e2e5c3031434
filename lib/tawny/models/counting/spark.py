"""Fits counting models on Spark: chooses the settings on the validation window, and sums the pairs of all users.

Shapes: I items.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar, cast

import numpy as np
import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy import sparse

from tawny.core.arrays import Floats, Histories, scattered
from tawny.core.columns import FOLD, FOLDS, USER_ID, Fold
from tawny.core.errors import CheckError
from tawny.evaluation.spark import sample_histories, validation_sample
from tawny.evaluation.tuning import Tuned, enough_candidates
from tawny.lake.spark import gather
from tawny.models.counting.matrix import CountingModel, Pairs
from tawny.models.counting.settings import CountingSettings
from tawny.models.counting.tuning import tune_counting

M = TypeVar("M", bound=CountingModel)

Batches = Iterator[pa.RecordBatch]

# A catalog of 100,000 items with 500 neighbours each.
_MAX_VALUES = 50_000_000

# Users whose pairs are summed before they are added to the task's matrix: fewer additions, more memory.
_USERS_PER_SUM = 2000

# A matrix travels in blocks of so many values, each one row of a frame: 4 MB. As a row per value, nearly all of a fit's time
# went into rows: 252 s for the 41,000 items of Gowalla.
_VALUES_PER_BLOCK = 2**18

_ARRAYS = {"rows": np.int32, "columns": np.int32, "values": np.float64}
"""The arrays of a block, as bytes."""

_BLOCKS = pa.schema({"part": pa.int32(), "task": pa.int32(), **dict.fromkeys(_ARRAYS, pa.binary())})
_BLOCKS_DDL = "part int, task int, rows binary, columns binary, values binary"


def fit_every_fold(
    model_class: type[M],
    settings: CountingSettings,
    sequences: DataFrame,
    holdouts: DataFrame,
    interactions: DataFrame,
    n_items: int,
    seed: int,
) -> tuple[dict[Fold, M], Tuned[Any]]:
    """The model of every fold, with the settings that are best on `validation`; and how those were found.

    Args:
        model_class: the model's class.
        settings: of the job.
        sequences, holdouts, interactions: rows of sequences_v2, holdouts_v2 and interactions_v3, of all folds.
        n_items: I.
        seed: of the samples of users.
    """
    past, answers = (frame.where(F.col(FOLD) == "validation") for frame in (sequences, holdouts))
    tuning = settings.tuning
    sample = validation_sample(past, answers, n_users=tuning.n_rows, seed=seed, half=0)
    users = sample_histories(past, tuning.n_users, seed)
    tuned = tune_counting(model_class, settings.model, tuning, users, sample, n_items)
    models = {}
    for fold in FOLDS:
        own_sequences, own_interactions = (frame.where(F.col(FOLD) == fold) for frame in (sequences, interactions))
        models[fold] = fit_counting(model_class, tuned.settings, own_sequences, own_interactions, n_items, settings.n_tasks)
    return models, replace(tuned, n_candidates=enough_candidates(models["validation"].score, sample))


def fit_counting(
    model_class: type[M], settings: Any, sequences: DataFrame, interactions: DataFrame, n_items: int, n_tasks: int
) -> M:
    """The model of one fold.

    Args:
        model_class: the model's class.
        settings: of the model.
        sequences, interactions: rows of the fold.
        n_items: I.
        n_tasks: tasks that share the users, then the rows of the matrix.
    """
    n_users = users_per_item(interactions, n_items)

    def matrix_of(counts: sparse.csr_array) -> sparse.csr_array:
        return model_class.from_counts(counts, n_users, settings).matrix

    with_pairs = sequences.where("is_training AND cardinality(item_indices) > 1")
    users = with_pairs.select(USER_ID, "item_indices", "weights", "ages_days")
    matrix = fit_matrix(users, lambda batch: model_class.pairs(batch, settings), matrix_of, n_items, n_tasks)
    return model_class(matrix, settings)


def fit_matrix(
    users: DataFrame,
    pairs: Callable[[Histories], Pairs],
    matrix_of: Callable[[sparse.csr_array], sparse.csr_array],
    n_items: int,
    n_tasks: int,
) -> sparse.csr_array:
    """float32 [I, I]: `matrix_of` applied to the summed pairs of all users; the same bits however these are partitioned.

    Args:
        users: user_id, item_indices, weights, ages_days; one row per user.
        pairs: the pairs of a batch of histories.
        matrix_of: from the summed pairs, [I, I], to the entries to keep; called with some complete rows at a time.
        n_items: I.
        n_tasks: tasks that share the users, then the rows; another number changes the last digits of the sums.

    Raises:
        CheckError: more entries are kept than one process may hold.

    Made for catalogs of some 100,000 items; a task holds the pairs of its users.
    """

    def sum_of_task(batches: Batches) -> Batches:
        total = _sum(_pairs_of_batches(batches, pairs, n_items), n_items)
        for part in range(n_tasks):
            yield from _to_blocks(total, part, n_tasks)

    def matrix_of_task(batches: Batches) -> Batches:
        yield from _to_blocks(matrix_of(_from_blocks(batches, n_items)), 0, 1)

    # Which users a task has, and in which order, depends on their ids alone.
    shared = users.repartition(n_tasks, USER_ID).sortWithinPartitions(USER_ID)
    summed = shared.mapInArrow(sum_of_task, _BLOCKS_DDL)
    kept = summed.repartitionById(n_tasks, "part").mapInArrow(matrix_of_task, _BLOCKS_DDL)
    return _gathered(kept, n_items, n_tasks)


def users_per_item(interactions: DataFrame, n_items: int) -> Floats:
    """float32 [I]: users with a positive weight for each item; interactions_v3 has one row per user and item."""
    counted = interactions.where("weight > 0").groupBy("item_index").agg(F.count("*").alias("n"))
    table = gather(counted, n_items, "users per item")
    return scattered(table["item_index"], table["n"], n_items, np.float32)


def _pairs_of_batches(batches: Batches, pairs: Callable[[Histories], Pairs], n_items: int) -> Iterator[sparse.csr_array]:
    """float64 [I, I], for some users at a time."""
    for batch in batches:
        for start in range(0, batch.num_rows, _USERS_PER_SUM):
            rows, columns, values = pairs(Histories.from_arrow(batch.slice(start, _USERS_PER_SUM)))
            yield sparse.csr_array((values.astype(np.float64), (rows, columns)), shape=(n_items, n_items))


def _sum(matrices: Iterable[sparse.csr_array], n_items: int) -> sparse.csr_array:
    """float64 [I, I]: the sum. Only matrices of similar size are added, so that many small ones do not copy a large one."""
    sums: list[sparse.csr_array] = [sparse.csr_array((n_items, n_items), dtype=np.float64)]
    for matrix in matrices:
        while sums and sums[-1].nnz <= 2 * matrix.nnz:
            matrix = sums.pop() + matrix
        sums.append(matrix)
    while len(sums) > 1:
        sums.append(sums.pop() + sums.pop())
    return sums[0]


def _to_blocks(matrix: sparse.csr_array, part: int, n_parts: int) -> Batches:
    """Every `n_parts`-th row from `part` on, as blocks of this task; a range of rows may be more popular than another."""
    task = cast(TaskContext, TaskContext.get()).partitionId()
    entries = sparse.coo_array(matrix[part::n_parts])
    found = (entries.row * n_parts + part, entries.col, entries.data)
    for start in range(0, entries.nnz, _VALUES_PER_BLOCK):
        cut = slice(start, start + _VALUES_PER_BLOCK)
        arrays = [array[cut].astype(kind).tobytes() for array, kind in zip(found, _ARRAYS.values(), strict=True)]
        yield pa.RecordBatch.from_arrays([[part], [task], *([array] for array in arrays)], schema=_BLOCKS)


def _from_blocks(batches: Iterable[pa.RecordBatch], n_items: int) -> sparse.csr_array:
    """float64 [I, I]: the sum of what the tasks sent, in the order of their numbers: blocks come in any order.

    A task has each cell once, so the order of its own blocks says nothing.
    """
    by_task: dict[int, list[list[np.ndarray[Any, Any]]]] = defaultdict(list)
    for batch in batches:
        for task, *arrays in zip(*(batch[name] for name in ("task", *_ARRAYS)), strict=True):
            own = [np.frombuffer(array.as_buffer(), kind) for array, kind in zip(arrays, _ARRAYS.values(), strict=True)]
            by_task[task.as_py()].append(own)
    return _sum((_matrix(by_task.pop(task), n_items) for task in sorted(by_task)), n_items)


def _matrix(blocks: list[list[np.ndarray[Any, Any]]], n_items: int) -> sparse.csr_array:
    rows, columns, values = map(np.concatenate, zip(*blocks, strict=True))
    return sparse.csr_array((values, (rows, columns)), shape=(n_items, n_items))


def _gathered(blocks: DataFrame, n_items: int, n_tasks: int) -> sparse.csr_array:
    """float32 [I, I]: the matrix of all blocks, of which each task has at most one that is not full.

    Raises:
        CheckError: it has more than _MAX_VALUES values.
    """
    n_most = _MAX_VALUES // _VALUES_PER_BLOCK + n_tasks + 1  # one more than can hold _MAX_VALUES
    found = gather(blocks.limit(n_most), n_most, "a model's matrix")
    matrix = _from_blocks(found.to_batches(), n_items)
    if matrix.nnz > _MAX_VALUES:
        rule, do = f"one process holds at most {_MAX_VALUES} values.", "Keep fewer items per row."
        raise CheckError(where="a model's matrix", rule=rule, came="more", do=do)
    return matrix.astype(np.float32)
