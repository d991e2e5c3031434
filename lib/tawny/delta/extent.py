"""How large a table is, from Delta's log alone."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from tawny.core.table import TableSpec
from tawny.delta.arrow_io import ArrowLake


@dataclass(frozen=True)
class Extent:
    """A version of a table: rows, bytes and files that readers see, in so many partitions."""

    version: int
    n_rows: int
    n_bytes: int
    n_files: int
    n_partitions: int


def extent(lake: ArrowLake, spec: TableSpec) -> Extent:
    """The newest version's extent.

    Raises:
        StaleInputError: there is no such table.
    """
    version = lake.version(spec)
    files = pa.table(DeltaTable(lake.path(spec), version=version).get_add_actions(flatten=True))
    by = [f"partition.{column}" for column in spec.partition_by]
    n_partitions = files.group_by(by).aggregate([]).num_rows if by else min(1, files.num_rows)
    n_rows, n_bytes = (int(pc.sum(files[column]).as_py() or 0) for column in ("num_records", "size_bytes"))
    return Extent(version, n_rows, n_bytes, files.num_rows, n_partitions)
