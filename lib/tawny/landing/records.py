"""CSV records that may stand in quotation marks and go over several lines (RFC 4180), each with its lines as they came."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

NumberedLine = tuple[int, str]


@dataclass(frozen=True)
class Record:
    """One record.

    Attributes:
        fields: None where the line is not CSV.
        error: why it is not.
    """

    line: int
    raw: str
    fields: list[str] | None
    error: str = ""


def records(lines: Iterable[NumberedLine], delimiter: str) -> Iterator[Record]:
    """The records of these lines, which keep their ends; empty lines are none.

    A quotation mark that is never closed would swallow all that follows: only its own line is given up, and reading
    goes on with the next.
    """
    tape = _Tape(lines)
    reader = csv.reader(tape, delimiter=delimiter, strict=True)
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            number, raw = tape.give_back_all_but_first()
            yield Record(number, raw.rstrip("\r\n"), None, str(exc))
            reader = csv.reader(tape, delimiter=delimiter, strict=True)
            continue
        number, raw = tape.take()
        if fields:
            yield Record(number, raw.rstrip("\r\n"), fields)


class _Tape:
    """An iterator over lines that remembers those since the last record."""

    def __init__(self, lines: Iterable[NumberedLine]) -> None:
        self._lines, self._back, self._taken = iter(lines), deque[NumberedLine](), list[NumberedLine]()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        numbered = self._back.popleft() if self._back else next(self._lines)
        self._taken.append(numbered)
        return numbered[1]

    def take(self) -> NumberedLine:
        taken, self._taken = self._taken, []
        return taken[0][0], "".join(line for _, line in taken)

    def give_back_all_but_first(self) -> NumberedLine:
        first, *others = self._taken
        self._taken = []
        self._back.extendleft(reversed(others))
        return first
