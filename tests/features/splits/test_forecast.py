"""The forecast of `tawny check` is the plan of the night: both are asked about the same made shops."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.core.columns import EVENT_TYPES
from tawny.core.config import EventSettings, NightSettings, SplitSettings
from tawny.features.splits.forecast import EventArrays, forecast
from tawny.features.splits.plan import plan_split
from tawny.testing.shops import known_shop, write_shop

END = date(2026, 11, 22)
SMALL = SplitSettings(min_answers=60, min_lists=20)


def numbered(table: pa.Table) -> EventArrays:
    users, items = (table[name].combine_chunks().dictionary_encode().indices.to_numpy() for name in ("user_id", "item_id"))
    types = np.array([EVENT_TYPES.index(kind) for kind in table["event_type"].to_pylist()], np.int8)
    micros = table["event_time"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy()
    return EventArrays(users.astype(np.int64), items.astype(np.int64), types, micros)


def shop(folder: Path, **size: int) -> pa.Table:
    write_shop(folder, np.random.default_rng(5), last_day=END, **size)
    return pq.read_table(folder / "events.parquet")


def at_one_instant(events: pa.Table) -> pa.Table:
    came = dict.fromkeys(events["user_id"].to_pylist(), datetime(2026, 11, 1, tzinfo=UTC))
    times = pa.array([came[user] for user in events["user_id"].to_pylist()], pa.timestamp("us", "UTC"))
    return events.set_column(events.column_names.index("event_time"), "event_time", times)


CASES = [
    ("small", NightSettings(split=SMALL), 1),
    ("small", NightSettings(split=SplitSettings(window_days=3, horizon_days=2)), -6),
    ("one instant", NightSettings(), 1),
]
MORE = [
    ("small", NightSettings(), 1),
    ("small", NightSettings(split=SMALL), 21),
    ("small", NightSettings(events=EventSettings(targets={"cart": 1.0, "purchase": 3.0})), 1),
    ("one day", NightSettings(), 1),
    ("known", NightSettings(), 1),
    ("small", NightSettings(split=SplitSettings(kind="leave_last_out")), 1),
]


@pytest.mark.parametrize(
    ("name", "night", "cutoff_days"), [*CASES, *(pytest.param(*case, marks=pytest.mark.long) for case in MORE)]
)
def test_the_forecast_is_what_plan_split_decides(
    spark: SparkSession, tmp_path: Path, name: str, night: NightSettings, cutoff_days: int
) -> None:
    if name == "known":
        events = known_shop(7, last_day=END, n_weeks=4, n_users=150).events
    else:
        events = shop(tmp_path, n_days=1 if name == "one day" else 30)
        events = at_one_instant(events) if name == "one instant" else events
    cutoff = datetime(END.year, END.month, END.day, tzinfo=UTC) + timedelta(days=cutoff_days)
    said = forecast(numbered(events), night, cutoff)
    frame = spark.createDataFrame(events).withColumnsRenamed({"event_time": "event_ts"})
    frame = frame.withColumn("event_id", F.xxhash64("*").cast("string")).where(F.col("event_ts") < F.lit(cutoff))
    split = plan_split(frame, night, cutoff)
    assert (said.kind, dict(said.targets), said.seen_types) == (split.kind, dict(split.targets), split.seen_types)
    if said.kind == "mornings":
        assert split.reason.startswith(said.reason)
        for fold, window in (("validation", said.validation), ("test", said.test)):
            found = split.folds[fold]  # type: ignore[index]
            counted = (window.n_answers, window.n_warm) if window else (0, 0)
            assert counted == (found.n_answers, found.n_warm_answers)
            assert (window is None) == (found.cutoff_ts == found.end_ts)
