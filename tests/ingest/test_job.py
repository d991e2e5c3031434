from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from tawny.core.errors import CheckError
from tawny.ingest.files.spark import Landed
from tawny.ingest.job import ingest, split_accepted
from tawny.ingest.settings import IngestUsersSettings
from tawny.tables.users import USERS
from tawny.testing.frames import assert_rows, frame, rows_of

SETTINGS = IngestUsersSettings(max_id_length=7)
QUARANTINED = "reason detail raw source_file source_line"


@pytest.fixture
def checked(spark: SparkSession) -> DataFrame:
    schema = (
        "user_id string, attributes map<string,string>, fault string, reason string, detail string, raw string, "
        "source_file string, source_line long"
    )
    good = ("u", None, None, None, None, "u", "f", 1)
    return frame(spark, schema, good, ("v", None, "x", "duplicate", "first at f:0", "v", "f", 2))


@dataclass
class FakeRun:
    """A run over rows that landed already, which notes what is written, in order."""

    rows: DataFrame
    n_rows: int = 2
    settings: IngestUsersSettings = SETTINGS
    run_date: date = date(2024, 3, 1)
    done: list[tuple[str, Any]] = field(default_factory=list)

    def landing(self, kind: str) -> Landed:
        self.done.append(("landing", kind))
        return Landed(self.rows, self.n_rows)

    def quarantine(self, frame: DataFrame) -> None:
        self.done.append(("quarantine", rows_of(frame, *QUARANTINED.split())))

    def write(self, frame: DataFrame) -> None:
        self.done.append(("write", rows_of(frame, "user_id", "attributes")))


def test_what_landed_is_checked_and_the_refused_rows_are_kept_before_the_others_are_written(checked: DataFrame) -> None:
    run = FakeRun(checked)
    asked = []

    def check(raw: DataFrame, settings: IngestUsersSettings, run_date: date) -> DataFrame:
        asked.append((raw, settings.max_id_length, run_date))
        return raw

    ingest(run, USERS, check)
    assert asked == [(checked, 7, date(2024, 3, 1))]
    assert run.done == [
        ("landing", "users"),
        ("quarantine", [("duplicate", "first at f:0", "v", "f", 2)]),
        ("write", [("u", None)]),
    ]


def test_where_a_row_is_lost_nothing_is_written(checked: DataFrame) -> None:
    run = FakeRun(checked, n_rows=3)
    came = r"users_v1: rows in the landing files = accepted \+ quarantined\. Received: 3 rows in, 1 accepted, 1 quarantined"
    with pytest.raises(CheckError, match=came):
        ingest(run, USERS, lambda raw, settings, run_date: raw)
    assert run.done == [("landing", "users")]


def test_rows_are_split_by_their_reason(checked: DataFrame) -> None:
    with split_accepted(checked, USERS, Landed(checked, 2), SETTINGS) as halves:
        assert_rows(halves.accepted, "user_id attributes", [("u", None)])
        assert_rows(halves.refused, QUARANTINED, [("duplicate", "first at f:0", "v", "f", 2)])
