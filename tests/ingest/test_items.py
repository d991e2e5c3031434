from datetime import UTC, datetime
from typing import Any

from tawny.ingest.deliveries import Plan
from tawny.ingest.descriptions import check_items, judge_items
from tawny.ingest.landing import Landed
from tawny.ingest.settings import IngestItemsSettings
from tawny.testing.frames import rows_of

from .conftest import RawFrame

PERIOD = ("available_from", "available_until")


def reasons(raw_frame: RawFrame, *rows: dict[str, Any], **settings: Any) -> list[tuple[Any, ...]]:
    """(line, reason, detail) of every row."""
    chosen = IngestItemsSettings(**settings)
    checked = check_items(raw_frame("items", *rows), chosen)
    return rows_of(
        judge_items(checked, Landed(checked, len(rows), Plan("items", ())), chosen), "source_line", "reason", "detail"
    )


def test_every_broken_rule_gives_its_reason_and_the_value(raw_frame: RawFrame) -> None:
    rows: list[tuple[dict[str, Any], str | None, str | None]] = [
        ({"item_id": "1"}, None, None),
        ({"item_id": "2", "fault": "wrong_type", "fault_detail": "title=[1]"}, "wrong_type", "title=[1]"),
        ({"item_id": " "}, "missing_value", "item_id="),
        ({"item_id": "12345678901"}, "id_too_long", "item_id=12345678901"),
        ({"item_id": "3", "price": "cheap"}, "wrong_type", "price=cheap"),
        ({"item_id": "4", "price": "-1"}, "out_of_range", "price=-1.0"),
        ({"item_id": "5", "price": "NaN"}, "out_of_range", "price=NaN"),
        ({"item_id": "6", "available_from": "soon"}, "wrong_type", "available_from=soon"),
        (
            {"item_id": "7", "available_from": "2024-02-01", "available_until": "2024-02-01"},
            "out_of_range",
            "available_from=2024-02-01 00:00:00 available_until=2024-02-01 00:00:00",
        ),
        ({"item_id": "8", "available_until": "9999-12-31"}, None, None),
        ({"item_id": "9", "known_from": "lately"}, "wrong_type", "known_from=lately"),
    ]
    found = reasons(raw_frame, *(row for row, _, _ in rows), max_id_length=10)
    assert found == sorted([(line, reason, detail) for line, (_, reason, detail) in enumerate(rows, 1)], key=repr)


def test_values_are_typed_and_tidied(raw_frame: RawFrame) -> None:
    row = {
        "item_id": " 1 ", "title": " A ", "description": "", "categories": ["b", " a", "", "b\t"], "price": "9.50",
        "image": b"png", "available_from": "1704067200", "available_until": "2024-02-01",
    }  # fmt: skip
    columns = ("item_id", "title", "description", "categories", "price", "image", "image_path", *PERIOD)
    plain = {"item_id": "2", "categories": [" "], "image_path": "2.png"}
    assert rows_of(check_items(raw_frame("items", row, plain), IngestItemsSettings()), *columns) == [
        ("1", "A", None, ["b", "a"], 9.5, b"png", None, datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)),
        ("2", None, None, None, None, None, "2.png", None, None),
    ]


def test_of_several_rows_of_an_item_the_last_good_one_counts(raw_frame: RawFrame) -> None:
    rows = [
        {"item_id": "1", "source_file": "b", "source_line": 1},
        {"item_id": "1", "source_file": "b", "source_line": 2},
        {"item_id": "1", "source_file": "a", "source_line": 3},
        {"item_id": "1", "source_file": "c", "source_line": 4, "price": "x"},
        {"item_id": "2", "source_file": "a", "source_line": 5},
    ]
    assert reasons(raw_frame, *rows) == [
        (1, "superseded", "described again at b:2"),
        (2, None, None),
        (3, "superseded", "described again at b:2"),
        (4, "wrong_type", "price=x"),
        (5, None, None),
    ]
