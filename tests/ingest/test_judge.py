"""A file of which too much is refused stops the night; the error says why, and what to write to cure it."""

from itertools import chain
from pathlib import Path

from tawny.ingest.files.file import Inspected, LandingFile
from tawny.ingest.judge import Count, refusal, worst
from tawny.ingest.settings import IngestEventsSettings

SETTINGS = IngestEventsSettings()


def counts(file: str, **n_by_reason: int) -> list[Count]:
    return [
        Count(file, None if reason == "accepted" else reason, "value" if reason == "missing_value" else None, n, line)
        for line, (reason, n) in enumerate(n_by_reason.items(), 2)
    ]


def judged(*of_files: list[Count], settings: IngestEventsSettings = SETTINGS) -> list[tuple[str | None, int, int]]:
    return [(one.file, one.n_refused, one.n_rows) for one in worst(chain(*of_files), settings)]


def test_half_of_a_file_may_be_refused_and_no_more() -> None:
    assert judged(counts("a.csv", accepted=50, malformed_row=50)) == []
    assert judged(counts("a.csv", accepted=50, malformed_row=51)) == [("a.csv", 51, 101)]
    assert judged(counts("a.csv", accepted=50, malformed_row=26, robot=25)) == [("a.csv", 51, 101)]


def test_what_was_delivered_before_or_is_said_again_speaks_for_the_file() -> None:
    again = counts("a.csv", duplicate=60, superseded=35, malformed_row=5)
    assert judged(again) == []


def test_a_small_file_cannot_stop_the_night_but_many_of_them_can() -> None:
    assert judged(counts("a.csv", malformed_row=19)) == []
    assert judged(counts("a.csv", malformed_row=20)) == [("a.csv", 20, 20)]
    assert judged(counts("a.csv", malformed_row=3), counts("b.csv", accepted=20)) == []
    assert judged(*[counts(f"{n}.csv", malformed_row=3) for n in range(7)]) == [(None, 21, 21)]


def test_one_bad_file_among_large_good_ones_is_named_and_the_worst_first() -> None:
    good = counts("good.csv", accepted=10_000)
    bad, worse = counts("bad.csv", malformed_row=30), counts("worse.csv", malformed_row=40)
    assert judged(good, bad, worse) == [("worse.csv", 40, 40), ("bad.csv", 30, 30)]


def test_the_share_and_the_number_of_rows_are_settings() -> None:
    bad = counts("a.csv", accepted=1, malformed_row=99)
    assert judged(bad, settings=IngestEventsSettings(max_refused_share=1.0)) == []
    assert judged(bad, settings=IngestEventsSettings(min_rows_to_judge=101)) == []
    assert judged(counts("a.csv", accepted=99, malformed_row=1), settings=IngestEventsSettings(max_refused_share=0.0)) != []


def message(tmp_path: Path, file: LandingFile, names: tuple[str, ...], count: Count, detail: str) -> str:
    inspected = Inspected(file, count.n, (), names)
    return str(refusal("events_v2", worst([count], SETTINGS), [inspected], SETTINGS, lambda _: detail))


NAMES = ("user_id", "item_id", "event_type", "event_time", "shop", "Stars")


def test_a_value_that_is_missing_is_mapped_from_the_column_that_looks_like_it(tmp_path: Path) -> None:
    file = LandingFile(str(tmp_path), "r.csv", "events", "csv", {"user_id": "kunde"})
    count = Count("r.csv", "missing_value", "value", 100, 2)
    found = message(tmp_path, file, NAMES, count, "value=")
    assert found == (
        "events_v2, file r.csv: at most 50% of the rows may be refused. Received: 100 of 100 rows refused: "
        "100 missing_value (as r.csv:2: value=). Nothing was written. The column value is not in the file "
        "(columns: user_id, item_id, event_type, event_time, shop, Stars); name the one that holds it: "
        '[[files]] table = "events", path = "r.csv", columns = { user_id = "kunde", value = "Stars" }. '
        "If these rows are to be refused, set [jobs.ingest_events] max_refused_share."
    )
    assert 'value = "ITS NAME"' in message(tmp_path, file, NAMES[:-1], count, "value=")
    assert "The column value is empty in these rows" in message(tmp_path, file, (*NAMES, "value"), count, "value=")


def test_times_in_another_unit_are_recognised(tmp_path: Path) -> None:
    seconds = LandingFile(str(tmp_path), "r.csv", "events", "csv", time_unit="s")
    late, early = (Count("r.csv", reason, "event_ts", 100, 2) for reason in ("out_of_range", "before_floor"))
    unreadable = Count("r.csv", "wrong_type", "event_ts", 100, 2)
    assert 'time_unit = "ms"' in message(tmp_path, seconds, NAMES, late, "event_ts=+55970-01-01")
    assert 'time_unit = "us"' in message(tmp_path, seconds, NAMES, unreadable, "event_ts=1704067200000000")
    micros = LandingFile(str(tmp_path), "r.csv", "events", "csv", time_unit="us")
    assert 'time_unit = "ms"' in message(tmp_path, micros, NAMES, early, "event_ts=1970-01-20")
    assert "floor_date of [jobs.ingest_events]" in message(tmp_path, seconds, NAMES, early, "event_ts=1970-01-01")
    assert "time_unit" not in message(tmp_path, seconds, NAMES, unreadable, "event_ts=yesterday")


def test_the_commonest_reasons_and_other_bad_files_are_named(tmp_path: Path) -> None:
    bad = counts("a.csv", robot=10, malformed_row=60, id_too_long=30, out_of_range=5) + counts("b.csv", malformed_row=50)
    found = str(refusal("events_v2", worst(bad, SETTINGS), [], SETTINGS, lambda count: f"d{count.line}"))
    assert "105 of 105 rows refused: 60 malformed_row (as a.csv:3: d3), 30 id_too_long (as a.csv:4: d4), 10 robot" in found
    assert "out_of_range" not in found and "; as bad: b.csv." in found
