"""`tawny show`: one user's list, with the reasons in words, read without a JVM."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from tawny.cli.console import console, grid
from tawny.core.errors import ConfigError, StaleInputError
from tawny.core.table import TableSpec
from tawny.lake.base import Conditions
from tawny.publish.pointer import published_now, published_rows, standing
from tawny.runner.local import LocalRunner
from tawny.tables.catalog import CATALOG
from tawny.tables.models import MODELS
from tawny.tables.recommendations import RECOMMENDATIONS

if TYPE_CHECKING:  # so that the help of the commands loads no table reader
    from tawny.lake.arrow import ArrowLake

MAX_ITEMS = 20_000_000


def show_list(runner: LocalRunner, user_id: str, run_date: date | None) -> None:
    """Print the newest list of `run_date`, with whether readers follow it; the published one where run_date is None.

    Raises:
        StaleInputError: nothing is published, or no list was written for that day.
        ConfigError: the user has no list.
    """
    published = published_rows(runner.arrow)
    if run_date is None:
        now = published_now(published)
        day, list_id = now.run_date, now.list_id
    else:
        day, list_id = run_date, _written(runner, run_date)
    rows = _rows(runner, RECOMMENDATIONS, (("run_date", "=", day), ("list_id", "=", list_id), ("user_id", "=", user_id)))
    if not rows:
        rule = f"the user must have a list for {day}."
        do = "User ids are those of the landing files; `tawny tables recommendations` explains the table."
        raise ConfigError(where=f"user {user_id}", rule=rule, came="none", do=do)
    catalog = runner.arrow.read_arrow(CATALOG, runner.arrow.version(CATALOG), (("run_date", "=", day),), MAX_ITEMS)
    titles = dict(zip(catalog["item_id"].to_pylist(), catalog["title"].to_pylist(), strict=True))
    popular = popular_text(runner, day)
    table = grid("rank", "item", "score", "sources", "why", right=("rank", "score"))
    for row in sorted(rows, key=lambda row: int(row["rank"])):
        item = titles.get(row["item_id"]) or row["item_id"]
        why = reasons_text(row["reasons"], titles, popular)
        table.add_row(str(row["rank"]), item, f"{row['score']:.4f}", ", ".join(row["sources"]), why)
    out = console()
    out.print(f"user {user_id}, list of {day}, model {rows[0]['model_version']}")
    out.print(standing(published, day, list_id), soft_wrap=True)
    out.print(table)


def reasons_text(reasons: Sequence[Mapping[str, Any]], titles: Mapping[str, str | None], popular: str) -> str:
    """The reasons in words, the user's own items first; their shares are in recommendations_v2.

    >>> source, item = {"source": "popularity", "item_id": None}, {"source": "als", "item_id": "7"}
    >>> reasons_text([source, item], {"7": "Heat"}, "popular")
    'because of Heat; popular'
    """
    past = [titles.get(row["item_id"]) or row["item_id"] for row in reasons if row["item_id"] is not None]
    sources = [row["source"] for row in reasons if row["item_id"] is None]
    without_item = [popular if source == "popularity" else f"found by {source}" for source in sources]
    return "; ".join(([f"because of {', '.join(past)}"] if past else []) + without_item)


def newest_list(lake: "ArrowLake", run_date: date) -> str | None:
    """The list_id of the list that was written last for a day; None where none was."""
    commit = lake.commits(RECOMMENDATIONS).newest({"run_date": run_date})
    return commit.note.get("partition", {}).get("list_id") if commit else None


def _written(runner: LocalRunner, run_date: date) -> str:
    list_id = newest_list(runner.arrow, run_date)
    if list_id is None:
        rule, do = "a list must be written for the day.", f"Run `tawny night --run-date {run_date}`."
        raise StaleInputError(where=f"{RECOMMENDATIONS.name} {run_date}", rule=rule, came="none", do=do)
    return list_id


def popular_text(runner: LocalRunner, day: date) -> str:
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
