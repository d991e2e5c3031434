"""What is running and for how long: a live line on a terminal, plain lines elsewhere."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tawny.cli.night import Watch

logger = logging.getLogger(__name__)


@contextmanager
def progress(n_steps: int) -> Iterator[Watch]:
    """Give a `watch`: a context manager to enter around every step, with the step's name."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain(n_steps)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as display, _log_above():
        yield _live(display, n_steps)


def _plain(n_steps: int) -> Watch:
    numbers = iter(range(1, n_steps + 1))

    def watch(name: str) -> nullcontext[None]:
        logger.info("step %d of %d: %s", next(numbers), n_steps, name)
        return nullcontext()

    return watch


def _live(display: Progress, n_steps: int) -> Watch:
    whole = display.add_task("night", total=n_steps)

    @contextmanager
    def watch(name: str) -> Iterator[None]:
        running = display.add_task(name, total=None)
        try:
            yield
        finally:
            display.remove_task(running)
        display.advance(whole)

    return watch


@contextmanager
def _log_above() -> Iterator[None]:
    """While a display is live, log to the standard error that it has put in place: lines go above it, not through it."""
    handlers = [handler for handler in logging.getLogger().handlers if isinstance(handler, logging.StreamHandler)]
    before = [handler.setStream(sys.stderr) for handler in handlers]
    try:
        yield
    finally:
        for handler, stream in zip(handlers, before, strict=True):
            if stream is not None:
                handler.setStream(stream)
