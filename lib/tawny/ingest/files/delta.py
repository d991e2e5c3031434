"""A Delta table in the landing folder: the data files of its current version, by its log; never its other Parquet files."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlparse

import pyarrow as pa

from tawny.core.errors import InputError
from tawny.ingest.files.regular import files_below, resolve_below

LOG = "_delta_log"
_VECTORS = "deletionVectors"
_DO = "Land a copy of its rows as Parquet, or turn the feature off and rewrite the table (REORG ... APPLY)."


def landed_files(landing: Path, path: Path) -> Iterator[Path]:
    """The files at or below the path; of a Delta table (above or below it) those of the current version alone.

    Raises:
        InputError: as of `files_below`; a Delta table that cannot be read, or whose files are not there.
    """
    current: dict[Path, frozenset[Path]] = {}
    for file in files_below(landing, path):
        table = _table_above(landing, file)
        if table is None:
            yield file
            continue
        if table not in current:
            current[table] = current_files(landing, table)
        if file in current[table]:
            yield file


def version_of(landing: Path, file: Path) -> int | None:
    """The current version of the Delta table that the file is of; None where it is of none."""
    from deltalake import DeltaTable

    table = _table_above(landing, file)
    return None if table is None else DeltaTable(str(table)).version()


def _table_above(landing: Path, file: Path) -> Path | None:
    return next((folder for folder in file.parents if folder.is_relative_to(landing) and (folder / LOG).is_dir()), None)


def current_files(landing: Path, table: Path) -> frozenset[Path]:
    """The data files of the table's current version.

    Raises:
        InputError: its log cannot be read, one of its files is not there, or its rows are not those of its files.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    where = str(table.relative_to(landing))
    try:
        resolve_below(landing, table / LOG)
        delta = DeltaTable(str(table))
        files = frozenset(table / _below(table, uri) for uri in delta.file_uris())
        has_vectors = _VECTORS in (delta.protocol().reader_features or ()) and any(
            batch.num_rows for batch in pa.RecordBatchReader.from_stream(delta.deletion_vectors())
        )
    except (DeltaError, OSError, ValueError) as exc:
        rule = "a folder with a _delta_log must be a whole Delta table."
        raise InputError(where=where, rule=rule, came=str(exc)[:300], do="Land the folder as a whole.") from exc
    renames = delta.metadata().configuration.get("delta.columnMapping.mode", "none") != "none"
    if renames or has_vectors:
        rule = "the rows of a Delta table must be those of its files."
        came = "a table with column mapping" if renames else "a table with deletion vectors"
        raise InputError(where=where, rule=rule, came=came, do=_DO)
    if gone := sorted(str(file.relative_to(landing)) for file in files if not file.is_file()):
        rule = "the files of the current version must be there."
        came = f"{len(gone)} that are not, as {gone[0]}"
        raise InputError(where=where, rule=rule, came=came, do="Land the folder as a whole, its log last.")
    return files


def _below(table: Path, uri: str) -> str:
    path = unquote(urlparse(uri).path) if uri.startswith("file:") else uri
    return (
        str(Path(path).relative_to(table))
        if Path(path).is_relative_to(table)
        else str(Path(path).relative_to(table.resolve()))
    )
