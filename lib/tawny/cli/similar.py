"""`tawny similar`: the items nearest to one, by a stored model, without a JVM."""

from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
from rich.text import Text

from tawny.cli.console import console
from tawny.cli.show import MAX_ITEMS
from tawny.core.arrays import Bools, Floats, Histories, Ints, top_k
from tawny.core.columns import EVENT_TYPES
from tawny.core.errors import ConfigError, StaleInputError
from tawny.core.table import TableSpec
from tawny.lake.base import Conditions, Value
from tawny.models.store import load_model, saved_files
from tawny.publish.pointer import published_now, published_rows
from tawny.runner.local import LocalRunner
from tawny.tables.catalog import CATALOG
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS

if TYPE_CHECKING:
    import pyarrow as pa

    from tawny.models.base import Model

PREFERRED = ("neighbours", "als", "two_tower", "transitions")
"""Whose nearest items are shown without --source: the first of these that the night has."""


def show_similar(runner: LocalRunner, item_id: str, source: str | None, n: int) -> None:
    """Print the `n` items that the source would list to somebody whose only event is this item.

    The models are those of the published list. Only items that may be listed are shown.

    Raises:
        StaleInputError: nothing is published, or its models or its catalog are no longer kept.
        ConfigError: there is no such item or source, or the source does not look at the history.
    """
    day = published_now(published_rows(runner.arrow)).run_date
    name = source or next((one for one in PREFERRED if one in runner.night.sources), runner.night.sources[0])
    if name not in runner.night.sources:
        rule = f"it must be a source of the night: {', '.join(runner.night.sources)}."
        raise ConfigError(where="--source", rule=rule, came=name, do="Name one of these.")
    catalog = _read(runner, CATALOG, run_date=day).sort_by("item_index")
    ids, titles = catalog["item_id"].to_pylist(), catalog["title"].to_pylist()
    index = _index(item_id, ids, titles)
    saved = _read(runner, MODELS, run_date=day, model=name)
    model = load_model(saved_files(saved, name, "serve"))
    features = _read(runner, ITEM_FEATURES, run_date=day, fold="serve").sort_by("item_index")
    is_listable = features["is_listable"].to_numpy()
    items, scores = nearest(model, index, is_listable, n)
    out = console()
    out.print(f"nearest to {titles[index] or item_id} ({item_id}), by {name} of {day}")
    if not len(items):
        out.print(f"{name} knows nothing near it: it has too few events.")
        return
    id_cells = max(len(ids[item]) for item in items)
    for place, (item, score) in enumerate(zip(items, scores, strict=True), start=1):
        title = Text(titles[item] or ids[item], style="bold")
        title.truncate(max(10, out.width - id_cells - len(str(n)) - 15), overflow="ellipsis", pad=True)
        out.print(Text.assemble(f" {place:>{len(str(n))}}  ", title, f"  {score:8.4f}  ", (ids[item], "dim")))


def nearest(model: "Model", item: int, is_listable: Bools, n: int) -> tuple[Ints, Floats]:
    """Items int32 [K] and their scores float32 [K], the nearest first; K is `n` or less.

    Raises:
        ConfigError: the model's scores do not depend on the history, or it lists only what is in it.
    """
    if model.reasons == "none" or model.lists_own_items:
        rule = "the source must list other items for another history."
        raise ConfigError(where="--source", rule=rule, came=model.name, do=f"Use one of {', '.join(PREFERRED)}.")
    one = np.ones(1, np.float32)
    alone = Histories(
        np.array([0, 1]), np.array([item], np.int32), one, np.zeros(1, np.float32),
        types=np.array([EVENT_TYPES.index("view")], np.int8),
    )  # fmt: skip
    scores = model.score(alone)
    scores[:, ~is_listable] = -np.inf
    scores[:, item] = -np.inf
    # A count of nothing in common is no nearness.
    scores[scores == 0] = -np.inf
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


def _read(runner: LocalRunner, spec: TableSpec, **where_is: Value) -> "pa.Table":
    where: Conditions = tuple((column, "=", value) for column, value in where_is.items())
    rows = runner.arrow.read_arrow(spec, runner.arrow.version(spec), where, MAX_ITEMS)
    if not rows.num_rows:
        rule, do = "what the published list was made from must be kept.", "Run `tawny night` to make it again."
        raise StaleInputError(where=f"{spec.name} of {where_is['run_date']}", rule=rule, came="no rows", do=do)
    return rows
