"""A split that comes without times, such as Gowalla's, as canonical events.

Files of lines "user item item ...": one of what is known of each user, one of what is asked for. There is no order: all
events have the same instant. The label is in the context (`[night.split] kind = "given"`). What is known is divided into
`fit` and `validation` by user and at random, so that nothing is chosen on what is asked for.
"""

import gzip
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

INSTANT = datetime(2010, 10, 1, tzinfo=UTC)
RUN_DATE = date(2010, 10, 2)

Lines = Iterator[tuple[int, list[int]]]


def land_given(
    known: Path, asked: Path, landing: Path, *, n_users: int | None = None, validation_share: float = 0.1, seed: int = 0
) -> date:
    """Write events.parquet from the two files; returns the first run_date after all events.

    Args:
        known, asked: gzipped lines "user item item ...".
        landing: the folder to write into.
        n_users: only users with a number below it; default: all.
        validation_share: of each user's known items, rounded, are `validation`; at least one where there are two.
        seed: of the choice.
    """
    rng = np.random.default_rng(seed)
    rows: list[tuple[int, int, str]] = []
    for user, items in _lines(known, n_users):
        n_held_out = min(max(1, round(validation_share * len(items))), len(items) - 1)
        held_out = set(rng.choice(len(items), max(n_held_out, 0), replace=False).tolist())
        rows += [(user, item, "validation" if place in held_out else "fit") for place, item in enumerate(items)]
    rows += [(user, item, "test") for user, items in _lines(asked, n_users) for item in items]
    labels = pa.array([[("split", label)] for _, _, label in rows], pa.map_(pa.string(), pa.string()))
    columns = {
        "user_id": pa.array([f"u{user}" for user, _, _ in rows]),
        "item_id": pa.array([f"i{item}" for _, item, _ in rows]),
        "event_type": pa.array(["view"] * len(rows)),
        "event_time": pa.array([INSTANT] * len(rows), pa.timestamp("us", "UTC")),
        "context": labels,
    }
    landing.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), landing / "events.parquet")
    return RUN_DATE


def _lines(file: Path, n_users: int | None) -> Lines:
    """Each user with the items of its line; a user without any is left out."""
    with gzip.open(file, "rt") as lines:
        for line in lines:
            user, *items = map(int, line.split())
            if items and (n_users is None or user < n_users):
                yield user, items
