"""The files that a page of docs/ shows, written beside the real ones and found as they are."""

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tawny.evaluation.metrics.registry import metrics
from tawny.tables.registry import all_tables

DOCS = Path(__file__).parents[2] / "docs"
PACKAGES = {
    "lib/tawny/evaluation/metrics": "tawny.evaluation.metrics",
    "lib/tawny/tables": "tawny.tables",
    "lib/tawny/models": "tawny.models",
    "jobs": "tawny_jobs",
}


@pytest.fixture
def write_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], set[str]]]:
    """`write_files(page)` writes the page's files into folders on their packages' paths, and gives their paths."""
    before = set(sys.modules)

    def write(page: str) -> set[str]:
        blocks = re.findall(r"`([\w/]+/\w+\.py)`\n\n```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
        for path, text in blocks:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        for folder, name in PACKAGES.items():
            package = importlib.import_module(name)
            monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path / folder)])
        _forget()
        return {path for path, _ in blocks}

    yield write
    monkeypatch.undo()
    _forget()
    for name in set(sys.modules) - before:
        if name.startswith(("tawny.", "tawny_jobs.")):
            sys.modules.pop(name)


def _forget() -> None:
    for cached in (all_tables, metrics):
        cached.cache_clear()
