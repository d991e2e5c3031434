"""Errors: each names where it happened, the rule, what was received, and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class TawnyError(Exception):
    """Base of all errors that Tawny raises on purpose.

    Args:
        where: the table, file or setting, with run_date, row or column where known.
        rule: what must hold, as a sentence.
        came: what was received instead.
        do: what the reader can do about it, as a sentence.
    """

    exit_code: ClassVar[int] = 1
    is_final: ClassVar[bool] = True
    """Whether a retry would end the same, so that a person must act first."""

    def __init__(self, *, where: str, rule: str, came: str, do: str) -> None:
        super().__init__(f"{where}: {rule} Received: {came}. {do}")
        self.where, self.rule, self.came, self.do = where, rule, came, do

    def __reduce__(self) -> tuple[object, ...]:
        """So that pickle can carry keyword-only arguments from a Spark worker to the driver."""
        return _rebuild, (type(self), self.where, self.rule, self.came, self.do)


def _rebuild(error_class: type[TawnyError], where: str, rule: str, came: str, do: str) -> TawnyError:
    return error_class(where=where, rule=rule, came=came, do=do)


class ConfigError(TawnyError):
    """A setting, an argument or a job's declaration is wrong; nothing was read or written."""

    exit_code = 2


class InputError(TawnyError):
    """A landing file is not what it says it is; nothing was written."""

    exit_code = 3


class SchemaError(TawnyError):
    """A frame does not have the columns that its table declares; nothing was written."""

    exit_code = 4


class CheckError(TawnyError):
    """A check of a table, an audit or a gate failed; nothing was written, and readers stay on the previous state."""

    exit_code = 5


class StaleInputError(TawnyError):
    """A job was started before the jobs that fill its inputs."""

    exit_code = 6


class WorkerError(TawnyError):
    """A training worker died, or stopped before its last step."""

    exit_code = 7
    is_final = False


def final_exit_codes() -> frozenset[int]:
    """The exit codes after which a retry would end the same; 1 (unexpected), 7, and those of signals are not among them.

    >>> sorted(final_exit_codes())
    [2, 3, 4, 5, 6]
    """
    return frozenset(kind.exit_code for kind in TawnyError.__subclasses__() if kind.is_final)


def did_you_mean(came: str, known: Iterable[str]) -> str:
    """The question that names the known name nearest to `came`; empty where none is near.

    >>> did_you_mean("sorces", ["sources", "k"])
    'Did you mean sources?'
    >>> did_you_mean("weather", ["sources", "k"])
    ''
    """
    near = get_close_matches(came, list(known), 1)
    return f"Did you mean {near[0]}?" if near else ""
