"""Promises 2, 3, 14 at every boundary: a job killed, overtaken or run again there ends as an undisturbed night does."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tawny_jobs
from tawny.core.config import NightSettings
from tawny.core.table import spec_of
from tawny.runner.night import Night, run_night
from tawny.runner.plan import load_jobs, night_tasks
from tawny.tables.registry import all_tables
from tawny.testing.shops import write_shop

from .boundaries import Boundaries, Killed, WatchedRunner, check_reader, content, differing
from .conftest import ENV, D

pytestmark = pytest.mark.spark

TASKS = [task.task_id for task in night_tasks(load_jobs(tawny_jobs), NightSettings())]
YESTERDAY = D - timedelta(days=1)
MAX_BOUNDARIES = 30


def new_runner(folder: Path, landing: Path) -> WatchedRunner:
    """A runner over an empty lake."""
    folder.mkdir()
    (folder / "env.toml").write_text(ENV.format(root=folder / "lake", landing=landing) + "[horovod]\nworkers = 1\n")
    return WatchedRunner(load_jobs(tawny_jobs), folder / "env.toml")


def do(runner: WatchedRunner, day: Any = D) -> None:
    run_night(runner, Night(day, runner.tasks()), lambda name: nullcontext())


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("landed")
    write_shop(folder, np.random.default_rng(5), last_day=YESTERDAY, n_days=20, n_users=24, n_items=20)
    (folder / "items.csv").write_text("item_id,title,price\nsku-0001,One,1.5\nsku-0002,Two,none\nsku-0003,Three,2\n")
    (folder / "users.csv").write_text("user_id,age\ncustomer-0001,33\n,12\ncustomer-0002,44\n")
    return folder


@pytest.fixture(scope="module")
def undisturbed(spark: object, landing: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The tables after two nights that nothing disturbed."""
    runner = new_runner(tmp_path_factory.mktemp("undisturbed") / "shop", landing)
    do(runner, YESTERDAY)
    do(runner)
    found = content(runner.env.root)
    assert all(found[name] for name in ("recommendations_v2", "consistency_v1", "items_v2_quarantine"))
    return found


@pytest.fixture(scope="module")
def shop(spark: object, landing: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedRunner]:
    """A lake that has yesterday's night; the tests of this module make tonight's on it, job by job."""
    runner = new_runner(tmp_path_factory.mktemp("killed") / "shop", landing)
    runner.arrow.ensure(list(all_tables().values()))
    yield runner


def kill_at_every_boundary(runner: WatchedRunner, task_id: str, day: Any) -> list[str]:
    """Run a task again and again, killed one boundary later each time, until it gets through; the boundaries it died at."""
    died: list[str] = []
    task = runner.task(task_id)
    for number in range(1, MAX_BOUNDARIES):
        before = check_reader(runner.env.root)
        boundaries = runner.watch(Boundaries(kill_at=number))
        try:
            runner.run(task, day)
        except Killed as killed:
            died.append(str(killed))
            after = check_reader(runner.env.root)
            assert after == before or task_id == "publish"
        else:
            assert not boundaries.is_dead
            return died
    raise AssertionError(f"{task_id} has more than {MAX_BOUNDARIES} boundaries")


def test_a_night_killed_at_every_boundary_of_every_job_ends_as_one_that_was_not(
    shop: WatchedRunner, undisturbed: dict[str, list[str]]
) -> None:
    for day in (YESTERDAY, D):
        for task_id in TASKS:
            died = kill_at_every_boundary(shop, task_id, day)
            # Before and after the row `started`, the write, and the row of the end: six boundaries at least, or four where
            # the job has nothing to commit.
            assert len(died) >= 4, f"{task_id}: {died}"
    assert differing(content(shop.env.root), undisturbed) == {}


def test_every_job_overtaken_by_a_second_run_of_itself_ends_the_same(
    spark: object, landing: Path, tmp_path: Path, undisturbed: dict[str, list[str]]
) -> None:
    first = new_runner(tmp_path / "shop", landing)
    first.arrow.ensure(list(all_tables().values()))
    overtaken = 0
    for day in (YESTERDAY, D):
        for task_id in TASKS:
            task = first.task(task_id)
            own = spec_of(task.writes).name

            def overtake(name: str, task: Any = task, own: str = own, day: Any = day) -> None:
                nonlocal overtaken
                if name == f"before {own}":
                    overtaken += 1
                    first.boundaries.at_each = None  # once
                    WatchedRunner(first.jobs, first.env_file).run(task, day)

            first.watch(Boundaries(at_each=overtake))
            first.run(task, day)
            check_reader(first.env.root)
    assert overtaken >= len(TASKS)
    assert differing(content(first.env.root), undisturbed) == {}
