from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from tawny.cli.show import list_lines, newest_list
from tawny.core.config import Env
from tawny.core.table import TableSpec
from tawny.core.words import ENGLISH
from tawny.lake.arrow import ArrowLake
from tawny.lake.base import Value
from tawny.lake.schema import arrow_schema
from tawny.models.popularity.model import Popularity
from tawny.models.popularity.settings import PopularitySettings
from tawny.models.store import to_files
from tawny.publish.pointer import PublishedList, publish
from tawny.publish.wording import Wording
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
    item: dict[str, Any] = {"categories": [], "price": None, "is_blocked": False}
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
        bought = {"event_type": "purchase", "event_date": date(1998, 3, 3), "category": None}
        details = [bought, {"event_type": None, "event_date": None, "category": None}]
        row: dict[str, Any] = {
            "user_id": "7",
            "sources": ["als", "popularity"],
            "reasons": because,
            "model_version": version,
        }
        row["details"] = details if version == "new" else None
        _list(lake, day, {**row, "rank": 1, "item_id": first, "score": 0.5})
    return lake


def _list(lake: ArrowLake, day: date, row: dict[str, Any]) -> None:
    """A list of one row; the lake gives it its id."""
    schema = arrow_schema(RECOMMENDATIONS)
    schema = schema.remove(schema.get_field_index("list_id"))
    lake.write(RECOMMENDATIONS, pa.Table.from_pylist([{"run_date": day, **row}], schema=schema), {"run_date": day}, "test")


def _id(lake: ArrowLake, day: date) -> str:
    found = newest_list(lake, day)
    assert found is not None
    return found


def _publish(lake: ArrowLake, day: date) -> str:
    """Publish the newest list of a day; its id."""
    one = PublishedList(
        run_date=day, list_id=_id(lake, day), model_version="m", n_users=1, n_listed=1, n_exhausted=0, run_id="r",
        metric="ndcg@20 of all", n_judged=3, value=None, ci_low=None, ci_high=None, floor=None,
    )  # fmt: skip
    lake.update(PUBLISHED, partial(publish, candidate=one))
    return one.list_id


@pytest.mark.usefixtures("lake")
def test_a_list_of_a_day_is_shown_with_titles_and_reasons(tawny: Tawny) -> None:
    ended = tawny("show", "--user", "7", "--run-date", "1998-04-23")
    assert ended.code == 0
    assert ended.out.startswith("user 7, list of 1998-04-23, model new\n")
    head, why = ended.out.splitlines()[-2:]
    assert head.split() == ["1", "Alien", "[1979]", "0.5000", "als", "popularity"]
    assert why == "    you bought Brazil (3 Mar); popular in the last 30 days"


@pytest.mark.usefixtures("lake")
def test_reasons_are_told_in_another_language_and_in_a_shop_s_own_words(tawny: Tawny, env_file: Path) -> None:
    ended = tawny("show", "--user", "7", "--run-date", "1998-04-23", "--language", "zh")
    assert ended.out.endswith("    您购买过Brazil（3月3日）；近30天热门\n")
    ended = tawny("show", "--user", "7", "--run-date", "1998-04-23", "--language", "de")
    assert ended.code == 2
    assert "reasons must be told in one of en, zh. Received: 'de'." in ended.err
    text = env_file.read_text()
    env_file.write_text(f'language = "de"\n{text}\n[words.de]\npurchase = "Sie kauften {{items}}"\n')
    ended = tawny("show", "--user", "7", "--run-date", "1998-04-23")
    assert ended.out.endswith("    Sie kauften Brazil (3 Mar); popular in the last 30 days\n")
    env_file.write_text(f'{text}\n[words.de]\npurchase = "Sie kauften {{item}}"\n')
    ended = tawny("show", "--user", "7")
    assert (ended.code, "it must name {items}, and names {item}" in ended.err) == (2, True)


@pytest.mark.usefixtures("lake")
def test_an_item_without_a_title_is_shown_by_its_id(tawny: Tawny) -> None:
    ended = tawny("show", "--user", "7", "--run-date", "1998-04-22")
    assert [line.split()[1] for line in ended.out.splitlines() if "0.5000" in line] == ["c"]


GOLDEN = """\
  9  The Good, the Bad and the Ugly: the whole fil…   0.8123  transitions als +2
     you bought Rake (3 May) and Hose (31 Dec 2025); you viewed Lawn mower, red
     (1 May)
 10  割草机割草机割草机割草机割草机割草机割草机割 …  12.5000  popularity
     popular in Garden"""


def test_a_list_at_80_columns_is_a_line_per_item_and_its_reason_below() -> None:
    """Golden: titles are cut by the cells that they take, and a reason goes on in the next line."""

    def event(kind: str, year: int, month: int, day: int) -> dict[str, Any]:
        return {"event_type": kind, "event_date": date(year, month, day), "category": None}

    def reason(source: str, item: str | None) -> dict[str, Any]:
        return {"source": source, "item_id": item, "share": 0.25}

    titles = {
        "a": "The Good, the Bad and the Ugly: the whole film at last",
        "b": "割草机" * 12,
        "1": "Rake",
        "2": "Hose",
        "3": "Lawn mower, red",
    }
    garden = {"event_type": None, "event_date": None, "category": "Garden"}
    rows = [
        {
            "run_date": date(2026, 6, 1), "rank": 10, "item_id": "b", "score": 12.5, "sources": ["popularity"],
            "reasons": [reason("als", None)], "details": [garden],
        },
        {
            "run_date": date(2026, 6, 1), "rank": 9, "item_id": "a", "score": 0.8123,
            "sources": ["transitions", "als", "neighbours", "popularity"],
            "reasons": [reason("als", "1"), reason("als", "3"), reason("als", "2")],
            "details": [event("purchase", 2026, 5, 3), event("view", 2026, 5, 1), event("purchase", 2025, 12, 31)],
        },
    ]  # fmt: skip
    lines = list(list_lines(rows, Wording(ENGLISH, titles), 80))
    assert "\n".join(line.plain for line in lines) == GOLDEN
    assert max(line.cell_len for line in lines) <= 80


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


def test_show_follows_the_pointer_and_each_rollback_goes_one_list_further_back(
    tawny: Tawny, env: Env, lake: ArrowLake
) -> None:
    old, new = _publish(lake, DAY_BEFORE), _publish(lake, DAY)
    assert tawny("show", "--user", "7").out.startswith(
        f"user 7, list of 1998-04-23, model new\nList {new} of 1998-04-23 is published.\n"
    )
    ended = tawny("rollback")
    assert (ended.code, ended.out) == (
        0,
        f"Published: 1998-04-22 (list {old}). Before: 1998-04-23 (list {new}).\n"
        f"`tawny rollback --to {new}` undoes this; `tawny rollback` goes one further back.\n",
    )
    assert tawny("show", "--user", "7").out.startswith("user 7, list of 1998-04-22, model old\n")
    ended = tawny("rollback")
    assert ended.code == 6
    assert "there must be a list that readers saw before, to go back to. Received: none." in ended.err
    assert tawny("rollback", "--to", new).code == 0
    assert tawny("show", "--user", "7").out.startswith("user 7, list of 1998-04-23, model new\n")
    assert tawny("rollback", "--to", new).out == f"Published: 1998-04-23 (list {new}), as before.\n"
    ended_runs = lake.read(RUNS, lake.version(RUNS), (("status", "=", "succeeded"),))
    assert ended_runs["job"].to_pylist() == ["roll_back"] * 3


def test_the_newest_list_of_a_day_is_shown_with_its_standing(tawny: Tawny, lake: ArrowLake) -> None:
    old, new = _publish(lake, DAY_BEFORE), _publish(lake, DAY)
    shown = tawny("show", "--user", "7", "--run-date", "1998-04-22").out
    assert f"List {old} of 1998-04-22 was published before; the list of 1998-04-23 is published" in shown
    assert tawny("rollback").code == 0
    shown = tawny("show", "--user", "7", "--run-date", "1998-04-23").out
    assert f"List {new} of 1998-04-23 was withdrawn by a rollback" in shown


def test_a_list_written_again_with_other_rows_changes_nothing_for_readers(tawny: Tawny, lake: ArrowLake) -> None:
    published = _publish(lake, DAY)
    before = tawny("show", "--user", "7").out
    row = {
        "user_id": "7",
        "sources": ["als"],
        "reasons": [],
        "model_version": "newer",
        "rank": 1,
        "item_id": "c",
        "score": 0.5,
    }
    _list(lake, DAY, {**row, "rank": 1, "item_id": "c", "score": 0.5})
    assert _id(lake, DAY) != published
    assert tawny("show", "--user", "7").out == before
    shown = tawny("show", "--user", "7", "--run-date", "1998-04-23").out
    assert shown.startswith(
        f"user 7, list of 1998-04-23, model newer\nList {_id(lake, DAY)} of 1998-04-23 was not published.\n"
    )


@pytest.mark.usefixtures("lake")
def test_rollback_is_refused_where_nothing_is_published_and_to_a_list_that_nobody_saw(tawny: Tawny, lake: ArrowLake) -> None:
    ended = tawny("rollback")
    assert (ended.code, "a list must be published." in ended.err) == (6, True)
    published = _publish(lake, DAY)
    ended = tawny("rollback", "--to", _id(lake, DAY_BEFORE))
    assert ended.code == 2
    assert f"it must be a list that readers have seen. Received: {_id(lake, DAY_BEFORE)}." in ended.err
    assert f"The newest are {published} (1998-04-23)." in ended.err


def test_going_back_to_a_list_whose_rows_were_dropped_is_refused(tawny: Tawny, lake: ArrowLake) -> None:
    old, _ = _publish(lake, DAY_BEFORE), _publish(lake, DAY)
    DeltaTable(lake.path(RECOMMENDATIONS)).delete("run_date = '1998-04-22'")
    ended = tawny("rollback")
    assert ended.code == 6
    assert "Received: 1 such lists, none of them in recommendations_v2 any more." in ended.err
    ended = tawny("rollback", "--to", old)
    assert (ended.code, "and it must be kept." in ended.err) == (6, True)
