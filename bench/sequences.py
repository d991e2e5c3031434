"""The MovieLens 1M sequences as canonical events; the times are synthetic, in the order of each sequence."""

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

_FIRST = datetime(2000, 4, 25, tzinfo=UTC)
_DAYS = 100


def land_sequences(file: Path, landing: Path, n_users: int | None = None) -> date:
    """Write events.parquet from lines "user item", each user's in time order; returns the first run_date after all of them.

    Only users up to the number `n_users` are written, where it is given. A user's events are spread evenly over 100 days, so
    that the lake has 100 day partitions.
    """
    with gzip.open(file, "rt") as lines:
        pairs = np.array([line.split() for line in lines], np.int64)
    pairs = pairs if n_users is None else pairs[pairs[:, 0] <= n_users]
    users, starts, counts = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    position = np.arange(len(pairs)) - np.repeat(starts, counts)
    step = _DAYS * 86_400_000_000 // np.repeat(counts, counts)
    times = int(_FIRST.timestamp()) * 1_000_000 + position * step
    landing.mkdir(parents=True, exist_ok=True)
    columns = {
        "user_id": pa.array(np.char.add("u", pairs[:, 0].astype(str))),
        "item_id": pa.array(np.char.add("i", pairs[:, 1].astype(str))),
        "event_type": pa.array(["view"] * len(pairs)),
        "event_time": pa.array(times, pa.timestamp("us", "UTC")),
    }
    if (np.diff(users) <= 0).any() or len(users) != len(starts):
        raise SystemExit("land_sequences: the lines of a user must stand together, users ascending.")
    pq.write_table(pa.table(columns), landing / "events.parquet")
    return (_FIRST + timedelta(days=_DAYS + 1)).date()
