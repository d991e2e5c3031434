"""Evaluations as rows of evaluations_v1."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from tawny.evaluation.plan import EvaluationRow


@dataclass(frozen=True)
class Judged:
    """The rows of one subject.

    Attributes:
        kind: `backtest` or `published`.
        list_date: run_date of the judged lists.
        subject: a source, or `final`.
    """

    kind: str
    list_date: date
    subject: str
    rows: list[EvaluationRow]


def evaluation_rows(judged: Iterable[Judged]) -> list[dict[str, Any]]:
    """One mapping per row of evaluations_v1, without run_date."""
    return [
        {"kind": one.kind, "list_date": one.list_date, "subject": one.subject, **asdict(row)}
        for one in judged
        for row in one.rows
    ]
