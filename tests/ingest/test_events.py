import hashlib
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tawny.ingest.deliveries import Plan
from tawny.ingest.events import check_events, judge_events
from tawny.ingest.landing import Landed
from tawny.ingest.settings import IngestEventsSettings
from tawny.testing.frames import rows_of

from .conftest import RawFrame

GOOD = {"user_id": "u", "item_id": "i", "event_type": "view", "event_time": "2024-01-01T00:00:00Z"}


def reasons(raw_frame: RawFrame, *rows: dict[str, Any], **settings: Any) -> list[tuple[Any, ...]]:
    """(line, reason, detail) of every row."""
    chosen = IngestEventsSettings(**settings)
    checked = check_events(raw_frame("events", *rows), chosen)
    return rows_of(
        judge_events(checked, Landed(checked, len(rows), Plan("events", ())), chosen), "source_line", "reason", "detail"
    )


def test_every_broken_rule_gives_its_reason_and_the_value(raw_frame: RawFrame) -> None:
    rows: list[tuple[dict[str, Any], str | None, str | None]] = [
        (GOOD, None, None),
        (
            {**GOOD, "fault": "malformed_row", "fault_detail": "3 fields instead of 5"},
            "malformed_row",
            "3 fields instead of 5",
        ),
        ({**GOOD, "user_id": None}, "missing_value", "user_id="),
        ({**GOOD, "item_id": "  "}, "missing_value", "item_id="),
        ({**GOOD, "event_type": ""}, "missing_value", "event_type="),
        ({**GOOD, "event_time": None}, "missing_value", "event_time="),
        ({**GOOD, "event_type": "rating"}, "missing_value", "value="),
        ({**GOOD, "user_id": "12345678901"}, "id_too_long", "user_id=12345678901"),
        ({**GOOD, "event_type": "teleport"}, "unknown_event_type", "event_type=teleport"),
        ({**GOOD, "event_time": "yesterday"}, "wrong_type", "event_ts=yesterday"),
        ({**GOOD, "event_time": "12:30:00"}, "wrong_type", "event_ts=12:30:00"),
        ({**GOOD, "event_time": "2024-02-30"}, "wrong_type", "event_ts=2024-02-30"),
        ({**GOOD, "event_time": "9" * 40}, "wrong_type", "event_ts=" + "9" * 40),
        ({**GOOD, "value": "4,5"}, "wrong_type", "value=4,5"),
        ({**GOOD, "value": "1d"}, "wrong_type", "value=1d"),
        ({**GOOD, "event_type": "purchase", "value": "-9.5"}, "negative_purchase", "value=-9.5"),
        ({**GOOD, "value": "-9.5"}, None, None),
        ({**GOOD, "value": "NaN"}, "out_of_range", "value=NaN"),
        ({**GOOD, "value": "-Infinity"}, "out_of_range", "value=-Infinity"),
        ({**GOOD, "value": "1e300"}, "out_of_range", "value=1.0E300"),
        ({**GOOD, "event_time": "0"}, "before_floor", "event_ts=1970-01-01 00:00:00"),
        ({**GOOD, "event_time": "2124-03-01T00:00:00Z"}, None, None),
        ({**GOOD, "event_time": "2024-02-29T23:59:59.999999Z"}, None, None),
    ]
    found = reasons(raw_frame, *(row for row, _, _ in rows), max_id_length=10)
    assert found == sorted([(line, reason, detail) for line, (_, reason, detail) in enumerate(rows, 1)], key=repr)


def test_times_are_read_in_their_unit_or_as_iso_in_utc(raw_frame: RawFrame) -> None:
    noon = datetime(2024, 1, 1, 12, tzinfo=UTC)
    times = [
        ("1704110400", "s"), ("1704110400.0", "s"), ("1.7041104E9", "s"), ("1704110400000", "ms"),
        ("1704110400000000", "us"), ("2024-01-01 12:00:00", "s"), ("2024-01-01T13:00:00+01:00", "s"),
        ("2024-01-01T12:00:00.000Z", "ms"), ("1704110400000000000", "ns"),
        *((f"1704110400{'0' * n}", "auto") for n in (0, 3, 6, 9)),
    ]  # fmt: skip
    rows = [{**GOOD, "event_time": text, "time_unit": unit} for text, unit in times]
    in_berlin = ("2024-01-01 13:00", "2024-01-01T12:00:00Z", "2024-01-01 13:00:00+01:00", "1704110400")
    rows += [{**GOOD, "event_time": text, "time_zone": "Europe/Berlin"} for text in in_berlin]
    found = check_events(raw_frame("events", *rows), IngestEventsSettings())
    assert rows_of(found, "event_ts", "event_date") == [(noon, date(2024, 1, 1))] * len(rows)


def test_fractions_of_a_second_are_kept_to_the_microsecond(raw_frame: RawFrame) -> None:
    rows = [{**GOOD, "event_time": "1704110400.123456"}, {**GOOD, "event_time": "2024-01-01T12:00:00.123456Z"}]
    found = check_events(raw_frame("events", *rows), IngestEventsSettings())
    assert rows_of(found, "event_ts") == [(datetime(2024, 1, 1, 12, 0, 0, 123456, tzinfo=UTC),)] * 2


def test_the_event_id_is_the_hash_of_the_canonical_values(raw_frame: RawFrame) -> None:
    row = {**GOOD, "event_type": " Rating", "value": "4.50", "context": [("b", "2"), ("a", "1"), ("empty", " ")]}
    plain = {**GOOD, "context": []}
    checked = check_events(raw_frame("events", row, plain), IngestEventsSettings())
    entries = r"[{\"key\":\"a\",\"value\":\"1\"},{\"key\":\"b\",\"value\":\"2\"}]"
    canonical = [
        '["u","i","rating","1704067200000000","4.5","' + entries + '"]',
        '["u","i","view","1704067200000000",null,null]',
    ]
    assert rows_of(checked, "source_line", "event_id") == [
        (line, hashlib.sha256(text.encode()).hexdigest()) for line, text in enumerate(canonical, 1)
    ]


def test_equal_events_written_differently_are_duplicates_of_the_first(raw_frame: RawFrame) -> None:
    one = {**GOOD, "value": "0", "source_file": "b.csv", "source_line": 7}
    same = {**one, "value": "-0.0", "event_time": "1704067200", "source_file": "b.csv", "source_line": 9}
    earlier_file = {**one, "event_type": "VIEW", "source_file": "a.csv", "source_line": 8}
    other = {**one, "value": "0.5", "source_line": 10}
    assert reasons(raw_frame, one, same, earlier_file, other) == [
        (10, None, None),
        (7, "duplicate", "first at a.csv:8"),
        (8, None, None),
        (9, "duplicate", "first at a.csv:8"),
    ]


def test_all_events_of_a_robot_on_its_day_are_refused_and_no_others(raw_frame: RawFrame) -> None:
    busy = [{**GOOD, "event_time": f"2024-01-01T00:00:0{second}Z"} for second in range(4)]
    next_day = {**GOOD, "event_time": "2024-01-02"}
    calm = [{**GOOD, "user_id": "v", "event_time": f"2024-01-01T00:00:0{second}Z"} for second in range(3)]
    copies = [calm[0]] * 3
    broken = {**GOOD, "user_id": "v", "value": "x"}
    found = reasons(raw_frame, *busy, next_day, *calm, *copies, broken, max_events_per_user_day=3)
    robot = [(line, "robot", "user_id=u: more than 3 events on 2024-01-01") for line in (1, 2, 3, 4)]
    duplicates = [(line, "duplicate", "first at f.csv:6") for line in (9, 10, 11)]
    accepted = [(line, None, None) for line in (5, 6, 7, 8)]
    assert found == sorted([*robot, *duplicates, *accepted, (12, "wrong_type", "value=x")], key=repr)


def test_refunds_count_as_purchases_where_a_shop_says_so(raw_frame: RawFrame) -> None:
    refund = {**GOOD, "event_type": "purchase", "value": "-9.5"}
    assert reasons(raw_frame, refund, negative_purchases="accept") == [(1, None, None)]


def test_the_range_of_an_event_type_goes_before_the_general_one(raw_frame: RawFrame) -> None:
    rows = [
        {**GOOD, "event_type": kind, "value": value} for kind, value in [("rating", "5"), ("rating", "6"), ("play", "6")]
    ]
    found = reasons(raw_frame, *rows, value_ranges={"rating": (1.0, 5.0)})
    assert found == [(1, None, None), (2, "out_of_range", "value=6.0"), (3, None, None)]


TEXT = st.one_of(
    st.none(), st.text(max_size=3), st.sampled_from(["u", "v", "view", "rating", "1", "2024-01-01", "1e9", "NaN"])
)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys((*GOOD, "value"), TEXT)), max_size=8))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_is_accepted_or_refused_once(raw_frame: RawFrame, rows: list[dict[str, Any]]) -> None:
    found = reasons(raw_frame, *rows)
    assert [line for line, _, _ in sorted(found)] == list(range(1, len(rows) + 1))
