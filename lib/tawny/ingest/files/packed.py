"""Compressed bytes and text in UTF-16 as the plain bytes that readers read."""

import bz2
import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, cast

import pyarrow as pa

COMPRESSIONS = {".gz": "gzip", ".bz2": "bzip2", ".zst": "zstd"}
"""By the ending of a file's name, in small letters."""

DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, OSError)
"""What reading a damaged file raises; that of zstd and bzip2 is an OSError, which a file that cannot be read is, too."""


def compression_of(path: str) -> str | None:
    """How the file is compressed, by the ending of its name; None where it is not.

    >>> compression_of("Events.CSV.GZ"), compression_of("events.csv")
    ('gzip', None)
    """
    return next((name for ending, name in COMPRESSIONS.items() if path.lower().endswith(ending)), None)


@contextmanager
def unpacked(raw: IO[bytes], path: str) -> Iterator[BinaryIO]:
    """The bytes without the compression that the ending of `path` names."""
    compression = compression_of(path)
    if compression == "gzip":
        with gzip.GzipFile(fileobj=raw) as plain:
            yield cast(BinaryIO, plain)
    elif compression == "bzip2":
        with bz2.BZ2File(raw) as plain:
            yield cast(BinaryIO, plain)
    elif compression == "zstd":
        with pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd") as stream, io.BufferedReader(stream) as plain:
            yield cast(BinaryIO, plain)
    else:
        yield cast(BinaryIO, raw)


def as_utf8(plain: BinaryIO) -> BinaryIO:
    """The bytes as they are; with the byte order mark of UTF-16, the same text in UTF-8, which cannot be seeked."""
    start = cast(io.BufferedReader, plain).peek(2)[:2]
    if start not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return plain
    return io.BufferedReader(_Recoded(plain))


class _Recoded(io.RawIOBase):
    """Text in UTF-16, as UTF-8."""

    def __init__(self, plain: BinaryIO) -> None:
        self._plain, self._decoder, self._rest = plain, codecs.getincrementaldecoder("utf-16")(), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives
        while not self._rest and (chunk := self._plain.read(io.DEFAULT_BUFFER_SIZE)):
            self._rest = self._decoder.decode(chunk).encode()
        if not self._rest:
            self._decoder.decode(b"", final=True)
        n_bytes = min(len(buffer), len(self._rest))
        buffer[:n_bytes], self._rest = self._rest[:n_bytes], self._rest[n_bytes:]
        return n_bytes
