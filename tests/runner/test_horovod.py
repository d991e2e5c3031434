"""Workers: the command line, the share of the cores, and what a failure says."""

import logging
import os
import sys
from pathlib import Path

import pytest

from tawny.core.errors import WorkerError
from tawny.runner import horovod


def test_one_worker_needs_no_horovodrun() -> None:
    assert horovod.command(["-m", "job"], 1) == [sys.executable, "-m", "job"]


def test_several_workers_are_started_by_the_horovodrun_beside_the_interpreter() -> None:
    horovodrun = str(Path(sys.executable).parent / "horovodrun")
    expected = [horovodrun, "-np", "3", "-H", "localhost:3", "--gloo", sys.executable, "job.py", "--fold", "test"]
    assert horovod.command(["job.py", "--fold", "test"], 3) == expected


def test_another_interpreter_and_other_hosts_may_be_named() -> None:
    expected = ["/opt/bin/horovodrun", "-np", "4", "-H", "one:2,two:2", "--gloo", "/opt/bin/python", "job.py"]
    assert horovod.command(["job.py"], 4, python="/opt/bin/python", hosts="one:2,two:2") == expected


def test_a_job_file_is_given_its_day_its_variant_and_the_env_file() -> None:
    assert horovod.job_arguments("1998-04-23", None, None) == ["--run-date", "1998-04-23"]
    expected = ["--run-date", "1998-04-23", "--variant", "als", "--env", "/etc/my.toml"]
    assert horovod.job_arguments("1998-04-23", "als", Path("/etc/my.toml")) == expected


def test_workers_share_the_cores_of_their_machine_and_the_callers_settings_win(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"HOROVOD_LOCAL_SIZE": "4", "OMP_NUM_THREADS": "3"}
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "environ", environment)
    horovod.share_cores()
    assert environment["OMP_NUM_THREADS"] == "3"
    assert (environment["TF_NUM_INTRAOP_THREADS"], environment["TF_NUM_INTEROP_THREADS"]) == ("2", "1")


def test_one_worker_keeps_all_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"HOROVOD_LOCAL_SIZE": "1"}
    monkeypatch.setattr(os, "environ", environment)
    horovod.share_cores()
    assert environment == {"HOROVOD_LOCAL_SIZE": "1"}


def test_output_is_logged_and_a_failure_shows_its_last_lines(caplog: pytest.LogCaptureFixture) -> None:
    code = "print('a line'); raise SystemExit('the reason')"
    with caplog.at_level(logging.INFO), pytest.raises(WorkerError, match=r"(?s)exit status 1.*the reason"):
        horovod.launch(["-c", code], 1)
    assert "a line" in caplog.messages
