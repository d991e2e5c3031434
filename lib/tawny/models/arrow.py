"""Between Arrow and models: rows of sequences_v1 as `Histories`, lists as Arrow, models as rows of models_v1.

Shapes: U users of a batch, K list, N history entries.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tawny.core.columns import Fold
from tawny.core.errors import StaleInputError
from tawny.models.base import Floats, Histories, Ints, Model
from tawny.models.files import from_files, model_version, to_files
from tawny.models.registry import Saved

CHUNK_BYTES = 32 * 2**20
# Scores are dense, float32 [users, items]: 256 users over 100,000 items are 100 MB.
USERS_AT_ONCE = 256


def histories(batch: pa.RecordBatch | pa.Table) -> Histories:
    """The histories of U rows with item_indices, weights, ages_days and, where the column is there, features."""
    items, indptr = ragged(batch["item_indices"], np.int32)
    weights, _ = ragged(batch["weights"], np.float32)
    ages, _ = ragged(batch["ages_days"], np.float32)
    features = None
    if "features" in batch.schema.names:
        values, _ = ragged(batch["features"], np.float32)
        features = values.reshape(batch.num_rows, -1)
    return Histories(indptr, items, weights, ages, features)


def ragged(column: pa.Array | pa.ChunkedArray, dtype: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The values of a list column, [N], and indptr int64 [U + 1]."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # no chunk at all
        return np.empty(0, dtype), np.zeros(1, np.int64)
    offsets = array.offsets.to_numpy().astype(np.int64)
    return np.asarray(array.flatten().to_numpy(zero_copy_only=False), dtype), offsets - offsets[0]


def small_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches cut into pieces of at most USERS_AT_ONCE rows; empty ones are left out."""
    for batch in batches:
        for start in range(0, batch.num_rows, USERS_AT_ONCE):
            yield batch.slice(start, USERS_AT_ONCE)


def scored_lists(items: Ints, scores: Floats) -> pa.ListArray:
    """Lists int32 [U, K] padded with -1, and their scores float32 [U, K], as array<struct<item_index, score>>."""
    listed = items >= 0
    indptr = np.concatenate([[0], np.cumsum(listed.sum(axis=1))]).astype(np.int32)
    entries = pa.StructArray.from_arrays(
        [pa.array(items[listed], pa.int32()), pa.array(scores[listed], pa.float32())], names=["item_index", "score"]
    )
    return pa.ListArray.from_arrays(indptr, entries)


def model_rows(models: Mapping[Fold, Saved]) -> pa.Table:
    """Models by fold as rows of models_v1, without run_date and model."""
    rows = []
    for fold, model in models.items():
        files = to_files(model)
        version = model_version(files)
        for file, payload in files.items():
            for chunk, start in enumerate(range(0, max(len(payload), 1), CHUNK_BYTES)):
                part = payload[start : start + CHUNK_BYTES]
                rows.append({"fold": fold, "file": file, "chunk": chunk, "payload": part, "model_version": version})
    types = {
        "fold": pa.string(),
        "file": pa.string(),
        "chunk": pa.int32(),
        "payload": pa.binary(),
        "model_version": pa.string(),
    }
    return pa.Table.from_pylist(rows, schema=pa.schema(types))


def saved_files(rows: pa.Table, model: str, fold: str) -> dict[str, bytes]:
    """The files of one model and fold, from rows of models_v1.

    Raises:
        StaleInputError: there is no such model.
    """
    parts: dict[str, list[bytes]] = {}
    for row in sorted(rows.to_pylist(), key=lambda row: (row["file"], row["chunk"])):
        if row["model"] == model and row["fold"] == fold:
            parts.setdefault(row["file"], []).append(row["payload"])
    if not parts:
        rule, do = f"the model {model} must have been trained on fold {fold}.", f"Run train_{model} for this run_date."
        raise StaleInputError(where="models_v1", rule=rule, came="no rows", do=do)
    return {file: b"".join(chunks) for file, chunks in parts.items()}


def restored(files: Mapping[str, bytes]) -> Model:
    """The source model that the files hold.

    Raises:
        StaleInputError: they hold something that does not score users.
    """
    model = from_files(files)
    if not isinstance(model, Model):
        rule, do = "a source must be a Model.", "Take it out of the night's sources."
        raise StaleInputError(where="models_v1", rule=rule, came=type(model).__name__, do=do)
    return model


def versions(rows: pa.Table, fold: str) -> dict[str, str]:
    """model -> model_version of one fold, from rows of models_v1."""
    return {row["model"]: row["model_version"] for row in rows.drop_columns(["payload"]).to_pylist() if row["fold"] == fold}
