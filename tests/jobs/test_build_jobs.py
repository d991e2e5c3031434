"""The jobs that turn events into features, on a small shop; and every job up to them, run twice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pyspark.sql import SparkSession

from tawny.core.columns import EVENT_TYPES
from tawny.core.config import EventSettings, NightSettings, SplitSettings
from tawny.core.table import spec_of
from tawny.runner.plan import night_tasks
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.interactions import INTERACTIONS
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.registry import all_tables
from tawny.tables.sequences import SEQUENCES
from tawny.tables.splits import SPLITS
from tawny.tables.user_features import USER_FEATURES
from tawny.testing.frames import RUN_DAY, event

from .small_lake import JOBS, RUN_DATE, SmallLake, new_lake

OWN = EventSettings(targets={"view": 1, "purchase": 4, "rating": 1}, seen_types=EVENT_TYPES[1:])
NIGHT = NightSettings(split=SplitSettings(window_days=10), events=OWN)
# The last event lies 2 days before the run, so the windows end a day later.
MORNINGS = {fold: RUN_DAY - timedelta(days=days) for fold, days in {"serve": 0, "test": 11, "validation": 21}.items()}
UP_TO_FEATURES = [task.task_id for task in night_tasks(JOBS, NIGHT) if task.job.stage in ("ingest", "features")]
SHOP = [
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


def write_landing(lake: SmallLake) -> None:
    """The shop's events, items and users as files, with one row of each that is refused."""
    columns = ("user_id", "item_id", "event_type", "event_ts", "value")
    lines = [",".join(str(row.get(column, "")).replace(" ", "T") for column in columns) for row in SHOP]
    header = "user_id,item_id,event_type,event_time,value"
    (lake.landing / "events.csv").write_text("\n".join([header, *lines, "u,a,view"]))
    (lake.landing / "items.csv").write_text("item_id,title,categories,price\na,A,x,1\nb,B,y|x,2\ne,E,,\n,F,,\n")
    (lake.landing / "users.csv").write_text("user_id,age\nu,30\nnew,\n,7\n")


@pytest.fixture(scope="module")
def built(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallLake]:
    """A lake in which every job up to the features has run once."""
    lake = new_lake(spark, tmp_path_factory.mktemp("build"), NIGHT)
    write_landing(lake)
    for task_id in UP_TO_FEATURES:
        lake.run(task_id)
    # Two days later all events are accepted; still no job of RUN_DATE may see the later ones.
    lake.run("ingest_events", RUN_DATE + timedelta(days=2))
    yield lake


def test_the_plan_has_the_jobs_that_are_tested_here() -> None:
    assert UP_TO_FEATURES == [
        "ingest_events", "ingest_items", "ingest_users", "pin_inputs", "build_catalog", "plan_split", "build_holdouts",
        "build_interactions", "build_item_features", "build_sequences", "build_user_features",
    ]  # fmt: skip


@pytest.mark.parametrize("task_id", UP_TO_FEATURES)
def test_a_job_that_runs_again_changes_no_row_of_any_table(built: SmallLake, task_id: str) -> None:
    written, everything = spec_of(JOBS[task_id].writes), list(all_tables().values())
    rows, digest = built.rows(written), built.digest(everything)
    record = built.run(task_id)
    assert rows
    assert built.rows(written) == rows
    assert built.digest(everything) == digest
    assert record.rows_written[written.name] == (0 if written.mode == "merge_by_key" else len(rows))


def test_what_happens_on_the_day_of_the_run_or_later_is_seen_by_no_job(built: SmallLake) -> None:
    assert {"d"} < {item for (item,) in built.values(EVENTS, "item_id")}
    assert "d" not in {item for (item,) in built.values(CATALOG, "item_id", run_date=RUN_DATE)}


def test_the_catalog_numbers_described_items_and_those_of_events(built: SmallLake) -> None:
    assert built.values(CATALOG, "item_index", "item_id", "categories", run_date=RUN_DATE) == [
        (0, "a", ["x"]), (1, "b", ["x", "y"]), (2, "c", []), (3, "e", []),
    ]  # fmt: skip


def test_a_run_of_another_date_leaves_this_one_alone(built: SmallLake) -> None:
    before, next_day = built.rows(CATALOG, run_date=RUN_DATE), RUN_DATE + timedelta(days=1)
    built.run("pin_inputs", next_day)
    built.run("build_catalog", next_day)
    assert built.rows(CATALOG, run_date=RUN_DATE) == before
    assert built.values(CATALOG, "item_id", run_date=next_day) == [("a",), ("b",), ("c",), ("d",), ("e",)]


def test_blocked_items_are_numbered_and_listed_by_no_fold(built: SmallLake) -> None:
    later = RUN_DATE + timedelta(days=4)
    built.run("pin_inputs", later)
    built.with_settings("build_catalog", blocked_items=["b"]).run("build_catalog", later)
    built.run("plan_split", later)
    rows = built.values(CATALOG, "item_id", "is_blocked", run_date=later)
    assert [item for item, is_blocked in rows if is_blocked] == ["b"]
    built.run("build_item_features", later)
    listable = built.values(ITEM_FEATURES, "fold", "item_index", "is_listable", run_date=later)
    assert [item for fold, item, is_listable in listable if fold == "serve" and is_listable] == [0, 2, 3, 4]
    assert not any(is_listable for _, item, is_listable in listable if item == 1)


def test_items_of_the_first_load_are_listed_by_every_fold_and_others_by_those_that_saw_them(built: SmallLake) -> None:
    # a, b and e are described by the first load; c is known from one event, 15 days before: after the validation cutoff.
    listable = {"serve": [0, 1, 2, 3], "test": [0, 1, 2, 3], "validation": [0, 1, 3]}
    assert built.values(ITEM_FEATURES, "fold", "item_index", "categories", is_listable=True, run_date=RUN_DATE) == [
        (fold, item, [["x"], ["x", "y"], [], []][item]) for fold, items in listable.items() for item in items
    ]


def test_interactions_hold_each_fold_up_to_its_own_cutoff(built: SmallLake) -> None:
    assert built.values(INTERACTIONS, "fold", "user_id", "item_id", "item_index", "weight") == [
        ("serve", "u", "a", 0, 2.0),
        ("serve", "u", "b", 1, 4.0),
        ("serve", "u", "c", 2, 1.0),
        ("serve", "v", "a", 0, -1.0),
        ("serve", "v", "b", 1, 1.0),
        ("test", "u", "a", 0, 1.0),
        ("test", "u", "b", 1, 4.0),
        ("test", "u", "c", 2, 1.0),
        ("test", "v", "a", 0, -1.0),
        ("validation", "u", "a", 0, 1.0),
        ("validation", "u", "b", 1, 4.0),
    ]


def test_the_split_says_what_the_night_is_asked_and_why(built: SmallLake) -> None:
    rows = built.values(SPLITS, "fold", "kind", "cutoff_ts", "n_answers", "n_warm_answers", run_date=RUN_DATE)
    counted = {"serve": (0, 0), "test": (1, 1), "validation": (1, 1)}
    assert rows == [(fold, "mornings", MORNINGS[fold], *n) for fold, n in counted.items()]
    (reason,) = {reason for (reason,) in built.values(SPLITS, "reason", run_date=RUN_DATE)}
    assert "asked for: view, purchase, rating; validation: 10 days from 2024-02-09, 1 of 1 answers" in reason


def test_holdouts_leave_out_what_was_seen_and_what_was_refused(built: SmallLake) -> None:
    assert built.values(HOLDOUTS, "fold", "user_id", "as_of_ts", "item_indices", "values", "history_length", "is_warm") == [
        ("test", "v", RUN_DAY - timedelta(days=2), [1], [1.0], 0, False),
        ("validation", "u", RUN_DAY - timedelta(days=15), [2], [1.0], 2, True),
    ]


def test_sequences_end_at_the_cutoff_to_learn_from_and_at_a_morning_to_be_judged(built: SmallLake) -> None:
    columns = ("fold", "user_id", "item_indices", "ages_days", "seen_indices", "is_training", "is_target")
    assert built.values(SEQUENCES, *columns) == [
        ("serve", "new", [], [], [], False, True),
        ("serve", "u", [0, 1, 2, 0], [30.0, 25.0, 15.0, 5.0], [0, 1, 2], True, True),
        ("serve", "v", [1], [2.0], [0, 1], True, True),
        ("serve", "w", [], [], [], False, True),
        ("test", "u", [0, 1, 2], [19.0, 14.0, 4.0], [0, 1, 2], True, False),
        ("test", "v", [], [], [0], True, False),
        ("test", "v", [], [], [0], False, True),
        ("validation", "u", [0, 1], [9.0, 4.0], [0, 1], True, False),
        ("validation", "u", [0, 1], [15.0, 10.0], [0, 1], False, True),
    ]


def test_every_user_of_the_sequences_has_a_vector(built: SmallLake) -> None:
    vectors = {row[:2]: row[2] for row in built.values(USER_FEATURES, "fold", "user_id", "features")}
    assert list(vectors) == sorted(set(built.values(SEQUENCES, "fold", "user_id")))
    assert {len(vector) for vector in vectors.values()} == {32}
    # The only user with an attribute: age 30 is 30 / (30 + 30).
    assert {user: sum(vector) for (fold, user), vector in vectors.items() if fold == "serve"} == {
        "new": 0.0, "u": 0.5, "v": 0.0, "w": 0.0,
    }  # fmt: skip


def test_every_item_of_the_catalog_is_counted_in_every_fold(built: SmallLake) -> None:
    # What v hid does not count.
    counts = {"serve": [2, 2, 1, 0], "test": [1, 1, 1, 0], "validation": [1, 1, 0, 0]}
    assert built.values(ITEM_FEATURES, "fold", "item_index", "n_events", run_date=RUN_DATE) == [
        (fold, item, n) for fold, counted in counts.items() for item, n in enumerate(counted)
    ]
