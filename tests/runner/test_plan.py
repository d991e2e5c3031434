"""The plan of a night, from the declarations of small jobs."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tawny_jobs
from tawny.core.config import Env, NightSettings
from tawny.core.errors import ConfigError
from tawny.core.job import STAGES, Job
from tawny.core.settings import Settings
from tawny.core.table import Column, TableRef, TableSpec
from tawny.runner.plan import Jobs, check_job_settings, find_task, load_jobs, night_tasks
from tawny.testing.jobs import make_job

NIGHT = NightSettings(sources=("popularity", "als"))


def table(name: str, slice_by: str | None = None) -> TableSpec:
    columns = {"run_date": Column("date", "the run"), "model": Column("string", "writer")}
    return TableSpec(
        name=name, doc=name, columns=columns, key=("run_date", "model"), mode="replace_partition",
        partition_by=("run_date", "model"), slice_by=slice_by,
    )  # fmt: skip


EVENTS, LISTS, MODELS = table("events_v2"), table("lists_v1", "model"), table("models_v1", "model")
PUBLISHED, EVALUATIONS = table("published_v2"), table("evaluations_v2")


def shuffled(*jobs: Job) -> Jobs:
    """The jobs by name, in an order that means nothing."""
    order = list(jobs)
    random.Random(3).shuffle(order)
    return {job.name: job for job in order}


INGEST = make_job("ingest", stage="ingest", writes=EVENTS)
TRAIN_ALS = make_job("train_als", stage="training", writes=MODELS["als"], reads=(EVENTS,))
TRAIN_POPULARITY = make_job("train_popularity", stage="training", writes=MODELS["popularity"], reads=(EVENTS,))
GENERATE = make_job(
    "generate", stage="candidates", writes=LISTS["{variant}"], reads=(MODELS["{variant}"], EVENTS), per_source=True
)
PUBLISH = make_job("publish", stage="publishing", writes=PUBLISHED, reads=(LISTS,))
SHOP = shuffled(PUBLISH, GENERATE, TRAIN_ALS, TRAIN_POPULARITY, INGEST)


def ids(jobs: Jobs, night: NightSettings = NIGHT) -> list[str]:
    return [task.task_id for task in night_tasks(jobs, night)]


def test_a_job_comes_after_all_it_reads_and_before_all_that_read_it() -> None:
    assert ids(SHOP) == ["ingest", "train_als", "train_popularity", "generate.als", "generate.popularity", "publish"]


def test_of_jobs_that_are_ready_the_earlier_stage_comes_first_then_the_name() -> None:
    late = make_job("a_report", stage="evaluation", writes=EVALUATIONS, reads=(EVENTS,))
    assert ids(shuffled(*SHOP.values(), late))[-2:] == ["a_report", "publish"]


def test_a_source_needs_its_own_model_only() -> None:
    tasks = {task.task_id: task for task in night_tasks(SHOP, NIGHT)}
    needed = [other for other in tasks if tasks["generate.als"].needs(tasks[other])]
    assert needed == ["ingest", "train_als"]


def test_the_trainer_of_a_source_that_is_not_used_is_left_out() -> None:
    night = NightSettings(sources=("popularity",))
    assert ids(SHOP, night) == ["ingest", "train_popularity", "generate.popularity", "publish"]


def test_evaluations_are_made_though_nobody_reads_them() -> None:
    evaluate = make_job("evaluate", stage="evaluation", writes=EVALUATIONS, reads=(EVENTS,))
    idle = make_job("idle", writes=table("idle_v1"), reads=(EVENTS,))
    assert ids(shuffled(INGEST, evaluate, idle)) == ["ingest", "evaluate"]


def test_a_job_that_is_started_by_hand_is_in_no_night_and_makes_no_edge() -> None:
    by_hand = make_job("roll_back", stage="publishing", writes=PUBLISHED, reads=(LISTS,), is_nightly=False)
    assert ids(shuffled(*SHOP.values(), by_hand)) == ids(SHOP)


def test_earlier_partitions_make_no_edge() -> None:
    publish = make_job("publish", stage="publishing", writes=PUBLISHED, reads=(EVENTS,), reads_earlier=(EVALUATIONS,))
    evaluate = make_job("evaluate", stage="publishing", writes=EVALUATIONS, reads=(PUBLISHED,))
    assert ids(shuffled(INGEST, publish, evaluate)) == ["ingest", "publish", "evaluate"]


def test_a_circle_is_refused_and_its_jobs_are_named() -> None:
    publish = make_job("publish", writes=PUBLISHED, reads=(EVALUATIONS,))
    evaluate = make_job("evaluate", writes=EVALUATIONS, reads=(PUBLISHED,))
    with pytest.raises(ConfigError, match=r"in a circle.*evaluate, publish.*reads_earlier"):
        night_tasks(shuffled(publish, evaluate), NIGHT)


def test_a_task_carries_its_purpose_and_its_variant() -> None:
    task = find_task(SHOP, "generate.als", NIGHT)
    reads: tuple[TableRef, ...] = (MODELS["als"], EVENTS)
    assert (task.job.name, task.variant, task.job.purpose) == ("generate", "als", "Does generate.")
    assert (task.writes, task.reads) == (LISTS["als"], reads)


@pytest.mark.parametrize(
    ("task_id", "text"),
    [
        ("nothing", r"the job must be one of .*Received: nothing"),
        ("generate", r"named as generate\.<source> \(popularity, als\)\. Received: generate"),
        ("generate.bert", r"named as generate\.<source> \(popularity, als\)\. Received: generate\.bert"),
        ("ingest.als", r"ingest has no variants\. Received: ingest\.als"),
    ],
)
def test_a_task_that_does_not_exist_is_refused(task_id: str, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        find_task(SHOP, task_id, NIGHT)


class AlsSettings(Settings):
    """Settings of a small job."""

    rank: int = 8


SET = shuffled(INGEST, make_job("train_als", writes=MODELS["als"], settings=AlsSettings))
EnvOf = Callable[..., Env]


@pytest.fixture
def env_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EnvOf:
    """An env with these job settings, and a conf folder of its own."""
    (tmp_path / "conf").mkdir()
    monkeypatch.setenv("TAWNY_CONF", str(tmp_path / "conf"))

    def make(**jobs: dict[str, Any]) -> Env:
        return Env(root="/lake", landing="/landing", jobs=jobs)

    return make


def test_settings_of_a_job_that_does_not_exist_are_refused_with_a_guess(env_of: EnvOf) -> None:
    with pytest.raises(ConfigError, match=r"\[jobs\.tran_als\]: settings must be those of a job.*Did you mean train_als\?"):
        check_job_settings(SET, env_of(tran_als={"rank": 4}))


def test_a_conf_file_of_a_job_that_does_not_exist_is_refused(env_of: EnvOf, tmp_path: Path) -> None:
    (tmp_path / "conf" / "nightly.toml").write_text("k = 3")
    check_job_settings(SET, env_of())
    (tmp_path / "conf" / "train_alz.toml").write_text("rank = 4")
    with pytest.raises(ConfigError, match=r"train_alz\.toml.*Received: train_alz"):
        check_job_settings(SET, env_of())


def test_a_wrong_key_of_any_job_is_refused_before_anything_runs(env_of: EnvOf) -> None:
    check_job_settings(SET, env_of(train_als={"rank": 4}))
    with pytest.raises(ConfigError, match=r"settings of train_als: .*known here: rank.*ranks = 4"):
        check_job_settings(SET, env_of(train_als={"ranks": 4}))


def test_a_job_file_that_was_copied_away_from_the_others_knows_its_own_settings_only(env_of: EnvOf) -> None:
    alone = {"train_als": SET["train_als"]}
    check_job_settings(alone, env_of(ingest={"anything": 1}, train_als={"rank": 4}))
    with pytest.raises(ConfigError, match="ranks = 4"):
        check_job_settings(alone, env_of(train_als={"ranks": 4}))


def test_days_to_keep_of_a_table_that_is_not_there_are_refused() -> None:
    check_job_settings(load_jobs(tawny_jobs), Env(root="/lake", landing="/landing", keep_days={"events": 400}))
    with pytest.raises(ConfigError, match=r"the table must be one of .*events_v2.*Received: event\."):
        check_job_settings(load_jobs(tawny_jobs), Env(root="/lake", landing="/landing", keep_days={"event": 400}))


def test_every_file_of_the_jobs_folder_is_a_job_named_as_its_file() -> None:
    folder = Path(__file__).parents[2] / "jobs"
    jobs = load_jobs(tawny_jobs)
    assert list(jobs) == sorted(path.stem for path in folder.glob("[!_]*.py"))
    assert {name: job.name for name, job in jobs.items()} == {name: name for name in jobs}


def test_the_page_of_the_jobs_package_lists_the_night_in_its_order() -> None:
    text = (tawny_jobs.__doc__ or "").splitlines()
    listed = [line.split()[0] for line in text if line.startswith("    ") and line.split()[0] in load_jobs(tawny_jobs)]
    order = list(dict.fromkeys(task.job.name for task in night_tasks(load_jobs(tawny_jobs), NightSettings())))
    by_hand = {job.name for job in load_jobs(tawny_jobs).values() if not job.is_nightly}
    assert [name for name in listed if name not in by_hand] == order
    assert set(listed) == {*order, *by_hand}


def test_no_job_reads_what_a_later_stage_writes() -> None:
    tasks = night_tasks(load_jobs(tawny_jobs), NightSettings())
    stages = [STAGES.index(task.job.stage) for task in tasks]
    assert stages == sorted(stages)
