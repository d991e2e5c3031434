"""Promises 2, 3, 14 at every boundary: a job killed, overtaken or run again there ends as an undisturbed night does.

All tests do the same two days: a night; then events come late, an item and a user are described anew, and a file is
retracted; a second night; and a rollback. Disturbed is on the second day one job of every way to commit, as the jobs and
tables declare it; with `--long` (`make test-long`) every job, on the first day or on the second.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tawny.core.config import NightSettings
from tawny.core.job import Job
from tawny.core.table import spec_of
from tawny.runner.plan import night_tasks
from tawny.testing.lakes import Content, check_reader, content, differing
from tawny.testing.shops import write_shop

from .boundaries import AFTER, WITHIN, Boundaries, Killed, WatchedRunner
from .boundaries import watched_removals as removals
from .conftest import D
from .own_lake import JOBS, OwnLake

pytestmark = pytest.mark.spark

TASKS = night_tasks(JOBS, NightSettings())
YESTERDAY = D - timedelta(days=1)
MAX_RUNS = 40
MOVES_THE_POINTER = ("publish", "roll_back")
MORE = """
[jobs.retract]
file = "events_wrong.csv"
"""
EVENTS_HEADER = "user_id,item_id,event_type,event_time\n"


class Step(NamedTuple):
    """A task of one of the two days."""

    task_id: str
    day: date

    @property
    def job(self) -> Job:
        """Its job."""
        return JOBS[self.task_id.partition(".")[0]]


FIRST_DAY = tuple(Step(task.task_id, YESTERDAY) for task in TASKS)
SECOND_DAY = (Step("retract", D), *(Step(task.task_id, D) for task in TASKS), Step("roll_back", YESTERDAY))


def way_to_commit(job: Job) -> tuple[object, ...]:
    """What the commits of a job depend on: two jobs that agree in all of it have the same boundaries."""
    spec = spec_of(job.writes)
    rows = spec.mode, spec.slice_by, spec.id_column, spec.time_column is None, spec.known_column is None
    return (job.engine, *rows, job.ledger is None, not job.reads_earlier)


@pytest.fixture(scope="module")
def disturbed(request: pytest.FixtureRequest) -> set[Step]:
    """The steps that are killed and overtaken; a job that runs once per source is for one source."""
    first, second = ([step for step in day if "." not in step.task_id or is_first(step)] for day in (FIRST_DAY, SECOND_DAY))
    if request.config.getoption("--long"):
        # What a job finds that others left, an ingest what was ingested before: it is all there on the second day.
        return {step for step in first if not step.job.ledger} | {
            step for step in second if step.job.ledger or step.job.reads_earlier
        }
    return set({way_to_commit(step.job): step for step in reversed(second)}.values())


def is_first(step: Step) -> bool:
    return step.task_id.endswith("." + NightSettings().sources[0])


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What lies in landing on the first day, and what comes before the second."""
    folder: Path = tmp_path_factory.mktemp("landed")
    first, late = folder / "first", folder / "late"
    write_shop(first, np.random.default_rng(5), last_day=YESTERDAY, n_days=20, n_users=24, n_items=20)
    late.mkdir()
    (first / "items.csv").write_text("item_id,title,price\nsku-0001,One,1.5\nsku-0002,Two,none\nsku-0003,Three,2\n")
    (first / "users.csv").write_text("user_id,age\ncustomer-0001,33\n,12\ncustomer-0002,44\n")
    (first / "events_wrong.csv").write_text(
        EVENTS_HEADER
        + "customer-0001,sku-0005,view,2026-11-20T10:00:00Z\n"
        + "customer-0003,sku-0006,view,2026-11-21T10:00:00Z\n"
        + "customer-0003,,view,2026-11-21T10:00:00Z\n"
    )
    (late / "events_late.csv").write_text(
        EVENTS_HEADER
        + "customer-0001,sku-0005,view,2026-11-20T10:00:00Z\n"  # as events_wrong.csv says, too, and it stays
        + "customer-0002,sku-0007,view,2026-11-10T09:00:00Z\n"
        + "customer-0099,sku-0008,view,2026-11-19T09:00:00Z\n"
        + "customer-0004,sku-0008,view,soon\n"
    )
    (late / "items_2.csv").write_text("item_id,title,price\nsku-0001,Uno,1.25\n,Nothing,1\n")
    (late / "users_2.csv").write_text("user_id,age\ncustomer-0002,45\ncustomer-0005,20\n,7\n")
    return folder


@pytest.fixture(scope="module", autouse=True)
def watched_removals() -> Iterator[None]:
    with removals():
        yield


@dataclass(frozen=True)
class Undisturbed:
    """Two days that nothing disturbed.

    Attributes:
        first_day: the lake after the first.
        content: of all tables, after both.
    """

    first_day: OwnLake
    content: Content


@pytest.fixture(scope="module")
def undisturbed(spark: object, landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    shop = OwnLake(folder / "shop", landed / "first", MORE, WatchedRunner)
    for step in FIRST_DAY:
        shop.run(step.task_id, step.day)
    first_day = shop.copy(folder / "first_day")
    do_second_day(shop, landed, set(), lambda step: None)
    found = content(shop.root)
    assert [name for name in found if not found[name] and name not in ("runs_v2",)] == []
    return Undisturbed(first_day, found)


def do_second_day(shop: OwnLake, landed: Path, disturbed: set[Step], disturb: Callable[[Step], None]) -> None:
    """The second day; `disturb` runs the disturbed steps."""
    shop.land(landed / "late")
    do_steps(shop, SECOND_DAY, disturbed, disturb)


def do_steps(shop: OwnLake, steps: Sequence[Step], disturbed: set[Step], disturb: Callable[[Step], None]) -> None:
    for step in steps:
        if step in disturbed:
            disturb(step)
        else:
            shop.runner.watch(lambda name: None)
            shop.run(step.task_id, step.day)


def kill_at_every_boundary(shop: OwnLake, step: Step) -> list[str]:
    """Run a task again and again, each time killed at the next boundary, until it gets through; where it died.

    Between one commit and the next the tables stay as they are, so it dies after each commit, and before the first. Only a
    training leaves other files, and dies on both sides.
    """
    died: list[str] = []
    is_training = shop.runner.task(step.task_id).job.engine == "horovod"

    def die_once(name: str) -> None:
        is_new_state = name.startswith(AFTER) or not died or is_training
        if name not in died and not name.startswith(WITHIN) and is_new_state:
            died.append(name)
            raise Killed(name)

    for _ in range(MAX_RUNS):
        before = check_reader(shop.root)
        boundaries = shop.runner.watch(die_once)
        try:
            shop.run(step.task_id, step.day)
        except Killed:
            assert check_reader(shop.root) == before or step.task_id in MOVES_THE_POINTER
        else:
            assert not boundaries.is_dead
            return died
    raise AssertionError(f"{step.task_id} did not get through in {MAX_RUNS} runs")


def check_kills(died: Mapping[Step, list[str]]) -> None:
    """Killed at the row `started`, at what the job writes, and at the row of the end."""
    few = {step: places for step, places in died.items() if len(places) < 4}
    assert few == {}


def test_a_job_killed_at_every_boundary_ends_as_one_that_was_not(
    landed: Path, tmp_path: Path, undisturbed: Undisturbed, disturbed: set[Step]
) -> None:
    shop = undisturbed.first_day.copy(tmp_path / "shop")
    died: dict[Step, list[str]] = {}

    def disturb(step: Step) -> None:
        died[step] = kill_at_every_boundary(shop, step)

    do_second_day(shop, landed, disturbed, disturb)
    check_kills(died)
    assert len(died[Step("ingest_events", D)]) >= 8
    assert differing(content(shop.root), undisturbed.content) == {}


@pytest.mark.long
def test_a_job_killed_on_the_first_day_ends_as_one_that_was_not(
    landed: Path, tmp_path: Path, undisturbed: Undisturbed, disturbed: set[Step]
) -> None:
    shop = OwnLake(tmp_path / "shop", landed / "first", MORE, WatchedRunner)
    died: dict[Step, list[str]] = {}

    def disturb(step: Step) -> None:
        died[step] = kill_at_every_boundary(shop, step)

    do_steps(shop, FIRST_DAY, disturbed, disturb)
    do_second_day(shop, landed, set(), disturb)
    check_kills(died)
    assert differing(content(shop.root), undisturbed.content) == {}


def overtake_once(shop: OwnLake, step: Step, where: str | None) -> Boundaries:
    """Run a task that is overtaken by a second run of itself at one boundary, or at its own table's first commit."""
    own = f"{WITHIN} {spec_of(shop.runner.task(step.task_id).writes).name} #1"
    is_done = False

    def overtake(name: str) -> None:
        nonlocal is_done
        if name == (where or own) and not is_done:
            is_done = True
            runner = shop.new_runner()
            runner.run(runner.task(step.task_id), step.day)

    boundaries: Boundaries = shop.runner.watch(overtake)
    shop.run(step.task_id, step.day)
    check_reader(shop.root)
    assert is_done, boundaries.names
    return boundaries


@pytest.mark.long
def test_a_job_overtaken_by_a_second_run_of_itself_ends_the_same(
    landed: Path, tmp_path: Path, undisturbed: Undisturbed, disturbed: set[Step]
) -> None:
    shop = OwnLake(tmp_path / "shop", landed / "first", MORE, WatchedRunner)

    def disturb(step: Step) -> None:
        overtake_once(shop, step, None)

    do_steps(shop, FIRST_DAY, disturbed, disturb)
    do_second_day(shop, landed, disturbed, disturb)
    assert differing(content(shop.root), undisturbed.content) == {}


def test_an_ingest_overtaken_at_any_of_its_commits_ends_the_same(
    landed: Path, tmp_path: Path, undisturbed: Undisturbed, request: pytest.FixtureRequest
) -> None:
    """Late events, a refused row and a retracted file at once: the ingest with most commits. Without --long, every third."""
    start = undisturbed.first_day.copy(tmp_path / "start")
    start.land(landed / "late")
    start.run("retract", D)
    step = Step("ingest_events", D)
    alone = start.copy(tmp_path / "alone")
    passed = alone.runner.watch(lambda name: None)
    alone.run(step.task_id, step.day)
    expected = content(alone.root)
    places = [name for name in passed.names if name.startswith(WITHIN) and "runs_v2" not in name]
    assert len(places) >= 6, passed.names
    differ = {}
    for number, place in enumerate(places if request.config.getoption("--long") else places[::3]):
        shop = start.copy(tmp_path / f"overtaken_{number}")
        overtake_once(shop, step, place)
        differ[place] = differing(content(shop.root), expected)
    assert not any(differ.values()), differ
