"""The check without a JVM refuses what the ingest refuses: both read the same bad files, and every count is compared."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tawny.core.config import Env
from tawny.core.landing import FilesSettings
from tawny.ingest.deliveries import plan
from tawny.ingest.descriptions import check_items, check_users, judge_items, judge_users
from tawny.ingest.events import check_events, judge_events
from tawny.ingest.files.file import Kind, kind_of
from tawny.ingest.files.spark import read_parts
from tawny.ingest.landing import Landed
from tawny.ingest.profile.measure import look, measure
from tawny.ingest.profile.typed import instant, number, text
from tawny.ingest.rules import instant as spark_instant
from tawny.ingest.rules import number as spark_number
from tawny.ingest.rules import text as spark_text
from tawny.ingest.settings import IngestEventsSettings, IngestItemsSettings, IngestSettings, IngestUsersSettings

EVENTS = """user_id,item_id,event_type,event_time,value
u1,a,view,2026-11-01T10:00:00Z,
u1,a,view,2026-11-01T10:00:00Z,
 u1 ,a,VIEW,2026-11-01 10:00:00,
u1,a,view,2026-11-01T12:00:00+02:00,
u1,a,view,1761991200,
u1,b,purchase,1761991200000,9.99
,b,view,2026-11-01,
u2,,view,2026-11-01,
u2,b,,2026-11-01,
u2,b,view,,
u2,b,order,2026-11-01,
u2,b,view,yesterday,
u2,b,view,2026-02-30,
u2,b,view,2026-2-3 4:5,
u2,b,view,12:30,
u2,b,view,2026,
u2,b,purchase,2026-11-01,much
u2,b,purchase,2026-11-01,1e99
u2,b,purchase,2026-11-01,nan
u2,b,purchase,2026-11-01,-0
u2,b,purchase,2026-11-01,0
u2,b,rating,2026-11-01,
u2,b,purchase,2026-11-01,-5
u2,b,cart,2026-11-01,-5
u2,b,rating,2026-11-01,+4.
u2,b,rating,2026-11-01,9
u2,b,view,0,
u2,b,view,1899-12-31,
u2,b,view,9999-12-31T23:59:59.999999Z,
u2,b,view,99999999999999999999,
u2,b,view,2026-11-01 10:00:00.123456789,
u2,b,view,2026-11-01 10:00:00 Europe/Berlin,
too,few
one,too,many,2026-11-01,1,2
"quoted, user",b,view,2026-11-01,
"broken,b,view,2026-11-01,
LONG,b,view,2026-11-01,
cut,b,view,2026-11-01,"""

ORDERS = """order_id,user_id,item_id,event_type,event_time,value
1,u1,a,purchase,2026-11-01,5
2,u1,a,purchase,2026-11-01,5
2,u1,a,purchase,2026-11-01,5
1,u1,a,purchase,2026-11-01,4
3,u4,c,purchase,2026-11-01,4
 3 ,u4,c,purchase,2026-11-01,4
,u4,c,purchase,2026-11-01,4
,u4,c,purchase,2026-11-01,4
"""
DECLARED = (
    FilesSettings(table="events", path="events*"),
    FilesSettings(table="events", path="orders.csv", columns={"event_id": "order_id"}),
)

MORE: list[Any] = [
    {"user_id": "u1", "item_id": "a", "event_type": "view", "event_time": "2026-11-01T10:00:00Z"},
    {"user_id": 7, "item_id": 8, "event_type": "click", "event_time": 1761991200.5, "context": {"b": 1, "a": None}},
    {"user_id": 7, "item_id": 8, "event_type": "click", "event_time": 1761991200.5, "context": {"b": "1"}},
    {"user_id": 7, "item_id": 8, "event_type": "click", "event_time": 1761991200.5, "context": {"b": 2}},
    {"user_id": ["a", "list"], "item_id": "a", "event_type": "view", "event_time": "2026-11-01"},
    {"user_id": "u3", "item_id": "a", "event_type": "view", "event_time": "2026-11-01", "context": "no object"},
    {"user_id": "u3", "item_id": "a", "event_type": True, "event_time": "2026-11-01"},
    *({"user_id": "robot", "item_id": f"i{n}", "event_type": "view", "event_time": "2026-11-02"} for n in range(12)),
]

ITEMS = """item_id,title,categories,price,available_from,available_until,known_from
a,Anvil,tools|iron,12.5,,,
b,Bucket,,-1,,,
c,Cup,,free,,,
d,Drum,,1,2026-02-01,2026-01-01,
e,Egg,,1,soon,,
f,Fan,[1],1,,,
,Nameless,,1,,,
a,Anvil again,tools,13,,,
a,Anvil of a later day,tools,13,,,2026-11-01
g,Gong,,1,,,some day
h,Hat,,1,,99999-01-01,
"""

USERS = """user_id,country,known_from
u1,DE,
u1,FR,
u2,DE,2026-01-01
,DE,
u3,DE,never
"""

SETTINGS: dict[Kind, IngestSettings] = {
    "events": IngestEventsSettings(max_events_per_user_day=10, max_id_length=20, value_ranges={"rating": (1.0, 5.0)}),
    "items": IngestItemsSettings(max_id_length=20),
    "users": IngestUsersSettings(max_id_length=20),
}
CHECK: dict[Kind, tuple[Callable[..., DataFrame], Callable[..., DataFrame]]] = {
    "events": (check_events, judge_events), "items": (check_items, judge_items), "users": (check_users, judge_users),
}  # fmt: skip


@pytest.fixture
def landing(env: Env) -> Path:
    """The bad files."""
    folder = Path(env.landing)
    (folder / "events.csv").write_text(EVENTS.replace("LONG", "x" * 21))
    lines = [json.dumps(row) for row in MORE]
    (folder / "events_more.jsonl").write_text("\n".join([*lines, "{not json", "[1]"]) + "\n")
    (folder / "events_twice.csv").write_text(EVENTS.replace("LONG", "x" * 21))
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "items.csv").write_text(ITEMS)
    (folder / "users.csv").write_text(USERS)
    return folder


@pytest.mark.parametrize("kind", ["events", "items", "users"])
def test_every_reason_has_the_count_that_the_ingest_finds(spark: SparkSession, env: Env, landing: Path, kind: str) -> None:
    looked = look(env.model_copy(update={"files": DECLARED}), kind_of(kind))
    measured = measure(looked, SETTINGS[looked.kind], 1_000_000)
    found = Counter({(one.file, one.reason): 0 for one in measured.counts})
    for one in measured.counts:
        found[one.file, one.reason] += one.n
    day = date(2026, 11, 23)
    planned = plan(looked.kind, (), looked.files, clock=day, run_date=day, run_id="r")
    parts = [part for one in planned.reads for part in one.parts]
    check, judge = CHECK[looked.kind]
    landed = Landed(read_parts(spark, parts, looked.kind), looked.n_rows, planned, None)
    rows = judge(check(landed.rows, SETTINGS[looked.kind]), landed, SETTINGS[looked.kind])
    expected = {(row[0], row[1]): row[2] for row in rows.groupBy("source_file", "reason").agg(F.count("*")).collect()}
    assert dict(found) == expected
    assert len({reason for _, reason in expected}) >= {"events": 12, "items": 5, "users": 4}[kind]
    assert looked.copies == ({"events_twice.csv": "events.csv"} if kind == "events" else {})


TEXTS = [
    "", "  ", " a ", "\t1\r\n", "0", "-0", "+1.5", "1.", ".5", ".", "1e5", "1E-3", "0x10", "1d", "1_000", "1,5", "nan",
    "NaN", "-inf", "Infinity", "infinit", "99999999999999999999", "1761991200", "-1761991200", "1761991200000",
    "1761991200.25", "1761991200000000", "1e400", "2026", "2026-11", "2026-11-01", "2026-1-1", "2026-02-29",
    "2024-02-29", "2026-02-30", "2026-13-01", "2026-00-10", "2026-11-01T", "2026-11-01 10", "2026-11-01 10:11",
    "2026-11-01T10:11:12", "2026-11-01T10:11:12.1", "2026-11-01T10:11:12.123456789", "2026-11-01 24:00:00",
    "2026-11-01 10:60:00", "2026-11-01T10:11:12Z", "2026-11-01T10:11:12 Z", "2026-11-01T10:11:12+01:00",
    "2026-11-01T10:11:12+0100", "2026-11-01T10:11:12-1:00", "2026-11-01T10:11:12+19:00",
    "2026-11-01 10:11:12 Europe/Berlin", "2026-11-01 10:11:12 UTC", "2026-11-01 10:11:12 GMT+2",
    "2026-11-01 10:11:12 Nowhere/City", "01.11.2026", "11/01/2026", "10:11", "now", "0001-01-01", "1582-10-10",
    "9999-12-31T23:59:59.999999Z", "99999-01-01",
]  # fmt: skip


def test_a_text_has_the_value_that_spark_reads_in_it(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(n, value) for n, value in enumerate(TEXTS)], "n int, text string")
    trimmed = frame.withColumn("text", spark_text("text"))
    columns = {"number": spark_number(F.col("text")) + F.lit(0.0)} | {
        f"{unit} {zone}": F.unix_micros(spark_instant(F.col("text"), F.lit(unit), F.lit(zone)))
        for unit, zone in (("s", "UTC"), ("ms", "UTC"), ("ns", "UTC"), ("auto", "Europe/Berlin"))
    }
    rows = trimmed.withColumns(columns).orderBy("n").toArrow()
    own = text(pa.array(TEXTS))
    assert own.to_pylist() == rows["text"].to_pylist()
    assert [str(one) for one in number(own).to_pylist()] == [str(one) for one in rows["number"].to_pylist()]
    for name in list(columns)[1:]:
        mine = instant(own, *name.split())
        different = zip(TEXTS, mine.to_pylist(), rows[name].to_pylist(), strict=True)
        assert [one for one in different if one[1] != one[2]] == [], name
