"""Pieces of a big text file, from its beginning to its end, cut at line ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

CODECS = {b"\x1f\x8b": ("gzip", ".gz"), b"BZh": ("bz2", ".bz2"), b"\x28\xb5\x2f\xfd": ("zstd", ".zst")}
"""By the first bytes of a packed file, what packs it and the ending of its name."""

_CHUNK_BYTES = 2 << 20
_MIN_ROWS_TO_SEE_END = 1_000
_MAX_UNPACKED_BYTES = {"gzip": 500 << 20, "zstd": 1 << 30, "bz2": 50 << 20}
_WINDOWS = 9  # so that a file that is not in the order of time shows most of its time


class NotUnderstoodError(ValueError):
    """A file that is no table; the text says what it is and what to do."""


@contextmanager
def _whole() -> Iterator[None]:
    """Arrow says of a stream that was cut what it says of a file that cannot be read."""
    try:
        yield
    except OSError as exc:
        raise NotUnderstoodError(f"it is damaged or cut: {exc}") from exc


@dataclass(frozen=True)
class Pieces:
    """Pieces of a file, cut at line ends.

    Attributes:
        parts: the first from the file's beginning.
        is_whole: they are the whole file.
        sees_end: the last is from its end.
    """

    parts: list[bytes]
    is_whole: bool
    sees_end: bool


def packed_pieces(path: Path, codec: str, n_rows: int, n_bytes: int) -> Pieces:
    """The first part and the last one, for which the stream is unpacked to its end, as long as that takes seconds."""
    with _whole(), pa.input_stream(str(path), compression=codec) as stream:
        head = stream.read(min(4 * _CHUNK_BYTES, _CHUNK_BYTES // 8 + 1024 * n_rows))
        more = stream.read(_CHUNK_BYTES)
        if not more:
            return Pieces([head], True, True)
        if n_rows < _MIN_ROWS_TO_SEE_END or n_bytes > _MAX_UNPACKED_BYTES[codec]:
            return Pieces([_lines(head, n_rows, is_last=False)], False, False)
        last = b""
        while more:
            last, more = last[-_CHUNK_BYTES:] + more, stream.read(_CHUNK_BYTES)
        _, _, tail = last.partition(b"\n")
        return Pieces([_lines(head, n_rows // 2, is_last=False), _lines(tail, n_rows // 2, is_last=True)], False, True)


def plain_pieces(path: Path, n_bytes: int, n_rows: int) -> Pieces:
    """All of a small file; of a big one pieces from the first to the last."""
    with path.open("rb") as file:
        head = file.read(min(4 * _CHUNK_BYTES, _CHUNK_BYTES // 8 + 1024 * n_rows))
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):  # a JSON array has no lines to enter it at
            return Pieces([head], len(head) == n_bytes, len(head) == n_bytes)
        if len(head) == n_bytes and head.count(b"\n") <= n_rows:
            return Pieces([head], True, True)
        rows_each = max(1, n_rows // _WINDOWS)
        bytes_each = min(_CHUNK_BYTES, max(256, 2 * rows_each * len(head) // max(1, head.count(b"\n"))))
        pieces = [_lines(head, rows_each + 1, is_last=False)]
        for window in range(1, _WINDOWS):
            file.seek(max(len(pieces[0]), (n_bytes - bytes_each) * window // (_WINDOWS - 1)))
            _, _, whole = file.read(bytes_each).partition(b"\n")
            pieces.append(_lines(whole, rows_each, is_last=window == _WINDOWS - 1))
        return Pieces([piece for piece in pieces if piece], False, True)


def utf_16_pieces(path: Path, n_bytes: int, n_rows: int) -> Pieces:
    """The first part, as UTF-8: a spreadsheet's text is small."""
    with path.open("rb") as file:
        data = file.read(_CHUNK_BYTES // 8 + 2048 * n_rows)
    return Pieces([data.decode("utf-16", "ignore").encode()], len(data) == n_bytes, len(data) == n_bytes)


def _lines(data: bytes, n_lines: int, *, is_last: bool) -> bytes:
    """So many whole lines: the first ones, or the last ones of the file."""
    lines = data.splitlines(keepends=True)
    if is_last:
        return b"".join(lines[-n_lines:])
    whole = lines[:-1] if lines and not lines[-1].endswith(b"\n") else lines
    return b"".join(whole[:n_lines])
