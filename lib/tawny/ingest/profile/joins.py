"""Orders and their lines, which a database keeps apart, put together into one file of events."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tawny.core.errors import ConfigError
from tawny.core.landing import JoinSettings
from tawny.ingest.profile.infer_sample import read_rows, take_sample

_ROWS_AT_ONCE = 50_000


def join(landing: Path, declared: JoinSettings) -> int:
    """Write every line with the declared columns of its order; returns the number of lines.

    Lines without an order are left out. The orders' columns are held in memory, the lines go through. The file is there when
    it is whole, and the same files give the same bytes, so that a second time changes nothing.

    Raises:
        ConfigError: a path matches no file, or a column is not there.
    """
    orders = {row[0]: row[1:] for row in _rows(landing, declared.orders, (declared.order_key, *declared.columns))}
    path = landing / declared.into
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished, n_lines = path.with_name(f".{path.name}"), 0
    names = _names(landing, declared)
    taken = tuple(name for name in names if name not in declared.columns)
    at = taken.index(declared.line_key)
    lines = (row + orders[row[at]] for row in _rows(landing, declared.lines, taken) if row[at] in orders)
    schema = pa.schema({name: pa.string() for name in (*taken, *declared.columns)})
    with pq.ParquetWriter(unfinished, schema) as file:
        while batch := list(islice(lines, _ROWS_AT_ONCE)):
            columns = [pa.array(values, pa.string()) for values in zip(*batch, strict=True)]
            file.write_table(pa.Table.from_arrays(columns, schema=schema))
            n_lines += len(batch)
    unfinished.rename(path)
    return n_lines


def _files(landing: Path, glob: str) -> list[Path]:
    found = sorted(path for path in landing.glob(glob) if path.is_file())
    if not found:
        raise ConfigError(where="[[joins]]", rule="the path must match a file.", came=glob, do="Correct the env file.")
    return found


def _names(landing: Path, declared: JoinSettings) -> tuple[str, ...]:
    return take_sample(landing, _files(landing, declared.lines)[0], 50).names


def _rows(landing: Path, glob: str, names: tuple[str, ...]) -> Iterator[tuple[str | None, ...]]:
    for path in _files(landing, glob):
        sample = take_sample(landing, path, 50)
        missing = [name for name in names if name not in sample.names]
        if missing:
            rule = f"{path.relative_to(landing)} must have the joined columns ({', '.join(sample.names)})."
            raise ConfigError(where="[[joins]]", rule=rule, came=", ".join(missing), do="Correct the env file.")
        yield from read_rows(path, sample, names)
