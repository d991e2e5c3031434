from datetime import date
from pathlib import Path

import pytest

from tawny.core.config import Env
from tawny.lake.arrow import ArrowLake
from tawny.tables.catalog import CATALOG
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.runs import RUNS
from tawny.testing.jobs import NUMBER

from .conftest import Tawny

pytestmark = pytest.mark.usefixtures("jobs_folder")


def test_run_writes_the_table_and_keeps_its_record(tawny: Tawny, env: Env) -> None:
    assert tawny("run", "number", "--run-date", "1998-04-23").code == 0
    lake = ArrowLake(env.root)
    rows = lake.read(CATALOG, lake.version(CATALOG), ()).to_pylist()
    assert [(row["run_date"], row["title"]) for row in rows] == [(date(1998, 4, 23), "Alien"), (date(1998, 4, 23), "Brazil")]
    (record,) = lake.read(RUNS, lake.version(RUNS), (("status", "=", "succeeded"),)).to_pylist()
    assert (record["job"], record["status"], dict(record["rows_written"])) == ("number", "succeeded", {"catalog_v2": 2})


def test_dry_run_says_what_would_be_read_and_writes_nothing(tawny: Tawny, env: Env) -> None:
    tawny("run", "number", "--run-date", "1998-04-23")
    lake = ArrowLake(env.root)
    versions = (lake.version(CATALOG), lake.version(RUNS))
    ended = tawny("run", "evaluate", "--run-date", "1998-04-23", "--dry-run")
    assert ended.code == 0
    (reads,) = [line.split() for line in ended.out.splitlines() if line.startswith(" reads")]
    assert reads == ["reads", "catalog_v2", str(versions[0]), "2"]
    assert "writes   evaluations_v2" in ended.out
    assert '"k":20' in ended.out
    assert (lake.version(CATALOG), lake.version(RUNS)) == versions
    assert not Path(lake.path(EVALUATIONS)).exists()


def test_dry_run_names_the_inputs_that_are_missing(tawny: Tawny) -> None:
    ended = tawny("run", "evaluate", "--run-date", "1998-04-23", "--dry-run")
    assert ended.code == 0
    assert "missing: nothing at" in ended.out


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("run", "nobody", "--run-date", "1998-04-23"), 2, "the job must be one of evaluate, number. Received: nobody."),
        (("run", "number.als", "--run-date", "1998-04-23"), 2, "number has no variants."),
        (("run", "number", "--run-date", "23.4.1998"), 2, "YYYY-MM-DD"),
        (("run", "evaluate", "--run-date", "1998-04-23"), 6, "inputs must be there."),
    ],
)
def test_a_wrong_call_ends_with_a_text_and_a_code(tawny: Tawny, arguments: tuple[str, ...], code: int, text: str) -> None:
    ended = tawny(*arguments)
    assert ended.code == code
    assert text in ended.err


def test_a_failed_run_is_kept_in_the_manifest(tawny: Tawny, env: Env, env_file: Path) -> None:
    with env_file.open("a") as file:
        file.write('[jobs.number]\ntitles = ","\n')
    ended = tawny("run", "number", "--run-date", "1998-04-23")
    assert (ended.code, ended.err.splitlines()[-1][:39]) == (1, "error: ValueError: an item has no title")
    lake = ArrowLake(env.root)
    (record,) = lake.read(RUNS, lake.version(RUNS), (("status", "=", "failed"),)).to_pylist()
    assert (record["status"], record["error"]) == ("failed", "ValueError: an item has no title")


def test_a_job_of_two_workers_is_launched_as_its_own_file(
    tawny: Tawny, env_file: Path, jobs_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (jobs_folder / "number.py").write_text(NUMBER.replace('engine="arrow"', 'engine="horovod"'))
    with env_file.open("a") as file:
        file.write("[horovod]\nmin_rows = 0\n")
    launched: list[tuple[list[str], int]] = []

    def launch(argv: list[str], n_workers: int) -> None:
        import tawny_jobs
        from tawny.runner.entry import run_job
        from tawny.runner.plan import load_jobs

        launched.append((argv, n_workers))
        run_job(load_jobs(tawny_jobs)["number"], argv[1:])

    monkeypatch.setattr("tawny.runner.local.launch", launch)
    assert tawny("run", "number", "--run-date", "1998-04-23").code == 0
    expected = [str(jobs_folder / "number.py"), "--run-date", "1998-04-23", "--env", str(env_file)]
    assert [(argv[:-2], argv[-2], n_workers) for argv, n_workers in launched] == [(expected, "--run-id", 2)]


def test_a_training_on_few_rows_has_one_worker(
    tawny: Tawny, jobs_folder: Path, env: Env, monkeypatch: pytest.MonkeyPatch
) -> None:
    (jobs_folder / "number.py").write_text(NUMBER.replace('engine="arrow"', 'engine="horovod"'))
    monkeypatch.setattr("tawny.runner.local.launch", None)  # nothing is started
    assert tawny("run", "number", "--run-date", "1998-04-23").code == 0
    lake = ArrowLake(env.root)
    assert lake.count(CATALOG, lake.version(CATALOG), ()) == 2


def test_one_worker_is_this_process(tawny: Tawny, env_file: Path, jobs_folder: Path, env: Env) -> None:
    (jobs_folder / "number.py").write_text(NUMBER.replace('engine="arrow"', 'engine="horovod"'))
    with env_file.open("a") as file:
        file.write("[horovod]\nworkers = 1\n")
    assert tawny("run", "number", "--run-date", "1998-04-23").code == 0
    lake = ArrowLake(env.root)
    assert lake.count(CATALOG, lake.version(CATALOG), ()) == 2


def test_the_record_of_a_run_is_that_of_its_end(tawny: Tawny, env_file: Path) -> None:
    from tawny.cli.options import local_runner
    from tawny.core.errors import WorkerError
    from tawny.runner.manifest import save_record, saved_record

    tawny("run", "number", "--run-date", "1998-04-23")
    runner = local_runner(env_file)
    runs = runner.arrow.read(RUNS, runner.arrow.version(RUNS), ()).sort_by("status").to_pylist()
    assert [(row["status"], dict(row["rows_written"])) for row in runs] == [
        ("started", {}),
        ("succeeded", {"catalog_v2": 2}),
    ]
    assert {row["run_id"] for row in runs} == {runs[0]["run_id"]}
    assert saved_record(runner.arrow, runs[0]["run_id"]).rows_written == {"catalog_v2": 2}
    started = runner.open(runner.task("number"), date(1998, 4, 23)).record
    save_record(runner.arrow, started)
    with pytest.raises(WorkerError, match=r"must save the record of their run.*1 rows of run"):
        saved_record(runner.arrow, started.run_id)
