"""The DAGs are tested in Airflow's own environment (`make test` runs both); without Airflow, nothing is collected."""

import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DAGS = ROOT / "airflow_dags"

if find_spec("airflow") is None:
    collect_ignore_glob = ["test_*.py"]

# Airflow makes its home when it is imported; no test may leave files in somebody's own.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="airflow-"))


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a test cluster."""
    monkeypatch.setenv("TAWNY_ENV", str(HERE / "env.toml"))
    monkeypatch.setenv("TAWNY_PYTHON", "/opt/tawny/bin/python")
    monkeypatch.setenv("AIRFLOW_CONN_SPARK_DEFAULT", '{"conn_type": "spark", "host": "spark://spark", "port": 7077}')
    for name in ("TAWNY_HOME", "TAWNY_SPARK_CONN", "TAWNY_HOSTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """`load(name)`: a module of the DAGs folder, imported anew as Airflow does it: with that folder on the path."""
    monkeypatch.syspath_prepend(DAGS)

    def fresh(name: str) -> ModuleType:
        for module in ("nightly", "backfill", "maintenance", "_tasks"):
            sys.modules.pop(module, None)
        return importlib.import_module(name)

    yield fresh
    for module in ("nightly", "backfill", "maintenance", "_tasks"):
        sys.modules.pop(module, None)
