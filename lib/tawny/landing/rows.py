"""Rows as a reader cuts them: columns under the file's own names, and what could not be cut."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tawny.landing.schema import MALFORMED_ROW


@dataclass(frozen=True)
class Rows:
    """Some rows of one file.

    Attributes:
        columns: the file's name -> strings [n] (or bytes, lists, maps, where the file has them).
        raw: strings [n], each row as it came.
        lines: int64 [n], from 1.
        faults: code by row, of the rows that are not what they should be.
        details: what came instead, for the same rows.
    """

    columns: dict[str, pa.Array]
    raw: pa.Array
    lines: pa.Array
    faults: dict[int, str]
    details: dict[int, str]

    @property
    def n_rows(self) -> int:
        """How many."""
        return len(self.raw)


def whole(columns: dict[str, pa.Array], raw: pa.Array, lines: pa.Array) -> Rows:
    """Rows that were cut as they should be."""
    return Rows(columns, raw, lines, {}, {})


def malformed(raw: Sequence[str], lines: Sequence[int], details: Sequence[str]) -> Rows:
    """Rows that could not be cut."""
    numbered = range(len(raw))
    faults = dict.fromkeys(numbered, MALFORMED_ROW)
    details_by_row = dict(zip(numbered, details, strict=True))
    return Rows({}, pa.array(raw, pa.string()), pa.array(lines, pa.int64()), faults, details_by_row)


def as_text(value: Any) -> str | None:
    """A JSON value as the text that cleaning reads: text as it is, all else as JSON.

    >>> as_text("5"), as_text(5), as_text(True), as_text(None), as_text(["a"])
    ('5', '5', 'true', None, '["a"]')
    """
    if value is None or isinstance(value, str):
        return value
    if type(value) in (int, float):  # as JSON does, and several times as fast
        return repr(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
