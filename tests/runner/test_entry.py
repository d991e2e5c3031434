import subprocess
import sys
from pathlib import Path

import pytest

import tawny_jobs
from tawny.core.config import Env
from tawny.lake.arrow import ArrowLake
from tawny.runner.entry import run_job
from tawny.runner.plan import load_jobs
from tawny.tables.catalog import CATALOG
from tawny.tables.runs import RUNS

pytestmark = pytest.mark.usefixtures("jobs_folder")


def _call(env_file: Path) -> list[str]:
    return ["--run-date", "1998-04-23", "--env", str(env_file)]


def test_a_job_file_runs_itself(env_file: Path, env: Env) -> None:
    run_job(load_jobs(tawny_jobs)["number"], _call(env_file))
    lake = ArrowLake(env.root)
    assert lake.count(CATALOG, lake.version(CATALOG), ()) == 2
    assert lake.read(RUNS, lake.version(RUNS), ())["status"].to_pylist().count("succeeded") == 1


def test_rank_1_does_the_work_but_keeps_no_record(env_file: Path, env: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = ArrowLake(env.root)
    lake.ensure([CATALOG, RUNS])
    monkeypatch.setenv("HOROVOD_RANK", "1")
    run_job(load_jobs(tawny_jobs)["number"], _call(env_file))
    assert lake.count(CATALOG, lake.version(CATALOG), ()) == 2
    assert lake.count(RUNS, lake.version(RUNS), ()) == 0


def test_a_failure_of_a_job_file_is_its_exit_code(env_file: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        run_job(load_jobs(tawny_jobs)["evaluate"], _call(env_file))
    assert ended.value.code == 6


def test_a_real_job_file_explains_itself() -> None:
    job = Path(__file__).parents[2] / "jobs" / "build_catalog.py"
    ended = subprocess.run([sys.executable, str(job), "--help"], capture_output=True, text=True, check=True)
    assert "--run-date" in ended.stdout
