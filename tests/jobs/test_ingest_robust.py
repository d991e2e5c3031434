"""Files that were mapped wrongly, cut or changed: the job that reads them says so, and writes nothing."""

import re
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tawny.core.errors import CheckError, InputError
from tawny.core.landing import FilesSettings
from tawny.ingest import landing as landing_files
from tawny.ingest.files import spark as spark_files
from tawny.tables.events import EVENTS, EVENTS_QUARANTINE

from .small_lake import SmallLake, new_lake


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> SmallLake:
    return new_lake(spark, tmp_path)


def declaring(lake: SmallLake, **entry: Any) -> SmallLake:
    declared = lake.env.model_copy(update={"files": (FilesSettings(**entry),)})
    return SmallLake(lake.lake, declared, lake.night)


def write_ratings(lake: SmallLake, n_rows: int = 1000) -> None:
    lines = [f"u{n},i{n % 50},rating,{1_700_000_000 + n},{n % 5 + 1}\n" for n in range(n_rows)]
    (lake.landing / "events.csv").write_text("user_id,item_id,event_type,event_time,stars\n" + "".join(lines))


def refused(lake: SmallLake, error: type[Exception] = CheckError) -> str:
    """The error; nothing was written."""
    before = [lake.lake.version(table) for table in (EVENTS, EVENTS_QUARANTINE)]
    with pytest.raises(error) as caught:
        lake.run("ingest_events")
    assert [lake.lake.version(table) for table in (EVENTS, EVENTS_QUARANTINE)] == before
    return str(caught.value)


def test_ratings_without_a_value_stop_the_night_in_ingest_and_the_cure_cures(lake: SmallLake) -> None:
    write_ratings(lake)
    text = refused(lake)
    assert "1000 of 1000 rows refused: 1000 missing_value (as events.csv:2: value=)" in text
    (cure,) = re.findall(r'path = "(\S+)", columns = { value = "(\S+)" }', text)
    assert cure == ("events.csv", "stars")
    cured = declaring(lake, table="events", path=cure[0], columns={"value": cure[1]})
    assert cured.run("ingest_events").rows_written["events_v2"] == 1000
    again = cured.run("ingest_events")  # the same files, the next night
    assert (again.rows_written["events_v2"], again.n_quarantined) == (0, 0)


def test_milliseconds_are_recognised_and_where_they_are_declared_seconds_the_cure_cures(lake: SmallLake) -> None:
    lines = [f"u{n},i,view,{1_700_000_000_000 + n}\n" for n in range(30)]
    (lake.landing / "events.csv").write_text("user_id,item_id,event_type,event_time\n" + "".join(lines))
    text = refused(declaring(lake, table="events", path="events.csv", time_unit="s"))
    assert "30 out_of_range" in text and 'time_unit = "ms"' in text
    assert declaring(lake, table="events", path="events.csv", time_unit="ms").run("ingest_events").n_quarantined == 0
    first = lake.values(EVENTS, "event_id")
    assert lake.run("ingest_events").n_quarantined == 0
    assert lake.values(EVENTS, "event_id") == first


def test_unknown_types_stop_the_night_and_the_cure_cures(lake: SmallLake) -> None:
    lines = [f"u{n},i,page_view,{1_700_000_000 + n}\n" for n in range(30)]
    (lake.landing / "events.csv").write_text("user_id,item_id,event_type,event_time\n" + "".join(lines))
    text = refused(lake)
    assert 'event_types = { page_view = "view" }' in text and "event_type=page_view" in text
    cured = declaring(lake, table="events", path="events.csv", event_types={"page_view": "view"})
    assert cured.run("ingest_events").rows_written["events_v2"] == 30


def test_a_file_delivered_twice_is_no_reason_to_stop(lake: SmallLake) -> None:
    lines = "".join(f"u{n},i,view,{1_700_000_000 + n}\n" for n in range(30))
    for name in ("events_1.csv", "events_2.csv"):
        (lake.landing / name).write_text("user_id,item_id,event_type,event_time\n" + lines)
    record = lake.run("ingest_events")
    assert (record.rows_read["landing"], record.rows_written["events_v2"], record.n_quarantined) == (30, 30, 0)
    (lake.landing / "events_3.csv").write_text("user_id,item_id,event_type,event_time\n\n" + lines)
    assert lake.run("ingest_events").n_quarantined == 30


def test_a_cut_last_row_is_quarantined_until_the_whole_file_comes(lake: SmallLake) -> None:
    whole = "user_id,item_id,event_type,event_time,value\na,1,purchase,2024-02-01,7\na,2,purchase,2024-02-01,129.99\n"
    (lake.landing / "events.csv").write_text(whole[:-5])
    lake.run("ingest_events")
    assert lake.values(EVENTS, "item_id", "value") == [("1", 7.0)]
    refusal = [("unterminated_row", "no line end", "a,2,purchase,2024-02-01,12", 3)]
    assert lake.values(EVENTS_QUARANTINE, "reason", "detail", "raw", "source_line") == refusal
    (lake.landing / "events.csv").write_text(whole)
    assert lake.run("ingest_events").rows_written["events_v2"] == 2  # the first row comes from the whole file now
    assert sorted(lake.values(EVENTS, "item_id", "value")) == [("1", 7.0), ("2", 129.99)]
    assert lake.values(EVENTS_QUARANTINE, "reason") == []


def test_a_team_may_accept_last_rows_without_a_line_end(lake: SmallLake) -> None:
    text = "user_id,item_id,event_type,event_time\na,1,view,2024-02-01\na,2,view,2024-02-02"
    (lake.landing / "events_1.csv").write_text(text)
    (lake.landing / "events_2.csv").write_text(text.removesuffix(",2024-02-02"))
    lake = lake.with_settings("ingest_events", accept_unterminated=True)
    lake.run("ingest_events")
    assert sorted(lake.values(EVENTS, "item_id")) == [("1",), ("2",)]
    assert lake.values(EVENTS_QUARANTINE, "reason", "detail") == [
        ("duplicate", "first at events_1.csv:2"),
        ("malformed_row", "no line end; 3 fields instead of 4"),
    ]


@pytest.mark.parametrize("when", ["before the tasks read", "after the tasks read"])
@pytest.mark.parametrize("change", ["grows", "is gone"])
def test_a_file_that_changes_while_the_job_reads_it_is_an_input_error(
    change: str, when: str, lake: SmallLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ratings(lake)
    lake = declaring(lake, table="events", path="events.csv", columns={"value": "stars"})
    path = lake.landing / "events.csv"

    def change_it() -> None:
        if change == "is gone":
            path.unlink()
        else:
            path.write_text(path.read_text() * 2)

    def inspect_all(*args: Any) -> Any:
        found = inspect_before(*args)
        change_it()
        return found

    def check_unchanged(landed: landing_files.Landed) -> None:
        if path.exists() and path.stat().st_size < 40_000:
            change_it()
        check_before(landed)

    inspect_before, check_before = spark_files.inspect_all, landing_files.Landed.check_unchanged
    if when == "before the tasks read":
        monkeypatch.setattr(landing_files, "inspect_all", inspect_all)
    else:
        monkeypatch.setattr(landing_files.Landed, "check_unchanged", check_unchanged)
    assert "events.csv: a file must not change while it is read." in refused(lake, InputError)
