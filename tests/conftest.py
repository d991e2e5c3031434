"""What all tests share: one Spark session per process, a table root of its own for every test, a folder of small jobs."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tawny.core.config import Env, SparkSettings
from tawny.testing.jobs import EVALUATE, NUMBER

JARS = next(iter(sorted((Path(__file__).parents[1] / ".cache" / "jars").glob("delta-*"))), None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long`."""
    parser.addoption("--long", action="store_true", help="run the long tests too, and kill every job, not one of every kind")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test that asks for Spark is marked, so that `-m "not spark"` needs no JVM; long ones are for `--long`."""
    if not config.getoption("--long"):
        left_out = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.spark)


@pytest.fixture
def lake_root(tmp_path: Path) -> Path:
    """The folder under which this test's tables lie."""
    return tmp_path / "lake"


@pytest.fixture
def env(tmp_path: Path, lake_root: Path) -> Env:
    """An env whose root and landing folder are this test's own."""
    (tmp_path / "landing").mkdir()
    settings = SparkSettings(cores=2, driver_memory="2g", shuffle_partitions=2)
    return Env(root=str(lake_root), landing=str(tmp_path / "landing"), jars=str(JARS) if JARS else None, spark=settings)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """The one Spark session of this process."""
    from tawny.lake.session import spark_session

    folder = tmp_path_factory.mktemp("spark")
    small = SparkSettings(cores=2, driver_memory="2g", shuffle_partitions=2, conf={"spark.sql.warehouse.dir": str(folder)})
    session = spark_session(Env(root=str(folder), landing=str(folder), jars=str(JARS) if JARS else None, spark=small))
    yield session
    session.stop()


@pytest.fixture
def jobs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that stands for jobs/: `evaluate` needs `number`."""
    folder = tmp_path / "jobs"
    folder.mkdir()
    (folder / "number.py").write_text(NUMBER)
    (folder / "evaluate.py").write_text(EVALUATE)
    package = importlib.import_module("tawny_jobs")
    monkeypatch.setattr(package, "__path__", [str(folder)])
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("tawny_jobs.")}
    yield folder
    for name in [name for name in sys.modules if name.startswith("tawny_jobs.")]:
        del sys.modules[name]
    sys.modules.update(before)


@pytest.fixture
def env_file(tmp_path: Path, env: Env, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An env file for this test's own tables; no TOML of the checkout is read."""
    monkeypatch.setenv("TAWNY_CONF", str(tmp_path / "conf"))
    path = tmp_path / "env.toml"
    path.write_text(f'root = "{env.root}"\nlanding = "{env.landing}"\nrun_date = 1998-04-23\n')
    return path
