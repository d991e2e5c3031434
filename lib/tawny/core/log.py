"""Logging: every module has its own logger, only the command line configures logging, and a job ends with one line."""

import logging
import sys
from collections.abc import Mapping


def configure(*, verbose: bool = False) -> None:
    """Send Tawny's log to standard error; of libraries only warnings and errors."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.WARNING, stream=sys.stderr)
    logging.getLogger("tawny").setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.getLogger("py4j").setLevel(logging.ERROR)


def key_values(values: Mapping[str, object]) -> str:
    """`key=value key=value`, without the values that are None.

    >>> key_values({"job": "rank", "variant": None, "seconds": 1.25})
    'job=rank seconds=1.25'
    """
    return " ".join(f"{key}={value}" for key, value in values.items() if value is not None)
