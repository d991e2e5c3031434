"""The worked examples of docs/adding.md are found and work, without a change to any other file."""

import doctest
import importlib
from collections.abc import Callable
from datetime import date
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

import tawny_jobs
from tawny.core.config import Env, NightSettings
from tawny.evaluation.metrics.registry import metrics
from tawny.lake.arrow import ArrowLake
from tawny.lake.spark import SparkLake
from tawny.models.registry import model_class, model_classes
from tawny.models.store import load_model, saved_files
from tawny.runner.plan import find_task, load_jobs, night_tasks
from tawny.runner.run import execute, open_run
from tawny.tables.catalog import CATALOG
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS
from tawny.tables.registry import all_tables
from tawny.tables.sequences import SEQUENCES
from tawny.testing.worlds import histories

DAY = date(1998, 4, 23)


@pytest.fixture
def added(write_files: Callable[[str], set[str]]) -> set[str]:
    """The paths of the page's files."""
    return write_files("adding.md")


def _module(name: str) -> ModuleType:
    return importlib.import_module(name)


def test_the_metric_is_found_and_its_worked_case_holds(added: set[str]) -> None:
    assert "lib/tawny/evaluation/metrics/r_precision.py" in added
    assert "r_precision" in metrics()
    result = doctest.testmod(_module("tawny.evaluation.metrics.r_precision"))
    assert (result.attempted, result.failed) == (1, 0)


def test_the_table_is_filled_by_its_job(added: set[str], spark: SparkSession, env: Env) -> None:
    assert {"lib/tawny/tables/quiet_users.py", "jobs/list_quiet_users.py"} <= added
    lake = SparkLake(env, session=lambda _: spark)
    quiet = all_tables()["quiet_users_v1"]
    lake.ensure([SEQUENCES, quiet])
    rows = [("u", [1, 2], [1.0, 1.0], [40.0, 31.0]), ("v", [1], [1.0], [2.0]), ("new", [], [], [])]
    schema = "user_id string, item_indices array<int>, weights array<float>, ages_days array<float>"
    frame = spark.createDataFrame(rows, schema).selectExpr(
        "*", "'serve' AS fold", "timestamp'1998-04-23' AS as_of_ts", "cast(array() AS array<int>) AS seen_indices",
        "cast(array() AS array<tinyint>) AS types", "true AS is_training", "true AS is_target",
    )  # fmt: skip
    lake.write(SEQUENCES, frame, {"run_date": DAY}, "made")
    night = NightSettings()
    execute(
        open_run(find_task(load_jobs(tawny_jobs), "list_quiet_users", night), DAY, env, night, lake), lambda record: None
    )
    found = lake.arrow.read(quiet, lake.arrow.version(quiet), ()).to_pylist()
    assert found == [{"run_date": DAY, "user_id": "u", "recency_days": 31.0}]


def test_the_jobs_take_their_place_in_the_plan(added: set[str]) -> None:
    assert "jobs/train_trending.py" in added
    jobs = load_jobs(tawny_jobs)
    night = NightSettings(sources=("popularity", "trending"))
    ids = [task.task_id for task in night_tasks(jobs, night)]
    assert ids.index("build_item_features") < ids.index("train_trending") < ids.index("generate_candidates.trending")
    assert ids.index("generate_candidates.trending") < ids.index("merge_shortlists")
    assert "list_quiet_users" not in ids
    assert find_task(jobs, "list_quiet_users", night).job.purpose == "List the users who have been quiet."


def test_the_model_is_fitted_by_its_job_and_scores_what_it_says(added: set[str], env: Env) -> None:
    assert "lib/tawny/models/trending/model.py" in added
    assert "trending" in model_classes()
    lake = ArrowLake(env.root)
    lake.ensure([CATALOG, ITEM_FEATURES, MODELS])
    items: list[dict[str, Any]] = [
        {"item_index": n, "item_id": f"i{n}", "categories": [], "is_blocked": False} for n in range(3)
    ]
    unknown = {"title": None, "price": None, "first_event_ts": None}
    lake.write(CATALOG, pa.Table.from_pylist([{**item, **unknown} for item in items]), {"run_date": DAY}, "made")
    counts = [(0, 5, 10), (1, 20, 30)]
    features: list[dict[str, Any]] = [
        {
            "fold": fold,
            "item_index": n,
            "is_listable": True,
            "categories": [],
            "age_days": 1.0,
            "price": 2.5,
            "n_events": all_time,
            "n_events_7d": week,
            "n_events_30d": week,
            "n_events_90d": all_time,
        }
        for fold in ("validation", "test", "serve")
        for n, week, all_time in counts
    ]
    lake.write(ITEM_FEATURES, pa.Table.from_pylist(features), {"run_date": DAY}, "made")

    night = NightSettings(sources=("popularity", "trending"))
    execute(open_run(find_task(load_jobs(tawny_jobs), "train_trending", night), DAY, env, night, lake), lambda record: None)

    rows = lake.read(MODELS, lake.version(MODELS), (("model", "=", "trending"),))
    model = load_model(saved_files(rows, "trending", "serve"))
    np.testing.assert_allclose(model.score(histories([[0]])), [[5 / 20, 20 / 40, -np.inf]], rtol=1e-6)


def test_the_model_keeps_the_contract_of_all_models(added: set[str]) -> None:
    from tawny.testing import model_contract

    assert added
    model_contract.check(model_class("trending"))
