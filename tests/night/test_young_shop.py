"""A shop of ten days: no event lies before its validation window, and every user has a list on the first night."""

from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tawny_jobs
from tawny.runner.local import LocalRunner
from tawny.runner.night import Night, run_night
from tawny.runner.plan import load_jobs
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.models import MODELS
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.testing.shops import write_shop

from .conftest import ENV, D

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def young(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The runner after the shop's first night; windows of 14 days."""
    folder: Path = tmp_path_factory.mktemp("young")
    day = D - timedelta(days=1)
    write_shop(folder / "landing", np.random.default_rng(3), last_day=day, n_days=10, n_users=20, n_items=24)
    text = ENV.format(root=folder / "lake", landing=folder / "landing").replace("split.window_days = 5\n", "")
    (folder / "env.toml").write_text(text + "[horovod]\nworkers = 1\n")
    runner = LocalRunner(load_jobs(tawny_jobs), folder / "env.toml")
    run_night(runner, Night(D, runner.tasks()), lambda name: nullcontext())
    return runner


def rows(runner: Any, spec: Any) -> list[dict[str, Any]]:
    return list(runner.arrow.read(spec, runner.arrow.version(spec), ()).to_pylist())


def test_no_user_of_the_validation_window_has_a_history(young: Any) -> None:
    assert [row for row in rows(young, HOLDOUTS) if row["fold"] == "validation"] == []


def test_every_user_has_a_list(young: Any) -> None:
    found = rows(young, RECOMMENDATIONS)
    assert {row["user_id"] for row in found} == {f"customer-{n:04d}" for n in range(20)}
    assert {row["run_date"] for row in found} == {date(2026, 11, 23)}


def test_the_lists_are_led_by_popularity_as_nothing_else_was_measured(young: Any) -> None:
    found = [row for row in rows(young, RECOMMENDATIONS) if row["rank"] == 1]
    assert {row["sources"][0] for row in found} == {"popularity"}


def test_every_source_has_a_model_for_every_fold(young: Any) -> None:
    kept = {(row["model"], row["fold"]) for row in rows(young, MODELS)}
    assert {(source, fold) for source in young.night.sources for fold in ("validation", "test", "serve")} <= kept


def test_the_report_claims_nothing_for_warm_users(young: Any) -> None:
    warm = [row for row in rows(young, EVALUATIONS) if row["segment"] == "warm" and row["metric"] == "ndcg"]
    assert all(row["value"] is None for row in warm)
