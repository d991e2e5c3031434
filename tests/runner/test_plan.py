"""The plan of a night, from the declarations of made-up jobs."""

import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tawny.core import job as job_module
from tawny.core.config import NightSettings
from tawny.core.errors import ConfigError
from tawny.core.job import Job, all_tasks, find_task, job_names
from tawny.core.table import Column, TableRef, TableSpec

NIGHT = NightSettings(sources=("popularity", "als"))
AddJobs = Callable[..., None]


def table(name: str, slice_by: str | None = None) -> TableSpec:
    columns = {"run_date": Column("date", "the run"), "model": Column("string", "writer")}
    return TableSpec(
        name=name, doc=name, columns=columns, key=("run_date", "model"), mode="replace_partition",
        partition_by=("run_date", "model"), slice_by=slice_by,
    )  # fmt: skip


EVENTS, LISTS, MODELS = table("events_v1"), table("lists_v1", "model"), table("models_v1", "model")
PUBLISHED, EVALUATIONS = table("published_v1"), table("evaluations_v1")
INGEST = Job(writes=EVENTS)
TRAIN_ALS = Job(writes=MODELS["als"], reads=(EVENTS,))
TRAIN_POPULARITY = Job(writes=MODELS["popularity"], reads=(EVENTS,))
GENERATE = Job(writes=LISTS["{variant}"], reads=(MODELS["{variant}"], EVENTS), per_source=True)
PUBLISH = Job(writes=PUBLISHED, reads=(LISTS,))


@pytest.fixture
def add_jobs(monkeypatch: pytest.MonkeyPatch) -> AddJobs:
    """`add_jobs(name=JOB, ...)`: these, and no others, are the job files."""

    def add(**jobs: Job) -> None:
        modules = {name: ModuleType(name, f"Does {name}.\n\nAnd more.") for name in jobs}
        for name, job in jobs.items():
            vars(modules[name]).update(JOB=job, main=lambda run: None)
        names = list(modules)
        random.Random(3).shuffle(names)
        monkeypatch.setattr(job_module, "job_names", lambda: tuple(names))
        monkeypatch.setattr(job_module, "_module", modules.__getitem__)

    return add


def ids(night: NightSettings = NIGHT) -> list[str]:
    return [task.task_id for task in all_tasks(night)]


def test_a_job_comes_after_all_it_reads_and_before_all_that_read_it(add_jobs: AddJobs) -> None:
    add_jobs(publish=PUBLISH, generate=GENERATE, train_als=TRAIN_ALS, train_popularity=TRAIN_POPULARITY, ingest=INGEST)
    assert ids() == ["ingest", "train_als", "generate.als", "train_popularity", "generate.popularity", "publish"]


def test_a_source_needs_its_own_model_only(add_jobs: AddJobs) -> None:
    add_jobs(publish=PUBLISH, generate=GENERATE, train_als=TRAIN_ALS, train_popularity=TRAIN_POPULARITY, ingest=INGEST)
    tasks = {task.task_id: task for task in all_tasks(NIGHT)}
    needed = [other for other in tasks if tasks["generate.als"].needs(tasks[other])]
    assert needed == ["ingest", "train_als"]


def test_the_trainer_of_a_source_that_is_not_used_is_left_out(add_jobs: AddJobs) -> None:
    add_jobs(publish=PUBLISH, generate=GENERATE, train_als=TRAIN_ALS, train_popularity=TRAIN_POPULARITY, ingest=INGEST)
    assert ids(NightSettings(sources=("popularity",))) == ["ingest", "train_popularity", "generate.popularity", "publish"]


def test_evaluations_are_made_though_nobody_reads_them(add_jobs: AddJobs) -> None:
    add_jobs(
        ingest=INGEST, judge=Job(writes=EVALUATIONS, reads=(EVENTS,)), idle=Job(writes=table("idle_v1"), reads=(EVENTS,))
    )
    assert ids() == ["ingest", "judge"]


def test_earlier_partitions_make_no_edge(add_jobs: AddJobs) -> None:
    add_jobs(ingest=INGEST, publish=Job(writes=PUBLISHED, reads=(EVENTS,), reads_earlier=(EVALUATIONS,)),
             judge=Job(writes=EVALUATIONS, reads=(PUBLISHED,)))  # fmt: skip
    assert ids() == ["ingest", "publish", "judge"]


def test_a_circle_is_refused_and_its_jobs_are_named(add_jobs: AddJobs) -> None:
    add_jobs(publish=Job(writes=PUBLISHED, reads=(EVALUATIONS,)), judge=Job(writes=EVALUATIONS, reads=(PUBLISHED,)))
    with pytest.raises(ConfigError, match=r"in a circle.*judge, publish.*reads_earlier"):
        all_tasks(NIGHT)


def test_a_task_carries_its_purpose_and_its_variant(add_jobs: AddJobs) -> None:
    add_jobs(generate=GENERATE)
    task = find_task("generate.als", NIGHT)
    reads: tuple[TableRef, ...] = (MODELS["als"], EVENTS)
    assert (task.name, task.variant, task.purpose) == ("generate", "als", "Does generate.")
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
def test_a_task_that_does_not_exist_is_refused(add_jobs: AddJobs, task_id: str, text: str) -> None:
    add_jobs(generate=GENERATE, ingest=INGEST)
    with pytest.raises(ConfigError, match=text):
        find_task(task_id, NIGHT)


def test_every_file_of_the_jobs_folder_is_a_job() -> None:
    folder = Path(__file__).parents[2] / "jobs"
    assert job_names() == tuple(sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__"))
