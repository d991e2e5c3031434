"""The six jobs that turn events into features, run as the night runs them, on a small shop."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from tawny.core.config import Env, NightSettings, SplitSettings
from tawny.core.job import find_task
from tawny.core.run import execute, open_run
from tawny.delta.spark_io import SparkLake
from tawny.tables.registry import all_tables, table
from tawny.testing.frames import event, event_frame, frame

RUN_DATE = date(2024, 3, 1)
JOBS = ("catalog", "interactions", "holdouts", "sequences", "item_features", "user_features")
NIGHT = NightSettings(split=SplitSettings(horizon_days=10))
ITEM_COLUMNS = (
    "item_id string, title string, description string, categories array<string>, price double, image binary, "
    "image_path string, available_from timestamp, available_until timestamp"
)
EVENTS = [
    event("u", "a", "view", 30),
    event("u", "b", "purchase", 25),
    event("u", "c", "view", 15),
    event("u", "a", "view", 5),
    event("v", "a", "hide", 12),
    event("v", "b", "rating", 2, value=4.0),
    event("w", "b", "impression", 3),
    # Of the run's own day and later: seen by no job.
    event("u", "d", "view", 0),
    event("x", "d", "view", -1),
]


def run_job(lake: SparkLake, env: Env, name: str, run_date: date = RUN_DATE) -> None:
    execute(open_run(find_task(f"build_{name}", NIGHT), run_date, env, NIGHT, lake), lambda record: None)


def content(lake: SparkLake, name: str) -> list[dict[str, Any]]:
    """All rows of a table, in the order of its key."""
    spec = table(name)
    rows = DeltaTable(lake.arrow.path(spec)).to_pyarrow_table().to_pylist()
    return sorted(rows, key=lambda row: [str(row[key]) for key in spec.key])


@pytest.fixture(scope="module")
def built(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SparkLake, Env]]:
    """A lake in which all six jobs have run once."""
    root: Path = tmp_path_factory.mktemp("build")
    env = Env(root=str(root), landing=str(root))
    lake = SparkLake(env, session=lambda _: spark)
    lake.ensure(list(all_tables().values()))
    events = event_frame(spark, EVENTS).selectExpr("*", "to_date(event_ts) AS event_date")
    lake.write(table("events"), events, {}, "events")
    items = [("a", "A", None, ["x"], 1.0), ("b", "B", None, ["y", "x"], 2.0), ("e", "E", None, None, None)]
    lake.write(table("items"), frame(spark, ITEM_COLUMNS, *((*i, None, None, None, None) for i in items)), {}, "items")
    users = frame(spark, "user_id string, attributes map<string,string>", ("u", {"age": "30"}), ("new", None))
    lake.write(table("users"), users, {}, "users")
    for name in JOBS:
        run_job(lake, env, name)
    yield lake, env


def test_the_catalogue_numbers_described_and_met_items_but_none_of_the_future(built: tuple[SparkLake, Env]) -> None:
    rows = content(built[0], "catalog")
    assert [(row["item_index"], row["item_id"], row["categories"]) for row in rows] == [
        (0, "a", ["x"]), (1, "b", ["x", "y"]), (2, "c", []), (3, "e", []),
    ]  # fmt: skip


def test_interactions_hold_each_fold_up_to_its_own_cutoff(built: tuple[SparkLake, Env]) -> None:
    rows = content(built[0], "interactions")
    assert [(row["fold"], row["user_id"], row["item_id"], row["weight"], row["n_events"]) for row in rows] == [
        ("serve", "u", "a", 2.0, 2),
        ("serve", "u", "b", 4.0, 1),
        ("serve", "u", "c", 1.0, 1),
        ("serve", "v", "a", -1.0, 1),
        ("serve", "v", "b", 1.0, 1),
        ("test", "u", "a", 1.0, 1),
        ("test", "u", "b", 4.0, 1),
        ("test", "u", "c", 1.0, 1),
        ("test", "v", "a", -1.0, 1),
        ("validation", "u", "a", 1.0, 1),
        ("validation", "u", "b", 4.0, 1),
    ]


def test_holdouts_leave_out_what_was_seen_and_what_was_refused(built: tuple[SparkLake, Env]) -> None:
    rows = content(built[0], "holdouts")
    assert [(row["fold"], row["user_id"], row["item_indices"], row["is_warm"]) for row in rows] == [
        ("test", "v", [1], False),
        ("validation", "u", [2], True),
    ]


def test_sequences_know_every_user_and_end_at_the_folds_cutoff(built: tuple[SparkLake, Env]) -> None:
    rows = content(built[0], "sequences")
    columns = ("fold", "user_id", "item_indices", "ages_days", "seen_indices", "is_target")
    assert [tuple(row[column] for column in columns) for row in rows] == [
        ("serve", "new", [], [], [], True),
        ("serve", "u", [0, 1, 2, 0], [30.0, 25.0, 15.0, 5.0], [0, 1, 2], True),
        ("serve", "v", [1], [2.0], [0, 1], True),
        ("serve", "w", [], [], [], True),
        ("test", "u", [0, 1, 2], [20.0, 15.0, 5.0], [0, 1, 2], False),
        ("test", "v", [], [], [0], True),
        ("validation", "u", [0, 1], [10.0, 5.0], [0, 1], True),
    ]


def test_features_have_a_row_for_every_user_of_the_sequences_and_item_of_the_catalogue(built: tuple[SparkLake, Env]) -> None:
    lake = built[0]
    users = content(lake, "user_features")
    keys = [(row["fold"], row["user_id"]) for row in content(lake, "sequences")]
    assert [(row["fold"], row["user_id"]) for row in users] == keys
    assert [row["n_events"] for row in users] == [0, 4, 2, 0, 3, 1, 2]
    assert {len(row["features"]) for row in users} == {40 + 2}
    assert {len(row["attribute_features"]) for row in users} == {32}
    items = [(row["fold"], row["item_index"], row["n_events"]) for row in content(lake, "item_features")]
    counts = {"serve": [2 + 1, 2, 1, 0], "test": [2, 1, 1, 0], "validation": [1, 1, 0, 0]}
    assert items == [(fold, place, n) for fold, counted in counts.items() for place, n in enumerate(counted)]


def test_a_second_run_changes_no_row_and_leaves_other_run_dates_alone(built: tuple[SparkLake, Env]) -> None:
    lake, env = built
    before = {name: content(lake, name) for name in JOBS}
    for name in JOBS:
        run_job(lake, env, name)
    assert {name: content(lake, name) for name in JOBS} == before
    run_job(lake, env, "catalog", RUN_DATE + timedelta(days=1))
    added = [row for row in content(lake, "catalog") if row not in before["catalog"]]
    assert {(row["run_date"], row["item_id"]) for row in added} == {(date(2024, 3, 2), item) for item in "abcde"}


def test_blocked_items_are_numbered_but_not_available(built: tuple[SparkLake, Env]) -> None:
    lake, env = built
    night_after = datetime(2024, 3, 5, tzinfo=UTC).date()
    run_job(lake, env.model_copy(update={"jobs": {"build_catalog": {"blocked_items": ["b"]}}}), "catalog", night_after)
    rows = [row for row in content(lake, "catalog") if row["run_date"] == night_after]
    assert [row["item_id"] for row in rows if not row["is_available"]] == ["b"]
