from tawny.ingest.deliveries import Plan
from tawny.ingest.descriptions import check_users, judge_users
from tawny.ingest.landing import Landed
from tawny.ingest.settings import IngestUsersSettings
from tawny.testing.frames import rows_of

from .conftest import RawFrame


def test_users_are_tidied_and_the_last_row_counts(raw_frame: RawFrame) -> None:
    rows = [
        {"user_id": "u", "attributes": [("age", "30")]},
        {"user_id": " u", "attributes": [("age", "31"), ("plan", " ")]},
        {"user_id": "v", "attributes": [("plan", "")]},
        {"user_id": ""},
        {"user_id": "12345678901"},
        {"user_id": "w", "fault": "malformed_row", "fault_detail": "1 fields instead of 2"},
    ]
    settings = IngestUsersSettings(max_id_length=10)
    checked = check_users(raw_frame("users", *rows), settings)
    found = judge_users(checked, Landed(checked, len(rows), Plan("users", ())), settings)
    assert rows_of(found, "source_line", "reason", "detail") == [
        (1, "superseded", "described again at f.csv:2"),
        (2, None, None),
        (3, None, None),
        (4, "missing_value", "user_id="),
        (5, "id_too_long", "user_id=12345678901"),
        (6, "malformed_row", "1 fields instead of 2"),
    ]
    accepted = found.where("reason IS NULL")
    assert rows_of(accepted, "user_id", "attributes") == [("u", {"age": "31"}), ("v", None)]
