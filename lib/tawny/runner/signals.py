"""Signals that ask this process to stop become an exception in the main thread, so that a run still saves its record."""

import _thread
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""What a scheduler, Ctrl-C and a closed terminal send."""


class Interrupted(BaseException):
    """A signal asked this process to stop. No Exception, so that nothing takes it for a failure and goes on.

    Attributes:
        exit_code: as shells have it, 128 + the signal's number: 143 for SIGTERM, 130 for SIGINT.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


@dataclass
class _State:
    """Of the main thread, the only one in which Python handles signals."""

    n_undisturbed: int = 0
    waiting: int | None = None
    on_stop: list[Callable[[], object]] = field(default_factory=list)


_STATE = _State()


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """While inside, a signal raises Interrupted in the main thread; what the caller was told to ignore stays ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    _STATE.waiting, _STATE.on_stop = None, []
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, _handle)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """While inside, signals wait, and then raise: for the lines that must not be left half done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _STATE.n_undisturbed += 1
    try:
        yield
    finally:
        _STATE.n_undisturbed -= 1
        if _STATE.waiting is not None and not _STATE.n_undisturbed:
            number, _STATE.waiting = _STATE.waiting, None
            raise Interrupted(number)


def on_stop(action: Callable[[], object]) -> None:
    """Call `action` in a thread of its own when a signal comes, to end what the main thread is waiting for."""
    _STATE.on_stop.append(action)


def interruption(exc: BaseException) -> Interrupted | None:
    """The Interrupted that `exc` is, or that was being handled when it was raised: clean-up may fail in its turn."""
    seen: set[int] = set()
    here: BaseException | None = exc
    while here is not None and id(here) not in seen:
        if isinstance(here, Interrupted):
            return here
        seen.add(id(here))
        here = here.__cause__ or here.__context__
    return None


def _handle(number: int, frame: FrameType | None) -> None:
    for action in _STATE.on_stop:
        # `threading` takes locks that the interrupted line may hold.
        _thread.start_new_thread(action, ())
    if _STATE.n_undisturbed:
        _STATE.waiting = number
    else:
        raise Interrupted(number)
