"""A synthetic shop as a landing folder: canonical Parquet, string ids, no titles; views, carts and purchases."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

_GROUPS = 4


def write_shop(
    landing: Path, rng: np.random.Generator, *, last_day: date, n_days: int = 30, n_users: int = 60, n_items: int = 40
) -> int:
    """Write `events.parquet` for the `n_days` up to and including `last_day`; returns the number of events.

    Users and items belong to groups. A user mostly visits items of one group, in the group's order, so that the next item
    can be learned. Some visits lead to a cart event, and some of these to a purchase. The last tenth of the users arrive in
    the last three days.
    """
    rows = []
    for user in range(n_users):
        is_new = user >= n_users * 9 // 10
        position = int(rng.integers(n_items // _GROUPS))
        for day in sorted(rng.choice(3 if is_new else n_days, 2 if is_new else 8, replace=False)):
            when = datetime.combine(last_day, datetime.min.time(), UTC) - timedelta(
                days=int(day if is_new else n_days - 1 - day)
            )
            for _ in range(3):
                position += 1
                group = user % _GROUPS if rng.random() < 0.9 else int(rng.integers(_GROUPS))
                item = position % (n_items // _GROUPS) * _GROUPS + group
                when += timedelta(minutes=int(rng.integers(1, 60)))
                rows += _visit(f"customer-{user:04d}", f"sku-{item:04d}", when, rng)
    columns = {name: [row[name] for row in rows] for name in ("user_id", "item_id", "event_type", "event_time", "value")}
    landing.mkdir(parents=True, exist_ok=True)
    types = {"event_time": pa.timestamp("us", "UTC"), "value": pa.float64()}
    table = pa.table({name: pa.array(values, types.get(name, pa.string())) for name, values in columns.items()})
    pq.write_table(table, landing / "events.parquet")
    return len(rows)


def _visit(user: str, item: str, when: datetime, rng: np.random.Generator) -> list[dict[str, object]]:
    kinds = ["view", *(["cart"] if rng.random() < 0.3 else [])]
    kinds += ["purchase"] if len(kinds) > 1 and rng.random() < 0.5 else []
    return [
        {
            "user_id": user,
            "item_id": item,
            "event_type": kind,
            "event_time": when + timedelta(seconds=20 * step),
            "value": 9.99 if kind == "purchase" else None,
        }
        for step, kind in enumerate(kinds)
    ]
