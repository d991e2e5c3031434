"""A landing folder over three nights: mixed formats, the same files again, then an overlap and a late event."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from tawny.core.errors import InputError
from tawny.runner.manifest import Record
from tawny.tables.events import EVENTS, EVENTS_QUARANTINE
from tawny.tables.landings import LANDINGS

from .small_lake import SmallLake, new_lake

DAY = date(2024, 3, 1)
SITTING = int(datetime(2024, 1, 5, tzinfo=UTC).timestamp())
CSV = """user_id,item_id,event_type,event_time,value
a,1,view,2024-02-01T10:00:00Z,
a,2,purchase,2024-02-01T10:05:00Z,9.5
a,2,purchase,2024-02-01T10:05:00Z,9.50
a,3
b,1,teleport,2024-02-01T11:00:00Z,
b,1,view,2024-03-01T00:00:00Z,
"""
LATE = {"user_id": "c", "item_id": "3", "event_type": "like", "event_time": "2024-02-01T23:00:00Z"}
FIRST_NIGHT = [
    ("a", "1", "view", datetime(2024, 2, 1, 10, tzinfo=UTC), date(2024, 2, 1), None, None),
    ("a", "2", "purchase", datetime(2024, 2, 1, 10, 5, tzinfo=UTC), date(2024, 2, 1), 9.5, None),
    ("b", "1", "view", datetime(2024, 3, 1, tzinfo=UTC), date(2024, 3, 1), None, None),
    ("c", "1", "click", datetime(2024, 2, 2, 8, tzinfo=UTC), date(2024, 2, 2), None, {"page": "home"}),
]  # fmt: skip
REFUSED = [
    ("duplicate", "first at events.csv:3", None, "events.csv", 4),
    ("malformed_row", "2 fields instead of 5", "a,3", "events.csv", 5),
    ("unknown_event_type", "event_type=teleport", "b,1,teleport,2024-02-01T11:00:00Z,", "events.csv", 6),
    ("duplicate", "first at events.csv:3", None, "events/part-0.parquet", 1),
]  # fmt: skip
COLUMNS = ("user_id", "item_id", "event_type", "event_ts", "event_date", "value", "context")
REFUSED_COLUMNS = ("reason", "detail", "raw", "source_file", "source_line")


@dataclass(frozen=True)
class Night:
    """What the tables held after a run."""

    record: Record
    events: list[tuple[Any, ...]]
    quarantine: list[tuple[Any, ...]]
    versions: list[int]


def ingest(lake: SmallLake, run_date: date) -> Night:
    record = lake.run("ingest_events", run_date)
    refused = sorted(lake.values(EVENTS_QUARANTINE, *REFUSED_COLUMNS), key=lambda row: row[3:])
    return Night(
        record, sorted(lake.values(EVENTS, *COLUMNS), key=repr), refused, lake.versions(EVENTS, EVENTS_QUARANTINE, LANDINGS)
    )


@pytest.fixture(scope="module")
def nights(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Night]]:
    """The three nights; the second is the first again, the third has two more files and is a day later."""
    lake = new_lake(spark, tmp_path_factory.mktemp("ingest"))
    (lake.landing / "events.csv").write_text(CSV)
    click = {"user_id": "c", "item_id": 1, "event_type": "click", "event_time": 1706860800, "context": {"page": "home"}}
    (lake.landing / "events_clicks.jsonl").write_text(json.dumps(click))
    (lake.landing / "events").mkdir()
    overlap = {"user_id": ["a"], "item_id": ["2"], "event_type": ["purchase"], "value": [9.5]}
    instants = pa.array([datetime(2024, 2, 1, 10, 5)], pa.timestamp("us"))
    pq.write_table(pa.table({**overlap, "event_time": instants}), lake.landing / "events" / "part-0.parquet")
    # A user who rates hundreds of items in one sitting, as in MovieLens, is no robot.
    (lake.landing / "u.data").write_text("".join(f"99\t{item}\t4\t{SITTING + item}\n" for item in range(737)))
    seen = [ingest(lake, DAY) for _ in range(2)]
    (lake.landing / "events_2.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    (lake.landing / "events_late.jsonl").write_text(json.dumps(LATE))
    seen.append(ingest(lake, date(2024, 3, 2)))
    yield seen


def without_sitting(events: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row for row in events if row[0] != "99"]


def test_events_of_every_format_are_accepted_once(nights: list[Night]) -> None:
    assert without_sitting(nights[0].events) == FIRST_NIGHT
    assert len(nights[0].events) == 4 + 737


def test_refused_rows_are_kept_with_reason_file_and_line_as_they_stand_in_the_file(nights: list[Night]) -> None:
    found = nights[0].quarantine
    assert found == REFUSED


def test_the_record_counts_rows_in_accepted_and_quarantined(nights: list[Night]) -> None:
    record = nights[0].record
    assert record.rows_read == {"landing": 6 + 1 + 1 + 737}
    assert (record.rows_written["events_v2"], record.n_quarantined) == (741, 4)


def test_the_same_files_again_change_nothing(nights: list[Night]) -> None:
    assert (nights[1].events, nights[1].quarantine) == (nights[0].events, nights[0].quarantine)
    assert nights[1].record.rows_read == {"landing": 0}
    assert nights[1].record.rows_written == {"events_v2": 0}
    assert nights[1].versions == nights[0].versions


def test_an_overlapping_file_adds_nothing_twice(nights: list[Night]) -> None:
    late = ("c", "3", "like", datetime(2024, 2, 1, 23, tzinfo=UTC), date(2024, 2, 1), None, None)
    assert without_sitting(nights[2].events) == sorted([*FIRST_NIGHT, late], key=repr)
    assert nights[2].record.rows_written["events_v2"] == 1


def test_an_overlapping_file_is_quarantined_row_by_row(nights: list[Night]) -> None:
    found = [(reason, line) for reason, _, _, file, line in nights[2].quarantine if file == "events_2.csv.gz"]
    assert found == [
        ("duplicate", 2), ("duplicate", 3), ("duplicate", 4), ("malformed_row", 5), ("unknown_event_type", 6),
        ("duplicate", 7),
    ]  # fmt: skip


def test_one_bad_file_among_good_ones_writes_nothing(spark: SparkSession, tmp_path: Path) -> None:
    lake = new_lake(spark, tmp_path)
    (lake.landing / "events.csv").write_text(CSV)
    (lake.landing / "events_2.csv.gz").write_bytes(gzip.compress(CSV.encode())[:-9])
    before = [lake.lake.version(table) for table in (EVENTS, EVENTS_QUARANTINE)]
    with pytest.raises(InputError, match=r"events_2\.csv\.gz: a \.gz file must be whole gzip"):
        ingest(lake, DAY)
    assert [lake.lake.version(table) for table in (EVENTS, EVENTS_QUARANTINE)] == before


def test_no_events_at_all_is_an_error_that_says_what_was_looked_for(spark: SparkSession, tmp_path: Path) -> None:
    lake = new_lake(spark, tmp_path)
    with pytest.raises(
        InputError, match=r"there must be events\. Looked for: events\* ending in \.parquet.*u\.data.*\*\.inter"
    ):
        ingest(lake, DAY)
