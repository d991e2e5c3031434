"""The two-tower's training data from rows of tables.

Shapes: U users, I items, C categories.
"""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tawny.core.errors import ConfigError
from tawny.metrics.hits import Relevant
from tawny.models.arrow import histories, ragged
from tawny.models.base import Floats
from tawny.training.two_tower import TwoTowerData
from tawny.training.validation import HeldOut


def category_matrix(catalog: pa.Table, most: int) -> Floats:
    """float32 [I, C]: 1 where the item is of one of the `most` most frequent categories; ties by name."""
    lists = catalog.sort_by("item_index")["categories"].to_pylist()
    counted = Counter(name for names in lists for name in names)
    kept = sorted(counted, key=lambda name: (-counted[name], name))[:most]
    column = {name: c for c, name in enumerate(kept)}
    matrix = np.zeros((len(lists), len(kept)), np.float32)
    for item, names in enumerate(lists):
        matrix[item, [column[name] for name in names if name in column]] = 1
    return matrix


def training_data(sequences: pa.Table, features: pa.Table, categories: Floats, answers: pa.Table | None) -> TwoTowerData:
    """What a fold trains on; rows are taken in the order of user_id, so that every worker has the same.

    Args:
        sequences, features: rows of sequences_v1 and user_features_v1 of the fold.
        categories: float32 [I, C].
        answers: rows of holdouts_v1 that stop the training, or None.
    """
    attributes = features.select(["user_id", "attribute_features"]).rename_columns(["user_id", "features"])
    users = sequences.select(["user_id", "item_indices", "weights", "ages_days"])
    users = users.take(pc.sort_indices(users["user_id"]))
    users = _with_features(users, attributes)
    held_out = None
    if answers is not None:
        answers = answers.take(pc.sort_indices(answers["user_id"]))
        judged = users.filter(pc.is_in(users["user_id"], answers["user_id"]))
        answers = answers.filter(pc.is_in(answers["user_id"], judged["user_id"]))
        items, indptr = ragged(answers["item_indices"], np.int32)
        held_out = HeldOut(histories(judged), Relevant(indptr, items))
    return TwoTowerData(histories(users), categories, held_out)


def work_dir(configured: str | None, root: str) -> Path:
    """Where checkpoints and logs lie.

    Raises:
        ConfigError: neither is a folder of this machine.
    """
    folder = configured or f"{root}/_training"
    if "://" in folder:
        do = "Set work_dir in [jobs.train_two_tower] to a folder that all workers of the first host see."
        raise ConfigError(where="train_two_tower", rule="checkpoints need a local folder.", came=folder, do=do)
    return Path(folder)


def _with_features(users: pa.Table, attributes: pa.Table) -> pa.Table:
    """The users with their attribute features, in the same order; zeros for users without."""
    at = pc.index_in(users["user_id"], attributes["user_id"])
    width = len(attributes["features"][0]) if attributes.num_rows else 0
    values, _ = ragged(attributes["features"], np.float32)
    known = at.is_valid().to_numpy(zero_copy_only=False) if isinstance(at, pa.Array) else at.is_valid().to_numpy()
    rows = np.zeros((users.num_rows, width), np.float32)
    rows[known] = values.reshape(-1, width)[at.drop_null().to_numpy()] if width else 0
    starts = np.arange(0, (users.num_rows + 1) * width, max(width, 1), dtype=np.int32)[: users.num_rows + 1]
    return users.append_column("features", pa.ListArray.from_arrays(starts, pa.array(rows.ravel())))
