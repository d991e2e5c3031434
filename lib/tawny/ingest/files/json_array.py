"""JSON files: one array of objects, read element by element; a file of objects one a line is read as JSON Lines."""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tawny.ingest.files.file import LandingFile, Part, input_error
from tawny.ingest.files.jsonl import read_jsonl, rows_of_lines
from tawny.ingest.files.rows import Rows
from tawny.ingest.files.text import CHUNK_BYTES, MAX_LINE_BYTES

_ELEMENTS_AT_ONCE = 20_000
_BLANK = re.compile(r"[ \t\r\n]*")
# Within an element only strings, in which brackets mean nothing, and brackets count.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]|"', re.DOTALL)
_SCALAR_END = re.compile(r"[,\]]")
_WHOLE = "a JSON file holds one array of objects, from `[` to `]`."


@dataclass(frozen=True)
class Element:
    """An element of the array; its number is from 1."""

    number: int
    raw: str


def begins_as_array(start: str) -> bool:
    """Whether the text is one array, and not one object a line."""
    return start.lstrip("\ufeff \t\r\n").startswith("[")


def read_json(part: Part) -> Iterator[Rows]:
    """The rows of a part; the line of a row of an array is its place in the array, from 1."""
    if not part.is_array:
        yield from read_jsonl(part)
        return
    batch: list[Element] = []
    for element in elements(part.file):
        batch.append(element)
        if len(batch) == _ELEMENTS_AT_ONCE:
            yield from _rows(batch, part)
            batch = []
    yield from _rows(batch, part)


def _rows(batch: list[Element], part: Part) -> Iterator[Rows]:
    return rows_of_lines([one.raw for one in batch], [one.number for one in batch], part.file, part.names)


def elements(file: LandingFile) -> Iterator[Element]:
    """The elements as they stand in the file, whether they are JSON within or not; no more than a chunk is held at once.

    Raises:
        InputError: the array is not closed, as in a file that was cut, or something follows it; an element is too long.
    """
    text = _Text(file)
    text.skip()
    if text.next_char() != "[":
        raise input_error(file, _WHOLE, "what begins otherwise")
    text.at += 1
    number = 0
    text.skip()
    while text.next_char() != "]":
        number += 1
        yield Element(number, text.take_element(number))
        text.skip()
        if text.next_char() == ",":
            text.at += 1
            text.skip()
        elif text.next_char() != "]":
            raise input_error(file, _WHOLE, f"no comma and no `]` after element {number}", line=number)
    text.at += 1
    text.skip()
    if text.next_char():
        raise input_error(file, _WHOLE, f"{text.next_char()!r} after the array of {number} elements")


class _Text:
    """The decoded text of a file from `at` on, as far as it was read."""

    def __init__(self, file: LandingFile) -> None:
        self._file, self._chunks = file, _chunks(file)
        self._decoder = json.JSONDecoder()
        self._text, self.at = "", 0

    def next_char(self) -> str:
        """The next character, empty at the end of the file."""
        return self._text[self.at : self.at + 1]

    def skip(self) -> None:
        """Go to the next character that is not blank."""
        while True:
            blank = _BLANK.match(self._text, self.at)
            self.at = blank.end() if blank else self.at
            if self.at < len(self._text) or not self._read():
                return

    def take_element(self, number: int) -> str:
        """The element that begins here."""
        while True:
            end = self._end()
            if end is not None:
                raw = self._text[self.at : end].rstrip()
                self.at = end
                return raw
            if len(self._text) - self.at > MAX_LINE_BYTES:
                rule = f"an element of the array is one row, of at most {MAX_LINE_BYTES} characters."
                raise input_error(self._file, rule, f"one of more than {len(self._text) - self.at}", line=number)
            if not self._read():
                came = f"the end of the file within element {number}, as if it had been cut"
                raise input_error(self._file, _WHOLE, came, line=number)

    def _end(self) -> int | None:
        """Where the element ends; None where more of the file is needed to know."""
        if self.next_char() not in ("{", "["):
            found = _SCALAR_END.search(self._text, self.at)
            return found.start() if found else None
        try:
            return self._decoder.raw_decode(self._text, self.at)[1]
        except (ValueError, RecursionError):
            return self._closing_bracket()

    def _closing_bracket(self) -> int | None:
        """The end of an element that is no JSON, or not read to its end, by its brackets."""
        depth = 0
        for token in _TOKEN.finditer(self._text, self.at):
            char = token.group()
            if char == '"':
                return None
            depth += (char in "{[") - (char in "]}")
            if depth == 0 and len(char) == 1:
                return token.end()
        return None

    def _read(self) -> bool:
        """Whether there was more to read."""
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self._text, self.at = self._text[self.at :] + chunk, 0
        return True


def _chunks(file: LandingFile) -> Iterator[str]:
    """The decoded file, without a byte order mark; an array may be one line, so not line by line."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    with file.open() as handle:
        while chunk := handle.read(CHUNK_BYTES):
            yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)
