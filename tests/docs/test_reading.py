"""What README says of reading the lists, run on a small lake as it stands there: every way gives the published list."""

import re
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from tawny.lake.arrow import ArrowLake
from tawny.lake.schema import arrow_schema
from tawny.publish.pointer import PublishedList, publish
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS

README = (Path(__file__).parents[2] / "README.md").read_text()
DAYS = (date(2026, 6, 1), date(2026, 6, 2))


def _block(language: str, word: str) -> str:
    """The only block of the section that has this word."""
    section = README.partition("## Read the lists")[2].partition("\n## ")[0]
    (block,) = [block for block in re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL) if word in block]
    return str(block)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a lake of two nights; the first is published again, by a rollback, say."""
    monkeypatch.chdir(tmp_path)
    lake = ArrowLake(str(tmp_path / "lake"))
    lake.ensure([RECOMMENDATIONS, PUBLISHED])
    own = pa.schema([field for field in arrow_schema(RECOMMENDATIONS) if field.name not in ("run_date", "list_id")])
    for day, item in zip(DAYS, ("old", "new"), strict=True):
        row = {"user_id": "42", "item_id": item, "sources": ["als"], "reasons": [], "details": [], "model_version": "m"}
        rows = pa.Table.from_pylist([{**row, "rank": rank, "score": 1 / rank} for rank in (1, 2)], schema=own)
        lake.write(RECOMMENDATIONS, rows, {"run_date": day}, "test")
    commit = lake.commits(RECOMMENDATIONS).newest({"run_date": DAYS[0]})
    assert commit is not None
    one = PublishedList(
        run_date=DAYS[0], list_id=commit.note["partition"]["list_id"], model_version="m", n_users=1, n_listed=1,
        n_exhausted=0, run_id="r", metric="ndcg@20 of all", n_judged=3, value=None, ci_low=None, ci_high=None, floor=None,
    )  # fmt: skip
    lake.update(PUBLISHED, partial(publish, candidate=one))
    return tmp_path


def _run(block: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(block, "README.md", "exec"), names)
    return names


def _rows(records: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return sorted((row["user_id"], row["item_id"], row["rank"]) for row in records)


READERS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "pandas": lambda: _run(_block("python", "to_pandas"))["lists"].to_dict("records"),
    "polars": lambda: _polars(_run(_block("python", "polars"))["lists"]),
    "duckdb": lambda: _duckdb(_run(_block("python", "duckdb"))["lists"]),
}


def _polars(lists: pl.DataFrame) -> list[dict[str, Any]]:
    return lists.to_dicts()


def _duckdb(lists: duckdb.DuckDBPyRelation) -> list[dict[str, Any]]:
    columns = lists.columns
    return [dict(zip(columns, row, strict=True)) for row in lists.fetchall()]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("reader", READERS)
def test_the_published_list_is_read_and_no_other(reader: str) -> None:
    assert _rows(READERS[reader]()) == [("42", "old", 1), ("42", "old", 2)]


def test_spark_sql_has_a_view_of_the_published_list(spark: SparkSession, folder: Path) -> None:
    statement, query = _block("sql", "VIEW").replace("`lake/", f"`{folder}/lake/").rstrip().rstrip(";").split(";\n")
    spark.sql(statement)
    assert "42" in query
    rows = [row.asDict() for row in spark.sql(query.strip()).toLocalIterator()]
    assert _rows(rows) == [("42", "old", 1), ("42", "old", 2)]
