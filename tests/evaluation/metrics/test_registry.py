import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tawny.core.errors import ConfigError
from tawny.evaluation import metrics as package
from tawny.evaluation.metrics.registry import metrics

DEPTH = """
from tawny.evaluation.metrics.hits import first_k, nan_without_relevant
from tawny.evaluation.metrics.registry import AccuracyMetric

METRIC = AccuracyMetric("depth", lambda hits, n_relevant, k: nan_without_relevant(first_k(hits, k)[:, 0] * 1.0, n_relevant))
"""


@pytest.fixture
def drop_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Puts a file beside the metrics, and takes it away again."""
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    known = set(sys.modules)

    def drop(name: str, text: str) -> None:
        (tmp_path / f"{name}.py").write_text(text)
        metrics.cache_clear()

    yield drop
    for module in set(sys.modules) - known:
        del sys.modules[module]
    metrics.cache_clear()


def test_the_metrics_are_those_of_the_folder() -> None:
    assert list(metrics()) == [
        "average_precision",
        "coverage",
        "hit_rate",
        "mrr",
        "ndcg",
        "novelty",
        "precision",
        "recall",
    ]


def test_a_new_file_is_found_and_computed(drop_in: Callable[[str, str], None]) -> None:
    drop_in("depth", DEPTH)
    assert "depth" in metrics()


def test_a_metric_under_another_name_than_its_file_is_refused(drop_in: Callable[[str, str], None]) -> None:
    drop_in("deep", DEPTH)
    with pytest.raises(ConfigError, match=r"metrics\.deep: a metric must have the name of its file\. Received: 'depth'"):
        metrics()


def test_a_declaration_of_something_else_is_refused(drop_in: Callable[[str, str], None]) -> None:
    drop_in("deep", "METRIC = 'deep'")
    with pytest.raises(ConfigError, match=r"metrics\.deep: METRIC must be .*AccuracyMetric.* Received: a str"):
        metrics()
