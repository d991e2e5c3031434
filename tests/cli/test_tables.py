"""`tawny tables`: rows that meet a condition, at the width of the terminal."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from tawny.cli.tables import rows_as_text
from tawny.core.config import Env
from tawny.lake.arrow import ArrowLake
from tawny.lake.schema import arrow_schema
from tawny.tables.events import EVENTS_QUARANTINE

from .conftest import Tawny


@pytest.fixture
def refused(env: Env) -> ArrowLake:
    """A quarantine of three rows."""
    lake = ArrowLake(env.root)
    lake.ensure([EVENTS_QUARANTINE])
    same = {"run_date": date(1998, 4, 23), "source_digest": "d", "source_file": "events.csv"}
    rows = [
        {**same, "reason": reason, "detail": f"detail {line}", "raw": "{}", "source_line": line}
        for line, reason in enumerate(("future", "no_user", "future"), start=1)
    ]
    schema = arrow_schema(EVENTS_QUARANTINE)
    filled = [{name: row.get(name) for name in schema.names} for row in rows]
    write_deltalake(lake.path(EVENTS_QUARANTINE), pa.Table.from_pylist(filled, schema=schema), mode="append")
    return lake


@pytest.mark.usefixtures("refused")
def test_rows_that_meet_a_condition_are_shown(tawny: Tawny) -> None:
    ended = tawny(
        "tables", "events_quarantine", "--where", "reason = 'future' AND source_line > 1", "--columns", "reason, detail"
    )
    assert ended.code == 0
    assert [line.split() for line in ended.out.splitlines() if "detail 3" in line] == [["future", "detail", "3"]]
    assert "1 rows of events_v2_quarantine where reason = 'future' AND source_line > 1" in ended.out


@pytest.mark.usefixtures("refused")
def test_at_most_so_many_rows_are_shown_and_none_is_said(tawny: Tawny) -> None:
    assert "2 rows of events_v2_quarantine\n" in tawny("tables", "events_quarantine", "--rows", "2").out
    assert tawny("tables", "events_quarantine", "--where", "reason = 'x'").out == (
        "no row of events_v2_quarantine where reason = 'x'\n"
    )


@pytest.mark.usefixtures("refused")
@pytest.mark.parametrize("wrong", ["reson = 'future'", "reason =", "reason", "true); drop table x --", "true) --"])
def test_a_condition_that_is_none_is_refused_with_the_columns(tawny: Tawny, wrong: str) -> None:
    ended = tawny("tables", "events_quarantine", "--where", wrong)
    assert ended.code == 2
    assert "--where on events_v2_quarantine: it must be a condition in SQL on the columns" in ended.err


@pytest.mark.usefixtures("refused")
def test_unknown_columns_and_rows_without_a_table_are_refused(tawny: Tawny) -> None:
    ended = tawny("tables", "events_quarantine", "--columns", "reason,nothing")
    assert (ended.code, "Received: nothing. Correct the names." in ended.err) == (2, True)
    assert tawny("tables", "--rows", "3").code == 2


def test_rows_that_are_too_wide_for_a_table_are_told_line_by_line() -> None:
    at = datetime(2026, 6, 1, 12, tzinfo=UTC)
    rows = [{"user_id": "7", "at": at, "reasons": [{"source": "als", "share": 0.25}] * 4, "payload": b"abc", "none": None}]
    assert [str(line) for line in rows_as_text(rows, 60)] == [
        "user_id  7",
        "at       2026-06-01 12:00:00",
        "reasons  [{source: als, share: 0.25}, {source: als, share: …",
        "payload  <3 bytes>",
        "none     -",
        "",
    ]
