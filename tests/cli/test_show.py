from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tawny.core.config import Env
from tawny.core.table import TableSpec
from tawny.lake.arrow import ArrowLake
from tawny.lake.base import Value
from tawny.lake.schema import arrow_schema
from tawny.lake.spark import SparkLake
from tawny.models.popularity.model import Popularity
from tawny.models.popularity.settings import PopularitySettings
from tawny.models.store import to_files
from tawny.tables.catalog import CATALOG
from tawny.tables.models import MODELS
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.runs import RUNS

from .conftest import Tawny

DAY, DAY_BEFORE = date(1998, 4, 23), date(1998, 4, 22)


def _write(lake: ArrowLake, spec: TableSpec, day: date, rows: list[dict[str, Any]], **slice_: str) -> None:
    columns: dict[str, Value] = {"run_date": day, **slice_}
    table = pa.Table.from_pylist([{**columns, **row} for row in rows], schema=arrow_schema(spec))
    lake.write(spec, table, columns, "test")


@pytest.fixture
def lake(env: Env) -> ArrowLake:
    """Two days with a list of user 7; nothing is published."""
    lake = ArrowLake(env.root)
    lake.ensure([CATALOG, RECOMMENDATIONS, MODELS, PUBLISHED, RUNS])
    item: dict[str, Any] = {"categories": [], "price": None, "is_available": True}
    titles = [("a", "Alien [1979]"), ("b", "Brazil"), ("c", None)]
    items = [{**item, "item_index": i, "item_id": key, "title": title} for i, (key, title) in enumerate(titles)]
    files = to_files(Popularity(np.ones(3, np.float32), PopularitySettings(window_days=30)))
    popular = [
        {"fold": "serve", "file": name, "chunk": 0, "model_version": "p", "payload": payload}
        for name, payload in files.items()
    ]
    for day, first, version in ((DAY, "a", "new"), (DAY_BEFORE, "c", "old")):
        _write(lake, CATALOG, day, items)
        _write(lake, MODELS, day, popular, model="popularity")
        because = [
            {"source": "als", "item_id": "b", "share": 0.75},
            {"source": "popularity", "item_id": None, "share": 0.25},
        ]
        row = {"user_id": "7", "sources": ["als", "popularity"], "reasons": because, "model_version": version}
        _write(lake, RECOMMENDATIONS, day, [{**row, "rank": 1, "item_id": first, "score": 0.5}])
    return lake


def _publish(env: Env, day: date, before: date | None) -> None:
    row = {"list": "main", "run_date": day, "previous_run_date": before, "model_version": "new"}
    sparks = SparkLake(env)
    schema = "list string, run_date date, previous_run_date date, model_version string"
    sparks.write(PUBLISHED, sparks.spark.createDataFrame([row], schema), {}, "test")


@pytest.mark.usefixtures("lake")
def test_a_list_of_a_day_is_shown_with_titles_and_reasons(tawny: Tawny) -> None:
    ended = tawny("show", "--user", "7", "--run-date", "1998-04-23")
    assert ended.code == 0
    assert ended.out.startswith("user 7, list of 1998-04-23, model new\n")
    (row,) = [line.strip() for line in ended.out.splitlines() if "0.5000" in line]
    assert row.split("  ")[0] == "1"
    assert "Alien [1979]" in row
    assert row.endswith("because of Brazil; popular in the last 30 days")


@pytest.mark.usefixtures("lake")
def test_an_item_without_a_title_is_shown_by_its_id(tawny: Tawny) -> None:
    ended = tawny("show", "--user", "7", "--run-date", "1998-04-22")
    assert [line.split()[1] for line in ended.out.splitlines() if "0.5000" in line] == ["c"]


@pytest.mark.usefixtures("lake")
def test_a_user_without_a_list_is_named(tawny: Tawny) -> None:
    ended = tawny("show", "--user", "8", "--run-date", "1998-04-23")
    assert ended.code == 2
    assert "user 8: the user must have a list for 1998-04-23. Received: none." in ended.err


@pytest.mark.usefixtures("lake")
def test_before_anything_is_published_there_is_nothing_to_show(tawny: Tawny) -> None:
    ended = tawny("show", "--user", "7")
    assert ended.code == 6
    assert "a list must be published." in ended.err


@pytest.mark.usefixtures("spark", "lake")
def test_show_follows_the_pointer_and_rollback_is_one_step_there_and_back(tawny: Tawny, env: Env) -> None:
    _publish(env, DAY, DAY_BEFORE)
    assert tawny("show", "--user", "7").out.startswith("user 7, list of 1998-04-23, model new\n")
    ended = tawny("rollback")
    assert (ended.code, ended.out) == (0, "Published: 1998-04-22. `tawny rollback` again goes back to 1998-04-23.\n")
    assert tawny("show", "--user", "7").out.startswith("user 7, list of 1998-04-22, model old\n")
    assert tawny("rollback").code == 0
    arrow = ArrowLake(env.root)
    (row,) = arrow.read(PUBLISHED, arrow.version(PUBLISHED), ()).to_pylist()
    assert row == {"list": "main", "run_date": DAY, "previous_run_date": DAY_BEFORE, "model_version": "new"}
    assert arrow.read(RUNS, arrow.version(RUNS), (("status", "=", "succeeded"),))["job"].to_pylist() == ["roll_back"] * 2


@pytest.mark.usefixtures("spark", "lake")
def test_rollback_is_refused_without_a_previous_date(tawny: Tawny, env: Env) -> None:
    assert "nothing was ever published" in tawny("rollback").err
    _publish(env, DAY, None)
    ended = tawny("rollback")
    assert ended.code == 6
    assert "Received: only 1998-04-23 was ever published." in ended.err
    _publish(env, DAY, date(1998, 1, 1))
    ended = tawny("rollback")
    assert ended.code == 6
    assert "no rows where run_date = 1998-01-01" in ended.err
