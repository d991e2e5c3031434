"""How much memory a run took: the resident memory of this process and its children, looked at while the run goes on."""

import threading
from types import TracebackType
from typing import Any, Self

SECONDS_BETWEEN = 0.25


class PeakMemory:
    """The largest sum of resident memory, in bytes, of this process and all below it: the JVM, Spark's workers, Horovod's.

    It is sampled, so a peak between two looks is missed, and pages that processes share count once for each. Executors on
    other machines are not seen. A JVM gives little back, so a job after a large one shows some of that one's memory.
    """

    def __init__(self) -> None:
        self.n_bytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)

    def __enter__(self) -> Self:
        """Look once, and go on looking."""
        self._look()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, where: TracebackType | None) -> None:
        """Look once more."""
        self._stop.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._stop.wait(SECONDS_BETWEEN):
            self._look()

    def _look(self) -> None:
        import psutil  # here, because job files are read where it is not installed

        own = psutil.Process()
        self.n_bytes = max(self.n_bytes, sum(_resident(process) for process in [own, *own.children(recursive=True)]))


def _resident(process: Any) -> int:
    import psutil

    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:  # it ended since it was listed
        return 0
