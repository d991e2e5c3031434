"""Promise 2 for whole nights: two at once, of one day or of two, and days in any order, end as the straight run does."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from tawny.core.columns import RUN_DATE
from tawny.tables.published import PUBLISHED
from tawny.testing.lakes import check_reader, differing, in_any_order
from tawny.testing.shops import write_shop

from .conftest import D
from .own_lake import OwnLake

pytestmark = [pytest.mark.spark, pytest.mark.long]

DAYS = tuple(D - timedelta(days=n) for n in (2, 1, 0))
# The two-tower is left out: Keras keeps its random state per process, and two nights at once are two processes elsewhere.
SOURCES = 'sources = ["popularity", "transitions"]\n'


def own_lake(folder: Path, landed: Path) -> OwnLake:
    """An empty lake whose nights have two sources."""
    lake = OwnLake(folder, landed)
    file = folder / "env.toml"
    file.write_text(file.read_text().replace("[night]\n", f"[night]\n{SOURCES}"))
    lake.runner = lake.new_runner()
    return lake


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Events up to the last day, and a file of late ones."""
    folder: Path = tmp_path_factory.mktemp("landed")
    write_shop(
        folder / "first", np.random.default_rng(13), last_day=D - timedelta(days=1), n_days=20, n_users=20, n_items=20
    )
    (folder / "late").mkdir()
    rows = [f"customer-{n:04d},sku-{n:04d},view,2026-11-{10 + n % 12}T09:00:00Z" for n in range(0, 20, 3)]
    (folder / "late" / "events_late.csv").write_text("\n".join(["user_id,item_id,event_type,event_time", *rows, ""]))
    return folder


@pytest.fixture(scope="module")
def straight(spark: object, landed: Path, tmp_path_factory: pytest.TempPathFactory) -> OwnLake:
    """The days one after the other, with all files there from the beginning."""
    lake = own_lake(tmp_path_factory.mktemp("straight") / "shop", landed / "first")
    lake.land(landed / "late")
    for day in DAYS:
        lake.night(day)
    return lake


def at_once(lake: OwnLake, days: Sequence[date]) -> None:
    """Nights of these days, each with a runner and lakes of its own, begun at the same time."""
    with ThreadPoolExecutor(len(days)) as threads:
        for ended in [threads.submit(lake.night, day, lake.new_runner()) for day in days]:
            ended.result()


def published(lake: OwnLake) -> tuple[date, str]:
    now = check_reader(lake.root)
    assert now
    return now.run_date, now.list_id


def test_two_nights_of_one_day_and_two_of_two_days_at_once(landed: Path, straight: OwnLake, tmp_path: Path) -> None:
    lake = own_lake(tmp_path / "shop", landed / "first")
    lake.land(landed / "late")
    at_once(lake, [DAYS[0], DAYS[0]])
    assert lake.night(DAYS[0]) == []
    at_once(lake, DAYS[1:])
    # The later day may have begun before the earlier one had a list, which it makes again for the proof of consistency.
    assert lake.night(DAYS[1]) == []
    assert set(lake.night(DAYS[2])) <= {"publish", "check_consistency"}
    assert differing(in_any_order(lake.root), in_any_order(straight.root)) == {}
    assert published(lake) == published(straight)


def test_days_in_another_order_with_late_events_in_between(landed: Path, straight: OwnLake, tmp_path: Path) -> None:
    lake = own_lake(tmp_path / "shop", landed / "first")
    lake.night(DAYS[2])
    lake.night(DAYS[0])
    lake.land(landed / "late")
    lake.night(DAYS[1])
    for day in DAYS:
        lake.night(day)
    assert differing(in_any_order(lake.root), in_any_order(straight.root)) == {}
    assert published(lake) == published(straight)
    assert [row[RUN_DATE] for row in lake.rows(PUBLISHED, status="published")] == [DAYS[2]]
    assert [lake.night(day) for day in DAYS] == [[], [], []]
