from tawny.ingest.files.schema import MALFORMED_ROW, UNTERMINATED_ROW, WRONG_TYPE
from tawny.ingest.reasons import Reason


def test_the_codes_are_closed_and_each_says_what_it_means() -> None:
    assert [reason.value for reason in Reason] == [
        "malformed_row", "unterminated_row", "wrong_type", "missing_value", "id_too_long", "unknown_event_type",
        "negative_purchase", "out_of_range", "before_floor", "duplicate", "corrected", "robot", "taken_back", "superseded",
    ]  # fmt: skip
    assert all(reason.meaning.endswith(".") and len(reason.meaning) > 20 for reason in Reason)


def test_the_faults_of_the_readers_are_reasons() -> None:
    assert {MALFORMED_ROW, UNTERMINATED_ROW, WRONG_TYPE} <= {reason.value for reason in Reason}
