"""Text files: blocks of complete lines, and one pass over a file to check it before any row is used."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import BinaryIO

from tawny.ingest.files.file import LandingFile, input_error
from tawny.ingest.files.packed import DAMAGED, compression_of

CHUNK_BYTES = 4 << 20
# A line is a row. A file with longer lines is binary, or another kind of text.
MAX_LINE_BYTES = 16 << 20
# Small enough that two tasks share a file of some 100,000 rows, large enough that a part is worth a task.
PART_BYTES = 16 << 20
N_HEAD = 100

_SIGNATURES = {
    b"\x1f\x8b": "gzip without the ending .gz", b"PAR1": "Parquet", b"PK\x03\x04": "a zip archive",
    b"BZh": "bzip2 without the ending .bz2", b"\x28\xb5\x2f\xfd": "zstd without the ending .zst",
}  # fmt: skip


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


def blocks(file: LandingFile, start: int = 0, stop: int | None = None, first_line: int = 1) -> Iterator[Block]:
    """The bytes `[start, stop)` of the decompressed file, split at line ends.

    Raises:
        InputError: a line is longer than a row can be.
    """
    with file.open() as handle:
        _skip(handle, start)
        rest, left = b"", (stop - start) if stop is not None else None
        while chunk := handle.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left)):
            left = None if left is None else left - len(chunk)
            data = rest + chunk
            end = data.rfind(b"\n") + 1
            if end:
                yield Block(start, first_line, data[:end])
                first_line += data.count(b"\n", 0, end)
            start, rest = start + end, data[end:]
            if len(rest) > MAX_LINE_BYTES:
                rule = f"a line holds one row, of at most {MAX_LINE_BYTES} bytes."
                raise input_error(file, rule, f"a line of more than {len(rest)} bytes", line=first_line)
        if rest:
            yield Block(start, first_line, rest)


def _skip(handle: BinaryIO, n_bytes: int) -> None:
    if handle.seekable():
        handle.seek(n_bytes)
        return
    while n_bytes and (chunk := handle.read(min(n_bytes, CHUNK_BYTES))):
        n_bytes -= len(chunk)


@dataclass
class Scan:
    """What the pass found.

    Attributes:
        n_lines: lines that are not empty.
        is_quoted: a quotation mark occurs after the first of them.
        head: the first lines that are not empty, numbered.
        data_start: offset and number of the line after the first of them.
        cuts: offset and first line of each part.
        unterminated_line: number of the last line, where it has no line end.
    """

    n_lines: int = 0
    is_quoted: bool = False
    head: list[tuple[int, str]] = field(default_factory=list)
    data_start: tuple[int, int] = (0, 1)
    cuts: list[tuple[int, int]] = field(default_factory=list)
    unterminated_line: int | None = None


def scan_text(file: LandingFile, encoding: str) -> Scan:
    """Read the file through.

    Raises:
        InputError: the file is missing, empty, binary, damaged where it is compressed, or not in this encoding.
    """
    scan = Scan()
    with refusing_damage(file):
        can_cut = _check_start(file)
        for block in blocks(file):
            _check_block(file, block, encoding)
            _add(scan, block, encoding, can_cut)
    if not scan.head:
        raise input_error(file, "the file must not be empty.", "no line with anything in it")
    return scan


@contextmanager
def refusing_damage(file: LandingFile) -> Iterator[None]:
    """Errors of reading as errors of the file.

    Raises:
        InputError: the file cannot be read, is damaged where it is compressed, or is not the text that it begins as.
    """
    try:
        yield
    except UnicodeDecodeError as exc:
        raise input_error(file, "text must be UTF-8, or UTF-16 with a byte order mark.", str(exc)) from exc
    except DAMAGED as exc:
        compression = compression_of(file.path)
        rule = f"a {PurePath(file.path).suffix} file must be whole {compression}." if compression else _READABLE
        raise input_error(file, rule, str(exc)) from exc


_READABLE = "the file must be readable."


def _check_start(file: LandingFile) -> bool:
    """Whether the file can be cut into parts: a part of what is decompressed or recoded begins where the file begins."""
    with file.open() as handle:
        start, can_cut = handle.read(4), handle.seekable() and compression_of(file.path) is None
    for signature, name in _SIGNATURES.items():
        if start.startswith(signature):
            raise input_error(file, f"{file.format} must be text.", f"what begins like {name}")
    return can_cut


def _check_block(file: LandingFile, block: Block, encoding: str) -> None:
    at = block.data.find(b"\0")
    if at >= 0:
        line = block.first_line + block.data.count(b"\n", 0, at)
        raise input_error(file, f"{file.format} must be text.", f"a zero byte at byte {block.offset + at}", line=line)
    try:
        block.data.decode(encoding)
    except UnicodeDecodeError as exc:
        line = block.first_line + block.data.count(b"\n", 0, exc.start)
        came = f"byte 0x{block.data[exc.start]:02x} at byte {block.offset + exc.start}"
        raise input_error(file, "text must be UTF-8.", came, line=line, do="Convert it, as with iconv.") from exc


def _add(scan: Scan, block: Block, encoding: str, can_cut: bool) -> None:
    lines, numbers = block.numbered(encoding)
    if not scan.head and lines:
        scan.data_start = _after(block, numbers[0])
        scan.cuts.append((0, 1))
        scan.is_quoted = b'"' in block.data[scan.data_start[0] - block.offset :]
    else:
        scan.is_quoted = scan.is_quoted or b'"' in block.data
        if scan.cuts and can_cut and block.offset - scan.cuts[-1][0] >= PART_BYTES:
            scan.cuts.append((block.offset, block.first_line))
    scan.head += list(zip(numbers, lines, strict=True))[: N_HEAD - len(scan.head)]
    scan.n_lines += len(lines)
    is_terminated = block.data.endswith(b"\n")
    scan.unterminated_line = None if is_terminated else block.first_line + block.data.count(b"\n")


def _after(block: Block, line: int) -> tuple[int, int]:
    """Offset and number of the line after `line`."""
    at = 0
    for _ in range(line - block.first_line + 1):
        end = block.data.find(b"\n", at)
        at = end + 1 if end >= 0 else len(block.data)
    return block.offset + at, line + 1
