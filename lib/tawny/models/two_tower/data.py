"""The training data of the two-tower model, from rows of tables.

Shapes: U users, I items, C categories, F user features.
"""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tawny.core.arrays import Counts, Floats, Histories, Ragged
from tawny.evaluation.validate import ValidationSample


@dataclass(frozen=True)
class TwoTowerData:
    """The training data of a fold.

    Attributes:
        train: the histories before the cutoff. All examples of a user share the user's features, so the features must not
            depend on what the user takes (age and country do not); otherwise the model looks ahead.
        categories: float32 [I, C], 1 where the item has the category; C may be 0. I is the size of the catalog.
        held_out: for early stopping; None where training runs a fixed number of epochs.
    """

    train: Histories
    categories: Floats
    held_out: ValidationSample | None = None


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


def training_data(sequences: pa.Table, features: pa.Table, categories: Floats, holdouts: pa.Table | None) -> TwoTowerData:
    """The training data of a fold, with users in the order of user_id, so that it is the same on every worker.

    Args:
        sequences, features: rows of sequences_v2 and user_features_v2 of the fold; a user without features has zeros.
        categories: float32 [I, C].
        holdouts: rows of holdouts_v2 for early stopping, or None.
    """
    users = _histories(sequences.filter(sequences["is_training"]), features)
    if holdouts is None:
        return TwoTowerData(users, categories)
    rows, holdout_rows = _common_rows(_list_keys(sequences), _list_keys(holdouts))
    judged, answers = sequences.take(rows), Ragged.from_arrow(holdouts["item_indices"])
    order = pc.sort_indices(_list_keys(judged)).to_numpy()
    seen = Ragged.from_arrow(judged["seen_indices"]).take(order)
    sample = ValidationSample(_histories(judged, features), seen, answers.take(holdout_rows[order]))
    return TwoTowerData(users, categories, sample)


def _histories(sequences: pa.Table, features: pa.Table) -> Histories:
    """The histories with the features of their users, in the order of user and time."""
    sequences = sequences.take(pc.sort_indices(_list_keys(sequences)))
    vectors = Ragged.from_arrow(features["features"], np.float32).padded(0)
    place = pc.fill_null(pc.index_in(sequences["user_id"], value_set=features["user_id"]), -1).to_numpy()
    by_row = np.where(place[:, None] >= 0, vectors[place], 0) if len(vectors) else np.zeros((len(place), 0))
    return replace(Histories.from_arrow(sequences), features=by_row.astype(np.float32))


def _list_keys(rows: pa.Table) -> pa.ChunkedArray:
    """string: user and instant of every row, in an order that keeps those of a user together."""
    instant = rows["as_of_ts"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).cast(pa.string())
    return pc.binary_join_element_wise(rows["user_id"], instant, "\0")


def _common_rows(users: pa.ChunkedArray, others: pa.ChunkedArray) -> tuple[Counts, Counts]:
    """int64, both [M]: the rows of the users that `others` has too, ascending, and their rows in `others`."""
    rows_in_others = pc.fill_null(pc.index_in(users, value_set=others), -1).to_numpy()
    rows = np.flatnonzero(rows_in_others >= 0)
    return rows, rows_in_others[rows].astype(np.int64)
