"""Starts a Python program on N workers by horovodrun, on this machine."""

import logging
import os
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from tawny.core.errors import ConfigError, WorkerError

logger = logging.getLogger(__name__)

_TAIL_LINES = 40


def command(argv: Sequence[str], n_workers: int) -> list[str]:
    """The command line that runs `python *argv` on `n_workers` workers; with one worker, no horovodrun.

    Args:
        argv: what follows `python`: a file and its arguments, or `-m` and a module.
        n_workers: positive.

    >>> command(["train.py", "--epochs", "2"], 2)[1:]  # doctest: +ELLIPSIS
    ['-np', '2', '-H', 'localhost:2', '--gloo', '...', 'train.py', '--epochs', '2']
    """
    program = [sys.executable, *argv]
    if n_workers == 1:
        return program
    horovodrun = str(Path(sys.executable).parent / "horovodrun")
    return [horovodrun, "-np", str(n_workers), "-H", f"localhost:{n_workers}", "--gloo", *program]


def environment(n_workers: int, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The workers' environment: quiet, and with no more threads than cores; what `base` sets stays as it is."""
    threads = max(1, (os.cpu_count() or 1) // n_workers)
    ours = {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "HOROVOD_LOG_LEVEL": "error",
        "OMP_NUM_THREADS": str(threads),
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": "1",
    }
    return ours | dict(base)


def launch(argv: Sequence[str], n_workers: int) -> None:
    """Run `python *argv` on `n_workers` workers, wait for it, and pass its output on to the log line by line.

    Args:
        argv: as of `command`.
        n_workers: positive.

    Raises:
        ConfigError: horovodrun is not beside the Python interpreter.
        WorkerError: the program failed; the text ends with the last lines of its output.
    """
    line = command(argv, n_workers)
    if n_workers > 1 and not Path(line[0]).exists():
        rule = "horovodrun must be installed beside the Python interpreter."
        raise ConfigError(
            where="training", rule=rule, came=f"no {line[0]}", do="Run `make install`, or train with one worker."
        )
    with subprocess.Popen(
        line, env=environment(n_workers), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        tail = _pass_on(process)
        code = process.wait()
    if code:
        raise WorkerError(
            where=" ".join(argv),
            rule=f"all {n_workers} workers must end without an error.",
            came=f"exit status {code}, after:\n" + "\n".join(tail) + "\n",
            do="Correct the cause and start again: a training goes on from its checkpoint.",
        )


def _pass_on(process: "subprocess.Popen[str]") -> deque[str]:
    """Log the lines as they come; the last of them."""
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    for line in process.stdout or ():
        tail.append(line.rstrip())
        logger.info(tail[-1])
    return tail
