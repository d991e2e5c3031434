"""The training data of the two-tower model, from rows of tables.

Shapes: U users, I items, C categories, F user features.
"""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tawny.core.arrays import Counts, Floats, Histories, Ragged
from tawny.core.columns import LIST_KEY
from tawny.evaluation.validate import ValidationSample, user_key


@dataclass(frozen=True)
class TwoTowerData:
    """The training data of a fold.

    Attributes:
        train: the histories before the cutoff. All examples of a user share the user's features, so the features must not
            depend on what the user takes (age and country do not); otherwise the model looks ahead.
        categories: float32 [I, C], 1 where the item has the category; C may be 0. I is the size of the catalog.
        held_out: for early stopping; None where training runs a fixed number of steps.
        is_ordered: whether the order of a history says something; else examples are random targets out of a user's set.
    """

    train: Histories
    categories: Floats
    held_out: ValidationSample | None = None
    is_ordered: bool = True


def frequent_categories(items: pa.Table, max_categories: int) -> list[str]:
    """The `max_categories` most frequent categories of item_features_v2; ties by name.

    Every fold uses those of `validation`: its weights are where the other folds start from.
    """
    counted = Counter(name for names in items["categories"].to_pylist() for name in names)
    return sorted(counted, key=lambda name: (-counted[name], name))[:max_categories]


def category_matrix(items: pa.Table, categories: list[str]) -> Floats:
    """float32 [I, C]: 1 where the item, by item_features_v2 of the fold, has the category."""
    lists = items.sort_by("item_index")["categories"].to_pylist()
    column = {name: c for c, name in enumerate(categories)}
    matrix = np.zeros((len(lists), len(categories)), np.float32)
    for item, names in enumerate(lists):
        matrix[item, [column[name] for name in names if name in column]] = 1
    return matrix


def training_data(
    sequences: pa.Table,
    features: pa.Table,
    categories: Floats,
    validation: ValidationSample | None,
    *,
    is_ordered: bool = True,
) -> TwoTowerData:
    """The training data of a fold, with users in the order of user_id, so that it is the same on every worker.

    Args:
        sequences, features: rows of sequences_v2 and user_features_v2 of the fold; a user without features has zeros.
        categories: float32 [I, C].
        validation: of `validation_sample`, or None.
        is_ordered: whether the order of a history says something.
    """
    training = _in_order(sequences.filter(sequences["is_training"]))
    return TwoTowerData(_histories(training, features), categories, validation, is_ordered)


def validation_sample(sequences: pa.Table, features: pa.Table, holdouts: pa.Table) -> ValidationSample:
    """The rows of `sequences` that have answers, in the order of user_id and time, for early stopping.

    Args:
        sequences, features: as for `training_data`.
        holdouts: rows of holdouts_v2 of the fold.
    """
    sequences = _in_order(sequences)
    rows, holdout_rows = _common_rows(_list_keys(sequences), _list_keys(holdouts))
    sequences = sequences.take(rows)
    answers = Ragged.from_arrow(holdouts["item_indices"]).take(holdout_rows)
    keys = np.fromiter(map(user_key, sequences["user_id"].to_pylist()), np.uint64, sequences.num_rows)
    return ValidationSample(
        _histories(sequences, features), Ragged.from_arrow(sequences["seen_indices"]), answers, keys=keys
    )


def _histories(sequences: pa.Table, features: pa.Table) -> Histories:
    """The histories of the rows, with the features of their users."""
    vectors = Ragged.from_arrow(features["features"], np.float32).padded(0)
    rows, feature_rows = _common_rows(sequences["user_id"], features["user_id"])
    by_user = np.zeros((sequences.num_rows, vectors.shape[1]), np.float32)
    by_user[rows] = vectors[feature_rows]
    return replace(Histories.from_arrow(sequences), features=by_user)


def _in_order(sequences: pa.Table) -> pa.Table:
    return sequences.sort_by([(name, "ascending") for name in LIST_KEY])


def _list_keys(rows: pa.Table) -> pa.ChunkedArray:
    """string: user and instant of every row."""
    instant = rows["as_of_ts"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).cast(pa.string())
    return pc.binary_join_element_wise(rows["user_id"], instant, "\0")


def _common_rows(keys: pa.ChunkedArray, others: pa.ChunkedArray) -> tuple[Counts, Counts]:
    """int64, both [M]: the rows whose key `others` has too, ascending, and their rows in `others`."""
    rows_in_others = pc.fill_null(pc.index_in(keys, value_set=others), -1).to_numpy()
    rows = np.flatnonzero(rows_in_others >= 0)
    return rows, rows_in_others[rows].astype(np.int64)
