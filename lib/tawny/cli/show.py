"""`tawny show`: one user's list, with the reasons in words. Reads one partition, filtered, without a JVM."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tawny.cli.console import console, grid
from tawny.cli.pointer import published
from tawny.cli.workbench import Workbench
from tawny.core.errors import ConfigError, StaleInputError
from tawny.tables.catalog import CATALOG
from tawny.tables.models import MODELS
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS

if TYPE_CHECKING:
    from datetime import date

    from tawny.core.lake import Conditions
    from tawny.core.table import TableSpec

MAX_ITEMS = 20_000_000


def show_list(bench: Workbench, user_id: str, run_date: "date | None") -> None:
    """Print the list of `run_date`, or else the published one.

    Raises:
        StaleInputError: nothing is published.
        ConfigError: the user has no list.
    """
    day = run_date or _published_day(bench)
    rows = _rows(bench, RECOMMENDATIONS, (("run_date", "=", day), ("user_id", "=", user_id)))
    if not rows:
        rule = f"the user must have a list for {day}."
        do = "User ids are those of the landing files; `tawny tables recommendations` says what lies there."
        raise ConfigError(where=f"user {user_id}", rule=rule, came="none", do=do)
    catalog = bench.arrow.read_arrow(CATALOG, bench.arrow.version(CATALOG), (("run_date", "=", day),), MAX_ITEMS)
    titles = dict(zip(catalog["item_id"].to_pylist(), catalog["title"].to_pylist(), strict=True))
    popular = _popular(bench, day)
    table = grid("rank", "item", "score", "sources", "why", right=("rank", "score"))
    for row in sorted(rows, key=lambda row: int(row["rank"])):
        item = titles.get(row["item_id"]) or row["item_id"]
        why = why_of(row["reasons"], titles, popular)
        table.add_row(str(row["rank"]), item, f"{row['score']:.4f}", ", ".join(row["sources"]), why)
    out = console()
    out.print(f"user {user_id}, list of {day}, model {rows[0]['model_version']}")
    out.print(table)


def why_of(reasons: Sequence[Mapping[str, Any]], titles: Mapping[str, str | None], popular: str) -> str:
    """The reasons in words: the user's own items first, the shares are in recommendations_v1.

    >>> whole, part = {"source": "popularity", "item_id": None}, {"source": "als", "item_id": "7"}
    >>> why_of([whole, part], {"7": "Heat"}, "popular")
    'because of Heat; popular'
    """
    past = [titles.get(row["item_id"]) or row["item_id"] for row in reasons if row["item_id"] is not None]
    bare = [row["source"] for row in reasons if row["item_id"] is None]
    rest = [popular if source == "popularity" else f"found by {source}" for source in bare]
    return "; ".join(([f"because of {', '.join(past)}"] if past else []) + rest)


def _published_day(bench: Workbench) -> "date":
    pointer = published(bench.arrow)
    if pointer is None:
        raise StaleInputError(where=PUBLISHED.name, rule="a list must be published.", came="none", do="Run `tawny night`.")
    return pointer.run_date


def _popular(bench: Workbench, day: "date") -> str:
    """What popularity counted, as its model for the published lists says."""
    where: Conditions = (
        ("run_date", "=", day), ("model", "=", "popularity"), ("fold", "=", "serve"), ("file", "=", "config.json"),
    )  # fmt: skip
    chunks = sorted(_rows(bench, MODELS, where), key=lambda row: int(row["chunk"]))
    if not chunks:
        return "popular"
    window = json.loads(b"".join(row["payload"] for row in chunks))["config"]["window_days"]
    return f"popular in the last {window} days" if window else "popular at all times"


def _rows(bench: Workbench, spec: "TableSpec", where: "Conditions") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = bench.arrow.read(spec, bench.arrow.version(spec), where).to_pylist()
    return rows
