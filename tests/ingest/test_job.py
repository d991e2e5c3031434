from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tawny.core.errors import CheckError
from tawny.core.table import TableSpec
from tawny.ingest.deliveries import Plan
from tawny.ingest.files.file import Inspected, LandingFile
from tawny.ingest.job import Intake, ingest
from tawny.ingest.landing import Landed
from tawny.ingest.ledger import Entry, ledger_of
from tawny.ingest.settings import IngestUsersSettings
from tawny.tables.users import USERS, USERS_QUARANTINE
from tawny.testing.frames import frame, rows_of

SETTINGS = IngestUsersSettings(max_id_length=7)
QUARANTINED = "source_digest source_line source_file reason detail raw"
DAY = date(2024, 3, 1)
ENTRY = Entry(
    "users", "f", "d", "{}", 5, datetime(2024, 2, 1, tzinfo=UTC), 1, DAY, "read", 0, 0, 0, (), DAY, "run"
)  # fmt: skip
PLAN = Plan("users", (), (Inspected(LandingFile("/landing", "f", "users", "csv", digest="d"), 2, (), ()),), entries=(ENTRY,))


class LandedInATest(Landed):
    """Rows of a file that nobody can look at."""

    def check_unchanged(self) -> None:
        """It is as it was."""


@pytest.fixture
def checked(spark: SparkSession) -> DataFrame:
    schema = (
        "user_id string, known_from date, attributes map<string,string>, fault string, reason string, detail string, "
        "raw string, source_file string, source_digest string, source_line long, delivery long"
    )
    good = ("u", DAY, None, None, None, None, "u", "f", "d", 1, 1)
    return frame(spark, schema, good, ("v", DAY, None, "x", "duplicate", "first at f:0", "v", "f", "d", 2, 1))


@dataclass
class FakeRun:
    """A run over rows that landed already, which notes what is written, in order."""

    landed: Landed
    settings: IngestUsersSettings = SETTINGS
    done: list[tuple[str, Any]] = field(default_factory=list)

    def landing(self, kind: str) -> Landed:
        self.done.append(("landing", kind))
        return self.landed

    def quarantine(self, frame: DataFrame, n_refused: int) -> None:
        self.done.append(("quarantine", rows_of(frame, *QUARANTINED.split())))

    def write(self, frame: DataFrame) -> None:
        self.done.append(("write", rows_of(frame, "user_id", "known_from", "attributes")))

    def update(self, table: TableSpec, decide: Callable[[pa.Table], pa.Table]) -> None:
        rows = decide(ledger_of([])).select(["status", "n_rows", "n_accepted", "n_refused"]).to_pylist()
        self.done.append((table.name, [tuple(row.values()) for row in rows]))


def intake(check: Callable[[DataFrame, IngestUsersSettings], DataFrame]) -> Intake[IngestUsersSettings]:
    def judge(checked: DataFrame, landed: Landed, settings: IngestUsersSettings) -> DataFrame:
        return checked.withColumns({"was": F.lit("new"), "is_needed": F.lit(True)})

    return Intake(USERS, USERS_QUARANTINE, check, judge)


def test_refused_rows_are_kept_first_then_the_others_and_the_ledger_says_so_last(checked: DataFrame) -> None:
    run = FakeRun(LandedInATest(checked, 2, PLAN))
    asked = []

    def check(raw: DataFrame, settings: IngestUsersSettings) -> DataFrame:
        asked.append((raw, settings.max_id_length))
        return raw

    ingest(run, intake(check))
    assert asked == [(checked, 7)]
    assert run.done == [
        ("landing", "users"),
        ("landings_v1", [("reading", 0, 0, 0)]),
        ("quarantine", [("d", 2, "f", "duplicate", "first at f:0", "v")]),
        ("write", [("u", DAY, None)]),
        ("landings_v1", [("read", 2, 1, 1)]),
    ]


def test_where_a_row_is_lost_nothing_is_written(checked: DataFrame) -> None:
    run = FakeRun(LandedInATest(checked, 3, PLAN))
    came = r"users_v2: rows in the landing files = accepted \+ quarantined\. Received: 3 rows in, 1 accepted, 1 quarantined"
    with pytest.raises(CheckError, match=came):
        ingest(run, intake(lambda raw, settings: raw))
    assert run.done == [("landing", "users")]


def test_where_nothing_landed_nothing_is_done(checked: DataFrame) -> None:
    run = FakeRun(LandedInATest(checked, 0, Plan("users", ())))
    ingest(run, intake(lambda raw, settings: raw))
    assert run.done == [("landing", "users")]
