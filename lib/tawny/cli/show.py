"""`tawny show`: one user's list, with the reasons in words, read without a JVM."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tawny.cli.console import console, grid
from tawny.core.errors import ConfigError, StaleInputError
from tawny.core.table import TableSpec
from tawny.lake.base import Conditions
from tawny.publish.pointer import published_pointer
from tawny.runner.local import LocalRunner
from tawny.tables.catalog import CATALOG
from tawny.tables.models import MODELS
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS

MAX_ITEMS = 20_000_000


def show_list(runner: LocalRunner, user_id: str, run_date: date | None) -> None:
    """Print the list of `run_date`; the published one where it is None.

    Raises:
        StaleInputError: nothing is published.
        ConfigError: the user has no list.
    """
    day = run_date or _published_day(runner)
    rows = _rows(runner, RECOMMENDATIONS, (("run_date", "=", day), ("user_id", "=", user_id)))
    if not rows:
        rule = f"the user must have a list for {day}."
        do = "User ids are those of the landing files; `tawny tables recommendations` explains the table."
        raise ConfigError(where=f"user {user_id}", rule=rule, came="none", do=do)
    catalog = runner.arrow.read_arrow(CATALOG, runner.arrow.version(CATALOG), (("run_date", "=", day),), MAX_ITEMS)
    titles = dict(zip(catalog["item_id"].to_pylist(), catalog["title"].to_pylist(), strict=True))
    popular = _popular(runner, day)
    table = grid("rank", "item", "score", "sources", "why", right=("rank", "score"))
    for row in sorted(rows, key=lambda row: int(row["rank"])):
        item = titles.get(row["item_id"]) or row["item_id"]
        why = reasons_text(row["reasons"], titles, popular)
        table.add_row(str(row["rank"]), item, f"{row['score']:.4f}", ", ".join(row["sources"]), why)
    out = console()
    out.print(f"user {user_id}, list of {day}, model {rows[0]['model_version']}")
    out.print(table)


def reasons_text(reasons: Sequence[Mapping[str, Any]], titles: Mapping[str, str | None], popular: str) -> str:
    """The reasons in words, the user's own items first; their shares are in recommendations_v1.

    >>> source, item = {"source": "popularity", "item_id": None}, {"source": "als", "item_id": "7"}
    >>> reasons_text([source, item], {"7": "Heat"}, "popular")
    'because of Heat; popular'
    """
    past = [titles.get(row["item_id"]) or row["item_id"] for row in reasons if row["item_id"] is not None]
    sources = [row["source"] for row in reasons if row["item_id"] is None]
    without_item = [popular if source == "popularity" else f"found by {source}" for source in sources]
    return "; ".join(([f"because of {', '.join(past)}"] if past else []) + without_item)


def _published_day(runner: LocalRunner) -> date:
    pointer = published_pointer(runner.arrow)
    if pointer is None:
        raise StaleInputError(where=PUBLISHED.name, rule="a list must be published.", came="none", do="Run `tawny night`.")
    return pointer.run_date


def _popular(runner: LocalRunner, day: date) -> str:
    """What popularity counted, according to the model of the day's lists."""
    where: Conditions = (
        ("run_date", "=", day), ("model", "=", "popularity"), ("fold", "=", "serve"), ("file", "=", "config.json"),
    )  # fmt: skip
    chunks = sorted(_rows(runner, MODELS, where), key=lambda row: int(row["chunk"]))
    if not chunks:
        return "popular"
    window_days = json.loads(b"".join(row["payload"] for row in chunks))["config"]["window_days"]
    return f"popular in the last {window_days} days" if window_days else "popular at all times"


def _rows(runner: LocalRunner, spec: TableSpec, where: Conditions) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = runner.arrow.read(spec, runner.arrow.version(spec), where).to_pylist()
    return rows
