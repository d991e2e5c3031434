from tawny.ingest.reasons import Reason
from tawny.landing.schema import MALFORMED_ROW, WRONG_TYPE


def test_the_codes_are_closed_and_each_says_what_it_means() -> None:
    assert [reason.value for reason in Reason] == [
        "malformed_row", "wrong_type", "missing_value", "id_too_long", "unknown_event_type", "out_of_range", "before_floor",
        "future", "duplicate", "robot", "superseded",
    ]  # fmt: skip
    assert all(reason.meaning.endswith(".") and len(reason.meaning) > 20 for reason in Reason)


def test_the_readers_faults_are_reasons() -> None:
    assert [Reason(MALFORMED_ROW), Reason(WRONG_TYPE)] == [Reason.MALFORMED_ROW, Reason.WRONG_TYPE]
