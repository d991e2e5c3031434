"""Retries writes that collide with another writer."""

import logging
from collections.abc import Callable
from typing import TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Of several writers that collide one always succeeds, so up to this many at once all do.
ATTEMPTS = 10


def retry(collision: type[Exception] | tuple[type[Exception], ...], write: Callable[[], T]) -> T:
    """`write()`, tried again on the newest state of the table while it raises `collision`; the last error is raised."""
    for attempt in range(1, ATTEMPTS):
        try:
            return write()
        except collision as exc:
            logger.debug("attempt %d collided with another writer: %s", attempt, exc)
    return write()
