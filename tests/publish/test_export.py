"""The published lists as files: whole, in order, of one version, and never half there."""

import csv
import json
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tawny.core.errors import ConfigError, StaleInputError
from tawny.core.words import CHINESE, ENGLISH
from tawny.lake.arrow import ArrowLake
from tawny.lake.schema import arrow_schema
from tawny.publish import export as export_module
from tawny.publish.export import ExportSettings, export, format_of, users_in
from tawny.publish.pointer import PublishedList, publish
from tawny.tables.catalog import CATALOG
from tawny.tables.models import MODELS
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS

DAY, NEXT_DAY = date(2026, 6, 1), date(2026, 6, 2)


def _write_list(lake: ArrowLake, day: date, users: list[str], item: str = "b") -> str:
    """A list of two items per user; its id."""
    bought = {"event_type": "purchase", "event_date": date(2026, 5, 3), "category": None}
    rows = [
        {
            "user_id": user, "rank": rank, "item_id": one, "score": 0.9 - 0.1 * rank, "sources": ["als", "popularity"],
            "reasons": [{"source": "als", "item_id": "c", "share": 0.5}], "details": [bought], "model_version": "m",
        }
        for user in users for rank, one in ((2, "a"), (1, item))
    ]  # fmt: skip
    schema = arrow_schema(RECOMMENDATIONS)
    own = pa.schema([field for field in schema if field.name not in ("run_date", "list_id")])
    lake.write(RECOMMENDATIONS, pa.Table.from_pylist(rows, schema=own), {"run_date": day}, "test")
    commit = lake.commits(RECOMMENDATIONS).newest({"run_date": day})
    assert commit is not None
    return str(commit.note["partition"]["list_id"])


def _publish(lake: ArrowLake, day: date, list_id: str) -> None:
    one = PublishedList(
        run_date=day, list_id=list_id, model_version="m", n_users=1, n_listed=1, n_exhausted=0, run_id="r",
        metric="ndcg@20 of all", n_judged=3, value=None, ci_low=None, ci_high=None, floor=None,
    )  # fmt: skip
    lake.update(PUBLISHED, partial(publish, candidate=one))


@pytest.fixture
def lake(lake_root: Path) -> ArrowLake:
    """A published list of three users, and a later one that nobody follows."""
    lake = ArrowLake(str(lake_root))
    lake.ensure([CATALOG, RECOMMENDATIONS, MODELS, PUBLISHED])
    item: dict[str, Any] = {"categories": [], "price": None, "is_blocked": False}
    titles = (("a", "Hose, green"), ("b", "Rake"), ("c", "Lawn mower"))
    items = [{**item, "item_index": n, "item_id": key, "title": title} for n, (key, title) in enumerate(titles)]
    own = pa.schema([field for field in arrow_schema(CATALOG) if field.name != "run_date"])
    lake.write(CATALOG, pa.Table.from_pylist(items, schema=own), {"run_date": DAY}, "test")
    _publish(lake, DAY, _write_list(lake, DAY, ["u3", "u1", "u2"]))
    _write_list(lake, NEXT_DAY, ["u1"], item="c")
    return lake


def _settings(out: Path, **more: Any) -> ExportSettings:
    return ExportSettings(out, format_of(out, None), more.pop("words", ENGLISH), **more)


def test_csv_has_a_row_per_user_and_rank_in_order(lake: ArrowLake, tmp_path: Path) -> None:
    out = tmp_path / "lists.csv"
    done = export(lake, _settings(out, with_titles=True))
    assert (done.n_rows, done.n_users, done.missing) == (6, 3, ())
    list_id = done.published.list_id
    assert out.read_text().splitlines()[:3] == [
        "user_id,rank,item_id,title,score,sources,reason,run_date,list_id",
        f"u1,1,b,Rake,0.8,als popularity,you bought Lawn mower (3 May),2026-06-01,{list_id}",
        f'u1,2,a,"Hose, green",0.7,als popularity,you bought Lawn mower (3 May),2026-06-01,{list_id}',
    ]
    assert [row["user_id"] for row in csv.DictReader(out.open())] == ["u1", "u1", "u2", "u2", "u3", "u3"]


def test_json_lines_may_have_a_row_per_user_in_another_language(lake: ArrowLake, tmp_path: Path) -> None:
    out = tmp_path / "lists.jsonl"
    export(lake, _settings(out, per_user=True, words=CHINESE, users=("u2",)))
    (row,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert (row["user_id"], row["run_date"]) == ("u2", "2026-06-01")
    assert row["items"][0] == {
        "rank": 1, "item_id": "b", "score": 0.8, "sources": ["als", "popularity"], "reason": "您购买过Lawn mower（5月3日）",
    }  # fmt: skip
    assert [item["item_id"] for item in row["items"]] == ["b", "a"]


@pytest.mark.parametrize("per_user", [False, True])
def test_parquet_has_types(lake: ArrowLake, tmp_path: Path, *, per_user: bool) -> None:
    out = tmp_path / "lists.parquet"
    settings = _settings(out, per_user=per_user)
    export(lake, settings)
    table = pq.read_table(out)
    assert table.schema.equals(settings.schema)
    assert table["user_id"].to_pylist() == (["u1", "u2", "u3"] if per_user else ["u1", "u1", "u2", "u2", "u3", "u3"])


def test_users_asked_for_without_a_list_are_named_and_none_at_all_is_an_error(lake: ArrowLake, tmp_path: Path) -> None:
    users = tmp_path / "users.txt"
    users.write_text("user_id\nu9\n u1 \n\nu1\n")
    out = tmp_path / "lists.csv"
    done = export(lake, _settings(out, users=users_in(users)))
    assert (done.n_users, done.missing) == (1, ("u9",))
    before = out.read_text()
    with pytest.raises(ConfigError, match=r"a user asked for must have a list. Received: 1 ids without one: u9"):
        export(lake, _settings(out, users=("u9",)))
    assert out.read_text() == before
    with pytest.raises(ConfigError, match=r"with one user id a line. Received: no id"):
        users.write_text("user_id\n")
        users_in(users)


def test_a_list_that_is_published_meanwhile_changes_nothing(
    lake: ArrowLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, out = tmp_path / "expected.csv", tmp_path / "lists.csv"
    export(lake, _settings(expected))
    rows_of = ArrowLake.batches

    def publish_first(self: ArrowLake, *arguments: Any) -> Iterator[pa.RecordBatch]:
        _publish(self, NEXT_DAY, _write_list(self, NEXT_DAY, ["u1"], item="c"))
        return rows_of(self, *arguments)

    monkeypatch.setattr(ArrowLake, "batches", publish_first)
    export(lake, _settings(out))
    assert out.read_text() == expected.read_text()


def test_more_rows_than_are_held_at_once_come_out_the_same(
    lake: ArrowLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _publish(lake, NEXT_DAY, _write_list(lake, NEXT_DAY, [f"u{n:03d}" for n in range(200)]))
    whole, cut = tmp_path / "whole.csv", tmp_path / "cut.csv"
    export(lake, _settings(whole))
    monkeypatch.setattr(export_module, "ROWS_AT_ONCE", 50)
    assert export(lake, _settings(cut)).n_users == 200
    assert cut.read_text() == whole.read_text()


def test_an_export_that_fails_leaves_nothing_and_the_file_before(
    lake: ArrowLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    out = folder / "lists.parquet"
    export(lake, _settings(out))
    before = out.read_bytes()

    def broken(*_: Any) -> Iterator[pa.RecordBatch]:
        raise OSError("the disk is gone")

    monkeypatch.setattr(ArrowLake, "batches", broken)
    with pytest.raises(OSError, match="the disk is gone"):
        export(lake, _settings(out))
    assert list(folder.iterdir()) == [out]
    assert out.read_bytes() == before


def test_what_cannot_be_exported_is_said_before_anything_is_read(lake_root: Path, tmp_path: Path) -> None:
    empty = ArrowLake(str(lake_root))
    with pytest.raises(ConfigError, match=r"it must be a file in a folder that is there. Received: a folder"):
        export(empty, ExportSettings(tmp_path, "csv", ENGLISH))
    with pytest.raises(ConfigError, match="Received: no folder"):
        export(empty, _settings(tmp_path / "nowhere" / "lists.csv"))
    with pytest.raises(ConfigError, match=r"one of csv, jsonl, parquet. Received: 'xlsx'"):
        format_of(tmp_path / "lists.xlsx", None)
    empty.ensure([PUBLISHED])
    with pytest.raises(StaleInputError, match="a list must be published"):
        export(empty, _settings(tmp_path / "lists.csv"))
