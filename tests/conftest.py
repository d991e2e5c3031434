"""What all tests share: one Spark session, and a table root of its own for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tawny.core.config import Env, SparkSettings

JARS = next(iter(sorted((Path(__file__).parents[1] / ".cache" / "jars").glob("delta-*"))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for Spark is marked, so that `-m "not spark"` needs no JVM."""
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
    """The one Spark session of the whole test run."""
    from tawny.delta.session import spark_session

    folder = tmp_path_factory.mktemp("spark")
    small = SparkSettings(cores=2, driver_memory="2g", shuffle_partitions=2, conf={"spark.sql.warehouse.dir": str(folder)})
    session = spark_session(Env(root=str(folder), landing=str(folder), jars=str(JARS) if JARS else None, spark=small))
    yield session
    session.stop()
