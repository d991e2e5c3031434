"""Launching: the command line, the environment, and what a failure says."""

import logging
import sys
from pathlib import Path

import pytest

from tawny.core.errors import WorkerError
from tawny.training import launch


def test_one_worker_needs_no_horovodrun() -> None:
    assert launch.command(["-m", "job"], 1) == [sys.executable, "-m", "job"]


def test_several_workers_are_started_by_the_horovodrun_beside_the_interpreter() -> None:
    horovodrun = str(Path(sys.executable).parent / "horovodrun")
    expected = [horovodrun, "-np", "3", "-H", "localhost:3", "--gloo", sys.executable, "job.py", "--fold", "test"]
    assert launch.command(["job.py", "--fold", "test"], 3) == expected


def test_workers_share_the_cores_and_the_callers_settings_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch.os, "cpu_count", lambda: 8)
    environment = launch.environment(4, {"TF_CPP_MIN_LOG_LEVEL": "0", "PATH": "/bin"})
    assert environment["TF_NUM_INTRAOP_THREADS"] == "2"
    assert environment["TF_CPP_MIN_LOG_LEVEL"] == "0"
    assert environment["PATH"] == "/bin"


def test_output_goes_to_the_log_and_a_failure_tells_its_end(caplog: pytest.LogCaptureFixture) -> None:
    code = "print('a line'); raise SystemExit('the reason')"
    with caplog.at_level(logging.INFO), pytest.raises(WorkerError, match=r"(?s)exit status 1.*the reason"):
        launch.launch(["-c", code], 1)
    assert "a line" in caplog.messages
