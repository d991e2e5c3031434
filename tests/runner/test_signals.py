"""A process that is asked to stop leaves a failed record, its signal's exit code, and no process behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tawny.core.config import Env
from tawny.core.errors import WorkerError
from tawny.lake.arrow import ArrowLake
from tawny.lake.base import note_of
from tawny.runner import horovod
from tawny.runner.signals import Interrupted, interruption, stop_on_signals, undisturbed
from tawny.tables.catalog import CATALOG
from tawny.tables.runs import RUNS
from tawny.testing.jobs import NUMBER

SLEEPING = NUMBER.replace(
    "    rows = [", '    print("in main", flush=True)\n    import time\n    time.sleep(60)\n    rows = ['
)
NIGHT = """
import sys, importlib
importlib.import_module("tawny_jobs").__path__ = [sys.argv.pop(1)]
from tawny.cli import main
main()
"""
# Two processes that print their ids; the child does not hear SIGTERM where `deaf` is set.
TWO = """
import os, signal, subprocess, sys, time
deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " if {deaf} else ""
code = deaf + "import time; print('up', flush=True); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
child.stdout.readline()
open({file!r} + ".part", "w").write(f"{{os.getpid()}} {{child.pid}}")
os.rename({file!r} + ".part", {file!r})
{then}
"""


def _wait_for(condition: Callable[[], Any], seconds: float = 30) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("waited in vain")


def _is_there(pid: int) -> bool:
    """Whether the process runs; one that has ended, and that nobody has waited for, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _hear_signals() -> None:
    """In a child: what this process ignores, as one started by nohup or in the background does, is not ignored there."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _runs(env: Env) -> list[dict[str, Any]]:
    lake = ArrowLake(env.root)
    return list(lake.read(RUNS, lake.version(RUNS), ()).sort_by("status").to_pylist())


@pytest.fixture
def start() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """`start(argv)`: a Python process that has said `in main`, ended after the test."""
    started: list[subprocess.Popen[str]] = []

    def run(*argv: str, until: str = "in main") -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, *argv],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_hear_signals,
        )
        started.append(process)
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any(until in line for line in lines), process.stderr.read() if process.stderr else ""
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_a_job_that_is_asked_to_stop_has_failed_with_the_signals_name(
    start: Any, jobs_folder: Path, env_file: Path, env: Env, number: signal.Signals, code: int
) -> None:
    (jobs_folder / "number.py").write_text(SLEEPING)
    process = start(str(jobs_folder / "number.py"), "--run-date", "1998-04-23", "--env", str(env_file))
    (started,) = _runs(env)
    assert (started["status"], started["job"], started["error"]) == ("started", "number", None)
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert f"error: interrupted by {number.name}; no table was left half-written. Run the same command again." in err
    failed, started = _runs(env)
    assert (failed["status"], failed["error"], failed["run_id"]) == (
        "failed",
        f"Interrupted: {number.name}",
        started["run_id"],
    )


def test_a_night_that_is_asked_to_stop_says_how_far_it_got(
    start: Any, jobs_folder: Path, env_file: Path, env: Env, tmp_path: Path
) -> None:
    (jobs_folder / "number.py").write_text(SLEEPING)
    script = tmp_path / "night.py"
    script.write_text(NIGHT)
    process = start(str(script), str(jobs_folder), "night", "--env", str(env_file))
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 143
    assert "not done: number, evaluate" in err
    assert "error: interrupted by SIGTERM" in err
    assert [row["status"] for row in _runs(env)] == ["failed", "started"]


def test_a_job_that_was_killed_is_seen_as_started(start: Any, jobs_folder: Path, env_file: Path, env: Env) -> None:
    (jobs_folder / "number.py").write_text(SLEEPING)
    process = start(str(jobs_folder / "number.py"), "--run-date", "1998-04-23", "--env", str(env_file))
    process.kill()
    process.wait()
    assert [row["status"] for row in _runs(env)] == ["started"]


def test_a_commit_names_the_run_that_the_manifest_describes(jobs_folder: Path, env_file: Path, env: Env) -> None:
    """Also where the process died after the commit and before it could say so."""
    text = NUMBER.replace("    run.write(", "    import os\n    run.write(").replace(
        "(rows))\n", "(rows))\n    os._exit(9)\n"
    )
    (jobs_folder / "number.py").write_text(text)
    call = [sys.executable, str(jobs_folder / "number.py"), "--run-date", "1998-04-23", "--env", str(env_file)]
    assert subprocess.run(call, check=False).returncode == 9
    lake = ArrowLake(env.root)
    (started,) = _runs(env)
    note = note_of(lake.commits_since(CATALOG, 0)[0])
    app_id = "catalog_v2/1998-04-23/number"
    who = {"app_id": app_id, "run_id": started["run_id"], "job": "number", "run_date": "1998-04-23"}
    assert who.items() <= note.items()
    assert (note["settings"], note["code"]) == (started["config_hash"], started["code_digest"])


@pytest.mark.parametrize("deaf", [False, True], ids=["willing", "deaf to SIGTERM"])
def test_workers_end_with_the_process_that_started_them(
    start: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deaf: bool
) -> None:
    program = TWO.format(deaf=deaf, file=str(tmp_path / "ids"), then='print("in main", flush=True); time.sleep(60)')
    script = (
        "import logging, sys; logging.basicConfig(level=logging.INFO, stream=sys.stdout)\n"
        "from tawny.runner import horovod\nfrom tawny.runner.entry import exit_on_failure\n"
        f"horovod._GRACE_SECONDS = 1\nwith exit_on_failure():\n    horovod.launch(['-c', {program!r}], 1)\n"
    )
    process = start("-c", script)
    pids = [int(pid) for pid in (tmp_path / "ids").read_text().split()]
    assert all(map(_is_there, pids))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 143
    assert not any(map(_is_there, pids))


def test_a_worker_that_outlives_a_failure_is_ended_too(tmp_path: Path) -> None:
    then = "child.stdout.close(); os.close(1); os.close(2); raise SystemExit(3)"
    program = TWO.format(deaf=False, file=str(tmp_path / "ids"), then=then).replace(
        "stdout=subprocess.PIPE)", "stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)"
    )
    with pytest.raises(WorkerError, match="exit status 3"):
        horovod.launch(["-c", program], 1)
    assert not any(_is_there(int(pid)) for pid in (tmp_path / "ids").read_text().split())


def test_a_run_whose_workers_were_killed_is_kept_as_failed(
    tmp_path: Path, jobs_folder: Path, env_file: Path, env: Env, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rank 0 said that it began, and could not say how it ended."""
    import tawny_jobs
    from tawny.runner import local
    from tawny.runner.local import LocalRunner
    from tawny.runner.plan import load_jobs

    killed = NUMBER.replace('engine="arrow"', 'engine="horovod"').replace(
        "    rows = [", "    import os\n    os._exit(9)\n    rows = ["
    )
    (jobs_folder / "number.py").write_text(killed)
    with env_file.open("a") as file:
        file.write("[horovod]\nworkers = 2\nmin_rows = 0\n")
    runner = LocalRunner(load_jobs(tawny_jobs), env_file)
    monkeypatch.setattr(local, "launch", lambda argv, n_workers: horovod.launch(argv, 1))
    with pytest.raises(WorkerError, match="exit status 9"):
        runner.run(runner.task("number"), date(1998, 4, 23))
    failed, started = _runs(env)
    assert (failed["run_id"], failed["status"], started["status"]) == (started["run_id"], "failed", "started")
    assert failed["error"].startswith("WorkerError: ")


def _send(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(0.01)


def test_lines_that_must_not_be_left_half_done_are_finished_first() -> None:
    done = []
    with pytest.raises(Interrupted, match="SIGTERM"), stop_on_signals():
        with undisturbed():
            with undisturbed():
                _send(signal.SIGTERM)
            done.append("first")
        done.append("second")
    assert done == ["first"]


def test_handlers_are_put_back_and_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_on_signals():
            _send(signal.SIGHUP)
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_thread_that_is_not_the_main_one_changes_no_handler() -> None:
    found: list[Any] = []

    def look() -> None:
        with stop_on_signals(), undisturbed():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.SIG_DFL]


def test_a_clean_up_that_fails_does_not_hide_the_signal() -> None:
    try:
        try:
            raise Interrupted(signal.SIGTERM)
        finally:
            raise OSError("the connection is gone")
    except OSError as exc:
        found = interruption(exc)
    assert found is not None
    assert (str(found), found.exit_code) == ("SIGTERM", 143)
    assert interruption(ValueError()) is None


SPARK = '''"""Count for ever."""

from tawny.core.job import Job
from tawny.runner.entry import run_job
from tawny.tables.catalog import CATALOG

def main(run):
    from pyspark.sql import functions as F

    numbers = run._lake.spark.range(1 << 44).select(F.sum(F.sqrt("id"))).persist()
    print("in main", flush=True)
    try:
        numbers.collect()
    finally:
        numbers.unpersist()


JOB = Job(main, stage="features", writes=CATALOG)

if __name__ == "__main__":
    run_job(JOB)
'''


@pytest.mark.spark
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_spark_job_in_the_middle_of_a_stage_stops_at_once(
    start: Any, jobs_folder: Path, env_file: Path, env: Env, number: signal.Signals, code: int
) -> None:
    (jobs_folder / "count.py").write_text(SPARK)
    with env_file.open("a") as file:
        file.write(f'jars = "{env.jars}"\n[spark]\ncores = 1\ndriver_memory = "1g"\nshuffle_partitions = 1\n')
    process = start(str(jobs_folder / "count.py"), "--run-date", "1998-04-23", "--env", str(env_file))
    time.sleep(3)
    asked = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - asked < 15
    assert process.returncode == code, err
    assert err.splitlines()[-1].startswith(f"error: interrupted by {number.name}"), err
    assert [(row["status"], row["error"]) for row in _runs(env)] == [
        ("failed", f"Interrupted: {number.name}"),
        ("started", None),
    ]


@pytest.mark.horovod
def test_horovodrun_takes_its_workers_with_it(start: Any, tmp_path: Path) -> None:
    program = (
        "import os, time, pathlib; rank = os.environ['HOROVOD_RANK']\n"
        f"folder = pathlib.Path({str(tmp_path)!r}); (folder / f'{{rank}}.part').write_text(str(os.getpid()))\n"
        "(folder / f'{rank}.part').rename(folder / f'{rank}.pid'); time.sleep(90)\n"
    )
    (tmp_path / "worker.py").write_text(program)
    script = (
        "from tawny.runner import horovod\nfrom tawny.runner.entry import exit_on_failure\nprint('in main', flush=True)\n"
        f"with exit_on_failure():\n    horovod.launch([{str(tmp_path / 'worker.py')!r}], 2)\n"
    )
    process = start("-c", script)
    _wait_for(lambda: len(list(tmp_path.glob("*.pid"))) == 2, seconds=60)
    pids = [int(path.read_text()) for path in tmp_path.glob("*.pid")]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143
    _wait_for(lambda: not any(map(_is_there, pids)), seconds=12)
