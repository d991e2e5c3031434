"""Shows which step is running: a live display on a terminal, log lines elsewhere."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tawny.runner.night import Watch

logger = logging.getLogger(__name__)


@contextmanager
def progress(n_steps: int) -> Iterator[Watch]:
    """Yield `watch`: called with a step's name, it gives the context manager to run the step in."""
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
    night = display.add_task("night", total=n_steps)

    @contextmanager
    def watch(name: str) -> Iterator[None]:
        running = display.add_task(name, total=None)
        try:
            yield
        finally:
            display.remove_task(running)
        display.advance(night)

    return watch


@contextmanager
def _log_above() -> Iterator[None]:
    """While a display is live, log through the standard error that it replaced, so that lines appear above it."""
    handlers = [handler for handler in logging.getLogger().handlers if isinstance(handler, logging.StreamHandler)]
    before = [handler.setStream(sys.stderr) for handler in handlers]
    try:
        yield
    finally:
        for handler, stream in zip(handlers, before, strict=True):
            if stream is not None:
                handler.setStream(stream)
