"""A shop on its first day: nothing can be held out, and every user has a list on the first night."""

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
from tawny.tables.splits import SPLITS
from tawny.testing.shops import write_shop

from .conftest import ENV, D

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def young(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The runner after the shop's first night."""
    folder: Path = tmp_path_factory.mktemp("young")
    day = D - timedelta(days=1)
    write_shop(folder / "landing", np.random.default_rng(3), last_day=day, n_days=1, n_users=20, n_items=24)
    text = ENV.format(root=folder / "lake", landing=folder / "landing")
    (folder / "env.toml").write_text(text + "[horovod]\nworkers = 1\n")
    runner = LocalRunner(load_jobs(tawny_jobs), folder / "env.toml")
    run_night(runner, Night(D, runner.tasks()), lambda name: nullcontext())
    return runner


def rows(runner: Any, spec: Any) -> list[dict[str, Any]]:
    return list(runner.arrow.read(spec, runner.arrow.version(spec), ()).to_pylist())


def test_nothing_is_held_out_and_the_split_says_why(young: Any) -> None:
    assert rows(young, HOLDOUTS) == []
    (reason,) = {row["reason"] for row in rows(young, SPLITS)}
    assert "1 active days are too few to hold one out; lists are led by popularity" in reason


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
