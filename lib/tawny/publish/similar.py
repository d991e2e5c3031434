"""The items nearest to one, by a model that made the published list; without a JVM."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

import numpy as np
import pyarrow as pa

from tawny.core.arrays import Bools, Floats, Histories, Ints, top_k
from tawny.core.columns import EVENT_TYPES
from tawny.core.errors import ConfigError, StaleInputError
from tawny.core.table import TableSpec
from tawny.lake.arrow import ArrowLake
from tawny.lake.base import Conditions, Value
from tawny.models.base import Model
from tawny.models.store import load_model, saved_files
from tawny.publish.pointer import published_now, published_rows
from tawny.tables.catalog import CATALOG
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS

PREFERRED = ("neighbours", "als", "two_tower", "transitions")
"""Whose nearest items are told where no source is named: the first of these that the night has."""

_MAX_ROWS = 20_000_000


@dataclass(frozen=True)
class Near:
    """An item, with its title if it has one, and how near it is: higher is nearer, comparable within one answer."""

    item_id: str
    title: str | None
    score: float


@dataclass(frozen=True)
class Similar:
    """The answer to `similar`.

    Attributes:
        run_date: of the model.
        source: its name.
        item: what was asked about; its score says nothing.
        near: the nearest items, nearest first; empty where the model knows none.
    """

    run_date: date
    source: str
    item: Near
    near: tuple[Near, ...]


def similar(lake: ArrowLake, item_id: str, sources: Sequence[str], source: str | None, n: int) -> Similar:
    """The `n` items, of those that may be listed, that a source would list to somebody who only viewed this one.

    Args:
        lake: its published list says which night's models are asked.
        item_id: the item.
        sources: of the night.
        source: one of them; None: the first of PREFERRED.
        n: positive.

    Raises:
        StaleInputError: nothing is published, or what the list was made from is no longer kept.
        ConfigError: there is no such item or source, or the source does not look at the history.
    """
    name = source or next((one for one in PREFERRED if one in sources), sources[0])
    if name not in sources:
        rule = f"it must be a source of the night: {', '.join(sources)}."
        raise ConfigError(where="--source", rule=rule, came=name, do="Name one of these.")
    day = published_now(published_rows(lake)).run_date
    catalog = _read(lake, CATALOG, run_date=day).sort_by("item_index")
    ids, titles = catalog["item_id"].to_pylist(), catalog["title"].to_pylist()
    index = _index(item_id, ids, titles)
    model = load_model(saved_files(_read(lake, MODELS, run_date=day, model=name), name, "serve"))
    features = _read(lake, ITEM_FEATURES, run_date=day, fold="serve").sort_by("item_index")
    items, scores = nearest(model, index, features["is_listable"].to_numpy(), n)
    found = (Near(ids[item], titles[item], float(score)) for item, score in zip(items, scores, strict=True))
    return Similar(day, name, Near(item_id, titles[index], 1.0), tuple(found))


def nearest(model: Model, item: int, is_listable: Bools, n: int) -> tuple[Ints, Floats]:
    """Items int32 [K] and their scores float32 [K], the nearest first; K is `n` or less.

    Raises:
        ConfigError: the model's scores do not depend on the history, or it lists only what is in it.
    """
    if model.reasons == "none" or model.lists_own_items:
        rule = "the source must list other items for another history."
        raise ConfigError(where="--source", rule=rule, came=model.name, do=f"Use one of {', '.join(PREFERRED)}.")
    one, view = np.ones(1, np.float32), np.array([EVENT_TYPES.index("view")], np.int8)
    alone = Histories(np.array([0, 1]), np.array([item], np.int32), one, np.zeros(1, np.float32), types=view)
    scores = model.score(alone)
    # Nothing in common is a score of 0, and no nearness.
    scores[:, ~is_listable | (scores[0] == 0)] = -np.inf
    scores[:, item] = -np.inf
    items, best = top_k(scores, n)
    is_found = items[0] >= 0
    return items[0, is_found], best[0, is_found]


def _index(item_id: str, ids: list[str], titles: list[str | None]) -> int:
    """The number of the item.

    Raises:
        ConfigError: there is no such item; the error names items with such a title or id.
    """
    if item_id in ids:
        return ids.index(item_id)
    wanted = item_id.casefold()
    alike = [f"{own} ({title})" for own, title in zip(ids, titles, strict=True) if title and wanted in title.casefold()]
    alike = alike[:5] or get_close_matches(item_id, ids, n=5)
    do = f"Did you mean {', '.join(alike)}?" if alike else "Ids are those of the landing files."
    raise ConfigError(where="--item", rule="it must be the id of an item in the catalog.", came=item_id, do=do)


def _read(lake: ArrowLake, spec: TableSpec, **where_is: Value) -> pa.Table:
    where: Conditions = tuple((column, "=", value) for column, value in where_is.items())
    rows = lake.read_arrow(spec, lake.version(spec), where, _MAX_ROWS)
    if not rows.num_rows:
        of = ", ".join(f"{column} {value}" for column, value in where_is.items())
        rule, do = "what the published list was made from must be kept.", "Run `tawny night` to make it again."
        raise StaleInputError(where=f"{spec.name} of {of}", rule=rule, came="no rows", do=do)
    return rows
