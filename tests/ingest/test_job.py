import pytest
from pyspark.sql import DataFrame, SparkSession

from tawny.core.errors import CheckError
from tawny.ingest.outcome import parted
from tawny.tables.users import USERS
from tawny.testing.frames import assert_rows, frame


@pytest.fixture
def judged(spark: SparkSession) -> DataFrame:
    schema = (
        "user_id string, attributes map<string,string>, fault string, reason string, detail string, raw string, "
        "source_file string, source_line long"
    )
    good = ("u", None, None, None, None, "u", "f", 1)
    return frame(spark, schema, good, ("v", None, "x", "duplicate", "first at f:0", "v", "f", 2))


def test_rows_are_parted_by_their_reason(judged: DataFrame) -> None:
    with parted(judged, USERS, 2) as outcome:
        assert_rows(outcome.accepted, "user_id attributes", [("u", None)])
        assert_rows(
            outcome.refused, "reason detail raw source_file source_line", [("duplicate", "first at f:0", "v", "f", 2)]
        )


def test_a_row_lost_on_the_way_is_an_error(judged: DataFrame) -> None:
    came = r"users_v1: rows in the landing files = accepted \+ quarantined\. Received: 3 rows in, 1 accepted, 1 quarantined"
    with pytest.raises(CheckError, match=came), parted(judged, USERS, 3):
        pass
