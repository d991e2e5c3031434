"""`tawny maintain` over a lake of two nights."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from tawny.cli.app import app
from tawny.core.config import Env
from tawny.lake.arrow import ArrowLake
from tawny.lake.base import note_of
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.published import PUBLISHED

NEW = date(2024, 5, 6)
OLD, OLDER = NEW - timedelta(days=31), NEW - timedelta(days=40)


@pytest.fixture
def lake(env: Env) -> ArrowLake:
    lake = ArrowLake(env.root)
    lake.ensure([HOLDOUTS])
    for run_date in (OLDER, OLD, NEW):
        row = {"fold": "test", "user_id": "u", "as_of_ts": datetime(2024, 3, 1, tzinfo=UTC), "item_indices": [1]}
        rows = pa.Table.from_pylist([{**row, "values": [1.0], "history_length": 2, "is_warm": True}])
        lake.write(HOLDOUTS, rows, {"run_date": run_date}, str(run_date))
    return lake


def maintain(env_file: Path, *options: str) -> str:
    done = CliRunner().invoke(app, ["maintain", "--env", str(env_file), *options])
    assert done.exit_code == 0, done.output
    return done.output


def run_dates(lake: ArrowLake) -> list[date]:
    return sorted(lake.read(HOLDOUTS, lake.version(HOLDOUTS), ())["run_date"].to_pylist())


def test_a_dry_run_prints_the_table_and_changes_nothing(lake: ArrowLake, env_file: Path) -> None:
    (line,) = [line for line in maintain(env_file, "--dry-run", "--grace-hours", "0").splitlines() if "holdouts" in line]
    assert line.split()[:4] == ["holdouts_v2", "2", "3", "3"]
    assert run_dates(lake) == [OLDER, OLD, NEW]


def test_old_run_dates_go_and_the_commit_names_the_run(lake: ArrowLake, env_file: Path) -> None:
    before = lake.version(HOLDOUTS)
    maintain(env_file, "--run-date", "2024-05-06", "--grace-hours", "0")
    assert run_dates(lake) == [NEW]
    (commit,) = lake.commits_since(HOLDOUTS, before)
    note = note_of(commit)
    assert len(note.pop("run_id")) == 32
    assert note == {"job": "maintain", "run_date": "2024-05-06", "what": "drop"}


def test_a_shorter_time_can_be_asked_for_and_what_was_just_written_stays(lake: ArrowLake, env_file: Path) -> None:
    maintain(env_file, "--keep-days", "1")
    assert run_dates(lake) == [OLDER, OLD, NEW]
    maintain(env_file, "--run-date", str(OLD), "--keep-days", "1", "--grace-hours", "0")
    assert run_dates(lake) == [OLD, NEW]


def test_the_published_list_and_that_before_it_stay(lake: ArrowLake, env_file: Path) -> None:
    lake.ensure([PUBLISHED])
    lists = [_published(NEW, 2, "published"), _published(OLDER, 1, "superseded")]
    rows = pa.Table.from_pylist(lists)
    lake.update(PUBLISHED, lambda _: rows)
    maintain(env_file, "--grace-hours", "0")
    assert run_dates(lake) == [OLDER, NEW]


def _published(run_date: date, sequence: int, status: str) -> dict[str, object]:
    given = {"list": "main", "run_date": run_date, "list_id": str(run_date), "status": status, "sequence": sequence}
    kinds = {name: column.type for name, column in PUBLISHED.columns.items()}
    values: dict[str, object] = {"string": "x", "int": 1, "bigint": 1, "double": 0.5}
    return {name: given.get(name, values.get(kind)) for name, kind in kinds.items()}
