"""A landing folder, and its rows without Spark: every file inspected, every part read, none lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tawny.core.config import Env, SourceSettings
from tawny.landing.find import find_sources
from tawny.landing.inspect import inspect
from tawny.landing.read import read_part
from tawny.landing.source import Table

Rows = list[dict[str, Any]]
Raw = Callable[..., Rows]


@pytest.fixture
def landing(env: Env) -> Path:
    """This test's landing folder."""
    return Path(env.landing)


@pytest.fixture
def raw(env: Env) -> Raw:
    """The raw rows of a table, by file and line; `sources` are the env file's [[sources]]."""

    def read(table: Table, *sources: SourceSettings) -> Rows:
        found = [inspect(source) for source in find_sources(env.model_copy(update={"sources": sources}), table)]
        rows = [row for one in found for part in one.parts for batch in read_part(part) for row in batch.to_pylist()]
        assert len(rows) == sum(one.n_rows for one in found)
        return sorted(rows, key=lambda row: (row["source_file"], row["source_line"]))

    return read
