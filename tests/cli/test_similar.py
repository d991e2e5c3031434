"""`tawny similar`: what a stored model finds near an item."""

from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

from tawny.cli.similar import near_lines
from tawny.core.config import Env
from tawny.core.table import TableSpec
from tawny.lake.arrow import ArrowLake
from tawny.lake.base import Value
from tawny.lake.schema import arrow_schema
from tawny.models.neighbours.model import ItemNeighbours
from tawny.models.neighbours.settings import ItemNeighboursSettings
from tawny.models.popularity.model import Popularity
from tawny.models.popularity.settings import PopularitySettings
from tawny.models.store import Saveable, to_files
from tawny.publish.pointer import PublishedList, publish
from tawny.publish.similar import Near, Similar
from tawny.tables.catalog import CATALOG
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS
from tawny.tables.published import PUBLISHED

from .conftest import Tawny

DAY = date(1998, 4, 23)


def _write(lake: ArrowLake, spec: TableSpec, rows: list[dict[str, Any]], **slice_: str) -> None:
    columns: dict[str, Value] = {"run_date": DAY, **slice_}
    schema = arrow_schema(spec)
    table = pa.Table.from_pylist([{name: {**columns, **row}.get(name) for name in schema.names} for row in rows], schema)
    lake.write(spec, table, columns, "test")


def _saved(model: Saveable) -> list[dict[str, Any]]:
    one = {"fold": "serve", "chunk": 0, "model_version": "m"}
    return [{**one, "file": name, "payload": payload} for name, payload in to_files(model).items()]


@pytest.fixture
def lake(env: Env) -> ArrowLake:
    """Four items: near the first are the second and, most, the third; the fourth is near, too, and may not be listed."""
    lake = ArrowLake(env.root)
    lake.ensure([CATALOG, ITEM_FEATURES, MODELS, PUBLISHED])
    titles = ("Rake", "Hose", "Lawn mower", "Shed")
    items = [{"item_index": n, "item_id": f"sku-{n}", "title": title} for n, title in enumerate(titles)]
    _write(lake, CATALOG, [{**item, "categories": [], "is_blocked": False} for item in items])
    counts = dict.fromkeys(("n_events", "n_events_7d", "n_events_30d", "n_events_90d"), 1)
    features = [{"fold": "serve", "item_index": n, "is_listable": n < 3, "categories": [], **counts} for n in range(4)]
    _write(lake, ITEM_FEATURES, features)
    near = sparse.csr_array(np.array([[0, 0.5, 0.75, 0.9], *[[0] * 4] * 3], np.float32))
    _write(lake, MODELS, _saved(ItemNeighbours(near, ItemNeighboursSettings())), model="neighbours")
    _write(lake, MODELS, _saved(Popularity(np.ones(4, np.float32), PopularitySettings())), model="popularity")
    one = PublishedList(
        run_date=DAY, list_id="l", model_version="m", n_users=1, n_listed=1, n_exhausted=0, run_id="r",
        metric="ndcg@20 of all", n_judged=3, value=None, ci_low=None, ci_high=None, floor=None,
    )  # fmt: skip
    lake.update(PUBLISHED, partial(publish, candidate=one))
    return lake


@pytest.mark.usefixtures("lake")
def test_the_nearest_items_that_may_be_listed_are_shown_nearest_first(tawny: Tawny) -> None:
    ended = tawny("similar", "--item", "sku-0")
    assert ended.code == 0
    head, *lines = ended.out.splitlines()
    assert head == "nearest to Rake (sku-0), by neighbours of 1998-04-23"
    assert [line.split() for line in lines] == [["1", "Lawn", "mower", "0.7500", "sku-2"], ["2", "Hose", "0.5000", "sku-1"]]
    assert len(tawny("similar", "--item", "sku-0", "--n", "1").out.splitlines()) == 2


@pytest.mark.usefixtures("lake")
def test_an_item_that_nothing_is_near_to_says_so(tawny: Tawny) -> None:
    assert "neighbours knows nothing near it" in tawny("similar", "--item", "sku-1").out


@pytest.mark.usefixtures("lake")
def test_what_cannot_be_asked_is_refused_with_a_way_out(tawny: Tawny) -> None:
    ended = tawny("similar", "--item", "mower")
    assert (ended.code, "Did you mean sku-2 (Lawn mower)?" in ended.err) == (2, True)
    ended = tawny("similar", "--item", "sku-0", "--source", "popularity")
    assert (ended.code, "the source must list other items for another history" in ended.err) == (2, True)
    ended = tawny("similar", "--item", "sku-0", "--source", "nobody")
    assert (ended.code, "it must be a source of the night: popularity, als" in ended.err) == (2, True)


def test_near_items_at_80_columns_are_a_line_each() -> None:
    """Golden."""
    near = (
        Near("sku-10", "A lawn mower that cuts the lawn of the neighbours as well as your own", 12.5),
        Near("7", None, 0.25),
    )
    lines = [line.plain for line in near_lines(Similar(DAY, "als", Near("1", None, 1.0), near), 80)]
    assert lines == [
        " 1  A lawn mower that cuts the lawn of the neighbours as well…   12.5000  sku-10",
        f" 2  7{58 * ' '}   0.2500  7",
    ]
