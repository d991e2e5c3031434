"""Doing a write again that lost against another writer."""

import logging
from collections.abc import Callable
from typing import TypeVar

logger = logging.getLogger(__name__)

# Of writers that collide one always wins, so this many may collide at once before one of them fails.
ATTEMPTS = 10

T = TypeVar("T")


def again_on(collision: type[Exception] | tuple[type[Exception], ...], act: Callable[[], T]) -> T:
    """`act()`, done again from the newest state of the table while it raises `collision`; its last error is raised."""
    for attempt in range(1, ATTEMPTS):
        try:
            return act()
        except collision as exc:
            logger.debug("attempt %d collided with another writer: %s", attempt, exc)
    return act()
