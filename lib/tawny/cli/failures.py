"""How a failure ends the process: its text on standard error, its exit code, the traceback only under --verbose."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile

from tawny.core.errors import TawnyError

logger = logging.getLogger(__name__)

INTERRUPTED = 130


@contextmanager
def exit_on_failure() -> Iterator[None]:
    """Turn whatever is raised inside into one `error: ...` text and an exit code (TawnyError.exit_code, else 1)."""
    try:
        yield
    except KeyboardInterrupt:
        _end("interrupted; what was written stays as it was. Run the same command again.", INTERRUPTED)
    except Exception as exc:
        logger.debug("where it was raised:", exc_info=True)
        _end(text_of(exc), exit_code_of(exc))


def exit_code_of(exc: BaseException) -> int:
    """The exit code that stands for this exception."""
    return exc.exit_code if isinstance(exc, TawnyError) else 1


def text_of(exc: BaseException) -> str:
    r"""The exception as people want to read it: without the stack of the JVM.

    >>> text_of(ValueError("no such column\n\nJVM stacktrace:\n\tat org.apache"))
    'ValueError: no such column (`tawny --verbose ...` shows where)'
    """
    if isinstance(exc, TawnyError):
        return str(exc)
    lines = takewhile(lambda line: not line.startswith(("\tat ", "JVM stacktrace")), str(exc).splitlines())
    text = " ".join(line.strip() for line in lines if line.strip())
    return f"{type(exc).__name__}: {text} (`tawny --verbose ...` shows where)"


def _end(text: str, code: int) -> None:
    sys.stderr.write(f"error: {text}\n")
    raise SystemExit(code)
