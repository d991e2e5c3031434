"""How a job is started on several workers; the only place that says so.

The command line and the environment are the same on a laptop and under Airflow, so both train the same model.
"""

import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

from tawny.core.errors import ConfigError, WorkerError
from tawny.runner.signals import undisturbed

logger = logging.getLogger(__name__)

ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "HOROVOD_LOG_LEVEL": "error"}
"""For fewer log lines. The caller's environment takes precedence. oneDNN stays on: a step takes 33 ms, without it 46."""

_TAIL_LINES = 40
# horovodrun gives its workers 5 seconds, and then their shells another 5.
_GRACE_SECONDS = 15
# TensorFlow's C++ code prints this before it reads TF_CPP_MIN_LOG_LEVEL; it is logged at DEBUG level.
_NOISE = re.compile(r"^(\[\d+\]<stderr>:)?(WARNING: All log messages before absl::InitializeLog|I0000 )")


def job_arguments(run_date: str, variant: str | None, env_file: Path | None) -> list[str]:
    """The arguments of a job file, under every scheduler; `run_date` as YYYY-MM-DD, or a scheduler's placeholder for it."""
    of_variant = ["--variant", variant] if variant else []
    return ["--run-date", run_date, *of_variant, *(["--env", str(env_file)] if env_file else [])]


def command(argv: Sequence[str], n_workers: int, *, python: str = sys.executable, hosts: str | None = None) -> list[str]:
    """The command line that runs `python *argv` on `n_workers` workers; with one worker, no horovodrun.

    Args:
        argv: what follows `python`: a file and its arguments, or `-m` and a module.
        n_workers: positive.
        python: the interpreter; horovodrun is in the same folder.
        hosts: of horovodrun (`one:4,two:4`); default: this machine.

    >>> command(["train.py", "--epochs", "2"], 2)[1:]  # doctest: +ELLIPSIS
    ['-np', '2', '-H', 'localhost:2', '--gloo', '...', 'train.py', '--epochs', '2']
    """
    program = [python, *argv]
    if n_workers == 1:
        return program
    horovodrun = str(Path(python).parent / "horovodrun")
    return [horovodrun, "-np", str(n_workers), "-H", hosts or f"localhost:{n_workers}", "--gloo", *program]


def share_cores() -> None:
    """Give this worker its share of the machine's cores, unless the environment sets the number of threads.

    The worker calls it before numpy or TensorFlow is imported: only the worker knows the machine it runs on.
    """
    n_workers = int(os.environ.get("HOROVOD_LOCAL_SIZE", "1"))
    if n_workers > 1:
        threads = str(max(1, (os.cpu_count() or 1) // n_workers))
        os.environ.setdefault("OMP_NUM_THREADS", threads)
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", threads)
        os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")


def launch(argv: Sequence[str], n_workers: int) -> None:
    """Run `python *argv` on `n_workers` workers, wait for it, and log its output line by line.

    However it ends, also by a signal to this process, no worker is left behind.

    Args:
        argv: as of `command`.
        n_workers: positive.

    Raises:
        ConfigError: horovodrun is not beside the Python interpreter.
        WorkerError: the program failed; the error ends with the last lines of its output.
    """
    cmd = command(argv, n_workers)
    if n_workers > 1 and not Path(cmd[0]).exists():
        rule = "horovodrun must be installed beside the Python interpreter."
        raise ConfigError(
            where="training", rule=rule, came=f"no {cmd[0]}", do="Run `make install`, or train with one worker."
        )
    tail, code = _run(cmd)
    if code:
        raise WorkerError(
            where=" ".join(argv),
            rule=f"all {n_workers} workers must end without an error.",
            came=f"exit status {code}, after:\n" + "\n".join(tail) + "\n",
            do="Fix the cause and run it again: training resumes from its checkpoint.",
        )


def _run(cmd: Sequence[str]) -> tuple[deque[str], int]:
    """Run the command in a process group of its own; its last lines and exit status."""
    process = None
    try:
        with undisturbed():  # a signal must not come between the start of the process and its name
            process = subprocess.Popen(
                cmd, env=ENVIRONMENT | os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, errors="replace", start_new_session=True,
            )  # fmt: skip
        return _log_output(process), process.wait()
    finally:
        if process:
            with undisturbed():
                _end_group(process)


def _end_group(process: "subprocess.Popen[str]") -> None:
    """End all processes of the group that are left: by SIGTERM, and by SIGKILL those that have not ended in time."""
    # They must not wait for someone to read their last lines.
    Thread(target=_log_output, args=(process,), daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGKILL):
        if _send(process, number):
            logger.info("%s to the workers' process group %d", number.name, process.pid)
        until = time.monotonic() + _GRACE_SECONDS
        while _send(process, 0) and time.monotonic() < until:
            time.sleep(0.05)
    process.wait()


def _send(process: "subprocess.Popen[str]", number: int) -> bool:
    """Whether the process group has a process left to which the signal (0: none) could be sent."""
    process.poll()  # or it would stay in the group as a zombie
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return False
    return True


def _log_output(process: "subprocess.Popen[str]") -> deque[str]:
    """Log the lines as they arrive, and return the last ones."""
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    for line in process.stdout or ():
        tail.append(line.rstrip())
        logger.log(logging.DEBUG if _NOISE.match(tail[-1]) else logging.INFO, tail[-1])
    return tail
