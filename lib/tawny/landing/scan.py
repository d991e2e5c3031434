"""One pass over a text file before anything of it is used: is it text, is it whole, how many rows, where can it be cut."""

import gzip
import zlib
from dataclasses import dataclass, field

from tawny.landing.lines import Block, blocks
from tawny.landing.refuse import refuse
from tawny.landing.source import Source

# Small enough that two tasks share a file of some 100,000 rows, large enough that a part is worth a task.
PART_BYTES = 16 << 20
N_HEAD = 100
_MARKS = {
    b"\x1f\x8b": "gzip without the ending .gz", b"PAR1": "Parquet", b"PK\x03\x04": "a zip archive", b"BZh": "bzip2",
    b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x28\xb5\x2f\xfd": "zstd",
}  # fmt: skip


@dataclass
class Scan:
    """What the pass found.

    Attributes:
        n_lines: lines that are not empty.
        is_quoted: a quotation mark occurs after the first of them.
        head: the first lines that are not empty, numbered.
        data_start: offset and number of the line after the first of them.
        cuts: offset and first line of each part.
    """

    n_lines: int = 0
    is_quoted: bool = False
    head: list[tuple[int, str]] = field(default_factory=list)
    data_start: tuple[int, int] = (0, 1)
    cuts: list[tuple[int, int]] = field(default_factory=list)


def scan_text(source: Source, encoding: str) -> Scan:
    """Read the file through.

    Raises:
        InputError: the file is missing, empty, binary, a damaged gzip, or not in this encoding.
    """
    scan = Scan()
    try:
        _check_start(source)
        for block in blocks(source):
            _check_block(source, block, encoding)
            _add(scan, block, encoding, source.is_gzip)
    except (EOFError, gzip.BadGzipFile, zlib.error) as exc:
        raise refuse(source, "a .gz file must be whole gzip.", str(exc)) from exc
    except OSError as exc:
        raise refuse(source, "the file must be readable.", str(exc)) from exc
    if not scan.head:
        raise refuse(source, "the file must not be empty.", "no line with anything in it")
    return scan


def _check_start(source: Source) -> None:
    with source.open() as handle:
        start = handle.read(4)
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            rule = f"{source.format} must be text." if "UTF" not in name else "text must be UTF-8."
            raise refuse(source, rule, f"what begins like {name}")


def _check_block(source: Source, block: Block, encoding: str) -> None:
    at = block.data.find(b"\0")
    if at >= 0:
        line = block.first_line + block.data.count(b"\n", 0, at)
        raise refuse(source, f"{source.format} must be text.", f"a zero byte at byte {block.offset + at}", line=line)
    try:
        block.data.decode(encoding)
    except UnicodeDecodeError as exc:
        line = block.first_line + block.data.count(b"\n", 0, exc.start)
        came = f"byte 0x{block.data[exc.start]:02x} at byte {block.offset + exc.start}"
        raise refuse(source, "text must be UTF-8.", came, line=line, do="Convert it, as with iconv.") from exc


def _add(scan: Scan, block: Block, encoding: str, is_gzip: bool) -> None:
    lines, numbers = block.numbered(encoding)
    if not scan.head and lines:
        scan.data_start = _after(block, numbers[0])
        scan.cuts.append((0, 1))
        scan.is_quoted = b'"' in block.data[scan.data_start[0] - block.offset :]
    else:
        scan.is_quoted = scan.is_quoted or b'"' in block.data
        if scan.cuts and not is_gzip and block.offset - scan.cuts[-1][0] >= PART_BYTES:
            scan.cuts.append((block.offset, block.first_line))
    scan.head += list(zip(numbers, lines, strict=True))[: N_HEAD - len(scan.head)]
    scan.n_lines += len(lines)


def _after(block: Block, line: int) -> tuple[int, int]:
    """Offset and number of the line after `line`."""
    at = 0
    for _ in range(line - block.first_line + 1):
        end = block.data.find(b"\n", at)
        at = end + 1 if end >= 0 else len(block.data)
    return block.offset + at, line + 1
