"""Text files as blocks of whole lines: a task holds a few megabytes, whatever the size of the file."""

from collections.abc import Iterator
from dataclasses import dataclass

from tawny.landing.refuse import refuse
from tawny.landing.source import Source

CHUNK_BYTES = 4 << 20
# A line is a row: one that is longer is a binary file, or another kind of text.
MAX_LINE_BYTES = 16 << 20


@dataclass(frozen=True)
class Block:
    """Whole lines of a file.

    Attributes:
        offset: of the first byte in the decompressed file.
        first_line: number of the first line, from 1.
    """

    offset: int
    first_line: int
    data: bytes

    def text(self, encoding: str) -> str:
        """The lines as text, without a byte order mark."""
        text = self.data.decode(encoding)
        return text.removeprefix("\ufeff") if self.offset == 0 else text

    def numbered(self, encoding: str) -> tuple[list[str], list[int]]:
        """The lines that are not empty, without their ends, and their numbers."""
        lines = self.text(encoding).split("\n")
        if b"\r" in self.data:
            lines = [line.removesuffix("\r") for line in lines]
        numbers = range(self.first_line, self.first_line + len(lines))
        if "" not in lines:
            return lines, list(numbers)
        kept = [(line, number) for line, number in zip(lines, numbers, strict=True) if line]
        return [line for line, _ in kept], [number for _, number in kept]


def blocks(source: Source, start: int = 0, stop: int | None = None, first_line: int = 1) -> Iterator[Block]:
    """The bytes `[start, stop)` of the decompressed file, cut at line ends.

    Raises:
        InputError: a line is longer than a row can be.
    """
    with source.open() as handle:
        handle.seek(start)
        rest, left = b"", (stop - start) if stop is not None else None
        while chunk := handle.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left)):
            left = None if left is None else left - len(chunk)
            data = rest + chunk
            cut = data.rfind(b"\n") + 1
            if cut:
                yield Block(start, first_line, data[:cut])
                first_line += data.count(b"\n", 0, cut)
            start, rest = start + cut, data[cut:]
            if len(rest) > MAX_LINE_BYTES:
                rule = f"a line holds one row, of at most {MAX_LINE_BYTES} bytes."
                raise refuse(source, rule, f"a line of more than {len(rest)} bytes", line=first_line)
        if rest:
            yield Block(start, first_line, rest)
