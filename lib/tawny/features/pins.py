"""The rows of nights_v1: which version of each growing table a night reads."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pyarrow as pa

from tawny.core.digest import digest_of


@dataclass(frozen=True)
class Pinned:
    """A table as a night found it: its newest version, and the digest and number of the rows that run_date may know."""

    table: str
    version: int
    digest: str
    n_rows: int


def pins(pinned: Sequence[Pinned]) -> pa.Table:
    """The rows of nights_v1 without run_date. The night_id says what is in the tables, not when they were read."""
    by_name = sorted(pinned, key=lambda one: one.table)
    night_id = digest_of(*(f"{one.table}={one.digest}" for one in by_name))
    return pa.Table.from_pylist([{**asdict(one), "night_id": night_id} for one in by_name])
