"""Promise 13 end to end: what was rebuilt under a list is noticed by name, and a night rebuilds what is stale, no more."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from deltalake import write_deltalake

from tawny.core.errors import StaleInputError
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.runs import RUNS
from tawny.testing.lakes import check_reader
from tawny.testing.shops import write_shop

from .conftest import D
from .own_lake import OwnLake, listed

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def finished(spark: object, tmp_path_factory: pytest.TempPathFactory) -> OwnLake:
    """A lake after its first night; the tests work on copies of it."""
    folder: Path = tmp_path_factory.mktemp("one_truth")
    write_shop(
        folder / "landed", np.random.default_rng(11), last_day=D - timedelta(days=1), n_days=20, n_users=20, n_items=24
    )
    (folder / "landed" / "items.csv").write_text("item_id,title\nsku-0001,One\nsku-0002,Two\n")
    lake = OwnLake(folder / "shop", folder / "landed")
    lake.night(D)
    return lake


@pytest.fixture
def lake(finished: OwnLake, tmp_path: Path) -> Iterator[OwnLake]:
    yield finished.copy(tmp_path / "shop")


def list_ids(lake: OwnLake) -> set[str]:
    return {row["list_id"] for row in lake.rows(RECOMMENDATIONS)}


def test_a_second_identical_night_commits_nothing_at_all(lake: OwnLake) -> None:
    before = lake.versions()
    assert lake.night(D) == []
    assert lake.versions() == before


def test_a_catalogue_renumbered_under_a_list_is_refused_and_the_night_rebuilds(lake: OwnLake) -> None:
    before = check_reader(lake.root)
    # Its id is the smallest, so every other item has another index from now on.
    (lake.folder / "landing" / "items_new.csv").write_text("item_id,title\na-first-item,New\n")
    for task_id in ("ingest_items", "pin_inputs", "build_catalog"):
        lake.run(task_id, D)
    assert min(lake.rows(CATALOG), key=lambda row: row["item_index"])["item_id"] == "a-first-item"
    for task_id, reads in (("publish", "recommendations_v2"), ("write_lists", "rankings_v2")):
        with pytest.raises(StaleInputError) as refused:
            lake.run(task_id, D)
        text = str(refused.value)
        assert f"{task_id} reads {reads}" in text
        assert "was made from catalog_v2 as it was" in text
        assert f"tawny night --run-date {D}" in text
    assert check_reader(lake.root) == before
    assert "train_als" in lake.night(D)
    now = check_reader(lake.root)
    assert now
    seen = listed(lake.rows(EVENTS))
    own = lake.rows(RECOMMENDATIONS, list_id=now.list_id)
    assert own
    assert not listed(own) & seen
    assert lake.night(D) == []


def test_an_ingest_between_two_jobs_of_a_night_is_read_by_none_of_them(
    lake: OwnLake, finished: OwnLake, tmp_path: Path
) -> None:
    fresh = OwnLake(tmp_path / "fresh", finished.folder / "landing")
    ids = [task.task_id for task in fresh.runner.tasks()]
    middle = ids.index("build_sequences")
    for task_id in ids[:middle]:
        fresh.run(task_id, D)
    header = "user_id,item_id,event_type,event_time\n"
    rows = "".join(f"customer-{n:04d},sku-0003,view,2026-11-21T0{n % 10}:00:00Z\n" for n in range(20))
    (fresh.folder / "landing" / "events_between.csv").write_text(header + rows)
    fresh.run("ingest_events", D)
    for task_id in ids[middle:]:
        fresh.run(task_id, D)
    readers = [row for row in fresh.rows(RUNS, status="succeeded") if EVENTS.name in row["versions_read"]]
    read = {row["versions_read"][EVENTS.name] for row in readers if row["job"] not in ("ingest_events", "pin_inputs")}
    assert len(readers) > 3
    assert len(read) == 1
    assert read < {*range(fresh.versions()[EVENTS.name])}
    assert list_ids(fresh) == list_ids(finished)
    assert "build_sequences" in fresh.night(D)
    assert list_ids(fresh) > list_ids(finished)


def test_a_table_that_another_program_changed_is_refused_by_name_and_made_again(lake: OwnLake) -> None:
    rows = lake.runner.arrow.read(CATALOG, lake.runner.arrow.version(CATALOG), ())
    write_deltalake(lake.runner.arrow.path(CATALOG), rows, mode="overwrite", predicate=f"run_date = '{D}'")
    version = lake.versions()[CATALOG.name]
    for task_id, reads in (("publish", "recommendations_v2"), ("build_sequences", "interactions_v3")):
        with pytest.raises(StaleInputError) as refused:
            lake.run(task_id, D)
        assert f"{task_id} reads {reads}" in str(refused.value)
        text = rf"made from catalog_v2 as it was \(\w+\), which was changed by another program, in version {version}\."
        assert re.search(text, str(refused.value))
    before = list_ids(lake)
    # The rows are the same, so that all that was made from them is current again.
    assert lake.night(D) == ["build_catalog"]
    assert list_ids(lake) == before
    assert lake.night(D) == []
