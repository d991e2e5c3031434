"""Fits counting models on Spark: chooses the settings on the validation window, and sums the pairs of all users.

Shapes: I items, P pairs.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy import sparse

from tawny.core.arrays import Floats, Histories, scattered
from tawny.core.columns import FOLD, FOLDS, Fold
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

_TRIPLES = pa.schema({"row": pa.int32(), "column": pa.int32(), "value": pa.float64()})
_TRIPLES_DDL = "row int, column int, value double"


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
        n_tasks: tasks that share the rows of the matrix.
    """
    n_users = users_per_item(interactions, n_items)

    def matrix_of(counts: sparse.csr_array) -> sparse.csr_array:
        return model_class.from_counts(counts, n_users, settings).matrix

    users = sequences.where("is_training AND cardinality(item_indices) > 1").select("item_indices", "weights", "ages_days")
    matrix = fit_matrix(users, lambda batch: model_class.pairs(batch, settings), matrix_of, n_items, n_tasks)
    return model_class(matrix, settings)


def fit_matrix(
    users: DataFrame,
    pairs: Callable[[Histories], Pairs],
    matrix_of: Callable[[sparse.csr_array], sparse.csr_array],
    n_items: int,
    n_tasks: int,
) -> sparse.csr_array:
    """float32 [I, I]: `matrix_of` applied to the summed pairs of all users.

    Args:
        users: item_indices, weights, ages_days; one row per user.
        pairs: the pairs of a batch of histories.
        matrix_of: from the summed pairs, [I, I], to the entries to keep; called with some complete rows at a time.
        n_items: I.
        n_tasks: tasks that share the rows.

    Raises:
        CheckError: more entries are kept than one process may hold.

    Made for catalogs of some 100,000 items; a task holds the pairs of its users.
    """

    def sum_of_task(batches: Batches) -> Batches:
        total = sparse.csr_array((n_items, n_items), dtype=np.float64)
        for batch in batches:
            for start in range(0, batch.num_rows, _USERS_PER_SUM):
                rows, columns, values = pairs(Histories.from_arrow(batch.slice(start, _USERS_PER_SUM)))
                total = total + sparse.csr_array((values.astype(np.float64), (rows, columns)), shape=total.shape)
        yield from _to_batches(total)

    def matrix_of_task(batches: Batches) -> Batches:
        yield from _to_batches(matrix_of(_from_batches(list(batches), n_items)))

    summed = users.mapInArrow(sum_of_task, _TRIPLES_DDL)
    kept = summed.repartition(n_tasks, "row").mapInArrow(matrix_of_task, _TRIPLES_DDL)
    return _from_batches(gather(kept, _MAX_VALUES, "a model's matrix").to_batches(), n_items).astype(np.float32)


def users_per_item(interactions: DataFrame, n_items: int) -> Floats:
    """float32 [I]: users with a positive weight for each item; interactions_v3 has one row per user and item."""
    counted = interactions.where("weight > 0").groupBy("item_index").agg(F.count("*").alias("n"))
    table = gather(counted, n_items, "users per item")
    return scattered(table["item_index"], table["n"], n_items, np.float32)


def _to_batches(matrix: sparse.csr_array) -> Batches:
    entries = sparse.coo_array(matrix)
    columns = [entries.row.astype(np.int32), entries.col.astype(np.int32), entries.data.astype(np.float64)]
    yield from pa.table(columns, schema=_TRIPLES).to_batches(max_chunksize=1_000_000)


def _from_batches(parts: list[pa.RecordBatch], n_items: int) -> sparse.csr_array:
    """float64 [I, I]: the entries of all parts; those of a cell are added in order of size, so sums are reproducible."""
    columns = [np.concatenate([part[name].to_numpy() for part in parts] or [np.empty(0)]) for name in _TRIPLES.names]
    order = np.lexsort((columns[2], columns[1], columns[0]))
    rows, cols, values = (column[order] for column in columns)
    return sparse.csr_array((values, (rows.astype(np.int32), cols.astype(np.int32))), shape=(n_items, n_items))
