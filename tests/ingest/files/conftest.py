"""A landing folder, and its rows without Spark: every file inspected, every part read, none lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tawny.core.config import Env
from tawny.core.landing import FilesSettings
from tawny.ingest.files.file import Kind
from tawny.ingest.files.find import find_files
from tawny.ingest.files.inspect import inspect
from tawny.ingest.files.read import read_part

Rows = list[dict[str, Any]]
Raw = Callable[..., Rows]


@pytest.fixture
def landing(env: Env) -> Path:
    """This test's landing folder."""
    return Path(env.landing)


@pytest.fixture
def raw(env: Env) -> Raw:
    """The raw rows of a kind, by file and line; `declared` are the env file's [[files]]."""

    def read(kind: Kind, *declared: FilesSettings) -> Rows:
        found = [inspect(file) for file in find_files(env.model_copy(update={"files": declared}), kind)]
        rows = [row for one in found for part in one.parts for batch in read_part(part) for row in batch.to_pylist()]
        assert len(rows) == sum(one.n_rows for one in found)
        return sorted(rows, key=lambda row: (row["source_file"], row["source_line"]))

    return read
