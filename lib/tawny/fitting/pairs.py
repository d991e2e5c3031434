"""Counting models on Spark: every task sums the pairs of its users, every row of the matrix is finished by one task.

Shapes: I items, P pairs.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from scipy import sparse

from tawny.fitting.gather import gather
from tawny.models.arrow import histories
from tawny.models.base import Floats, Histories, Ints

Pairs = Callable[[Histories], tuple[Ints, Ints, Floats]]
_SCHEMA = "row int, column int, value double"
_ARROW = pa.schema({"row": pa.int32(), "column": pa.int32(), "value": pa.float64()})
# Users whose pairs are summed before they are added to the task's matrix: fewer additions, more memory.
_USERS_AT_ONCE = 2000


class Finish(Protocol):
    """From the summed pairs, [I, I], to the matrix that the model keeps, [I, I], row by row."""

    def __call__(self, counts: sparse.csr_array) -> sparse.csr_array:
        """The kept entries of the rows that `counts` holds."""


def fit_matrix(
    users: DataFrame, pairs: Pairs, finish: Finish, n_items: int, n_tasks: int, max_pairs: int
) -> sparse.csr_array:
    """float32 [I, I]: `finish` of the pairs of all users, summed.

    Args:
        users: item_indices, weights, ages_days; one row per user.
        pairs: what a batch of histories contributes.
        finish: works on whole rows and on nothing across rows.
        n_tasks: tasks that share the rows.
        max_pairs: bound on the kept entries, which one process holds.

    Made for catalogues of some 100,000 items; a task holds the pairs of its users.
    """
    summed = users.mapInArrow(_sum_of_task(pairs, n_items), _SCHEMA)
    kept = summed.repartition(n_tasks, "row").mapInArrow(_finish_of_task(finish, n_items), _SCHEMA)
    table = gather(kept, max_pairs, "a model's matrix")
    return _matrix([table], n_items).astype(np.float32)


def _sum_of_task(pairs: Pairs, n_items: int) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        total = sparse.csr_array((n_items, n_items), dtype=np.float64)
        for batch in batches:
            for start in range(0, batch.num_rows, _USERS_AT_ONCE):
                rows, columns, values = pairs(histories(batch.slice(start, _USERS_AT_ONCE)))
                total = total + sparse.csr_array((values.astype(np.float64), (rows, columns)), shape=total.shape)
        yield from _batches(total)

    return run


def _finish_of_task(finish: Finish, n_items: int) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from _batches(finish(_matrix(list(batches), n_items)))

    return run


def _matrix(parts: list[pa.RecordBatch] | list[pa.Table], n_items: int) -> sparse.csr_array:
    """float64 [I, I]: the entries of all parts, those of one cell added in order of size, so that the sum is the same."""
    columns = [np.concatenate([part[name].to_numpy() for part in parts] or [np.empty(0)]) for name in _ARROW.names]
    order = np.lexsort((columns[2], columns[1], columns[0]))
    rows, cols, values = (column[order] for column in columns)
    return sparse.csr_array((values, (rows.astype(np.int32), cols.astype(np.int32))), shape=(n_items, n_items))


def _batches(matrix: sparse.csr_array) -> Iterator[pa.RecordBatch]:
    entries = sparse.coo_array(matrix)
    columns = [entries.row.astype(np.int32), entries.col.astype(np.int32), entries.data.astype(np.float64)]
    yield from pa.table(columns, schema=_ARROW).to_batches(max_chunksize=1_000_000)
