"""The version graph, on real tables written without a JVM: a chain of four partitions, one of which is written anew."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from tawny.core.errors import StaleInputError
from tawny.core.table import TableRef, spec_of
from tawny.lake.arrow import ArrowLake
from tawny.lake.schema import arrow_schema
from tawny.runner.lineage import Lineage, owned_by, ref_of
from tawny.tables.events import EVENTS
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.models import MODELS
from tawny.tables.nights import NIGHTS

NOON = datetime(2024, 2, 28, 12, tzinfo=UTC)
OF_ONE = {"values": [1.0], "history_length": 3, "is_warm": True}
D1, D2 = date(2024, 3, 1), date(2024, 3, 2)


@pytest.fixture
def lake(tmp_path: Path) -> ArrowLake:
    lake = ArrowLake(str(tmp_path / "lake"))
    lake.ensure([NIGHTS, HOLDOUTS, MODELS, EVENTS])
    return lake


def pin(lake: ArrowLake, digest: str, day: date = D1) -> None:
    row = {"table": EVENTS.name, "version": 0, "digest": digest, "n_rows": 1, "night_id": "n"}
    lake.write(NIGHTS, pa.Table.from_pylist([row]), {"run_date": day}, "pin", {"run_id": "p"})


def write(lake: ArrowLake, ref: TableRef, text: str, inputs: dict[str, str], day: date = D1) -> str:
    """Write a partition that holds `text`, made from `inputs`; its digest."""
    spec = spec_of(ref)
    rows: dict[str, list[Any]] = {
        HOLDOUTS.name: [{"fold": "test", "user_id": text, "as_of_ts": NOON, "item_indices": [1], **OF_ONE}],
        MODELS.name: [{"fold": "test", "file": "f", "chunk": 0, "payload": text.encode(), "model_version": text}],
    }
    known = set(arrow_schema(spec).names)
    table = pa.Table.from_pylist([{k: v for k, v in row.items() if k in known} for row in rows[spec.name]])
    note = {"run_id": text, "inputs": inputs, "settings": "s", "code": "c"}
    return lake.write(spec, table, owned_by(ref, day), "id", note).digest


def chain(lake: ArrowLake) -> dict[str, str]:
    """events <- holdouts <- models[als] <- models[ranker], all current."""
    pin(lake, "e1")
    made = {"holdouts_v2": write(lake, HOLDOUTS, "one", {"events_v2": "e1"})}
    made["models_v1[als]"] = write(lake, MODELS["als"], "als", dict(made))
    made["models_v1[ranker]"] = write(lake, MODELS["ranker"], "ranker", dict(made))
    return made


def test_what_was_made_from_what_is_there_is_current(lake: ArrowLake) -> None:
    made = chain(lake)
    lineage = Lineage(lake, D1)
    assert [lineage.why_stale(name) for name in made] == [None, None, None]
    assert {name: lineage.digest(name) for name in made} == made


def test_other_events_make_all_stale_that_was_made_from_them(lake: ArrowLake) -> None:
    made = chain(lake)
    pin(lake, "e2")
    why = {Lineage(lake, D1).why_stale(name) for name in made}
    assert why == {"holdouts_v2 was made from events_v2 as it was (e1), which is now e2"}


def test_the_same_rows_from_other_events_make_only_themselves_new(lake: ArrowLake) -> None:
    made = chain(lake)
    pin(lake, "e2")
    write(lake, HOLDOUTS, "one", {"events_v2": "e2"})
    assert [Lineage(lake, D1).why_stale(name) for name in made] == [None, None, None]


def test_other_rows_in_the_middle_make_what_follows_stale_and_nothing_before(lake: ArrowLake) -> None:
    made = chain(lake)
    new = write(lake, MODELS["als"], "other", {"holdouts_v2": made["holdouts_v2"]})
    why = [Lineage(lake, D1).why_stale(name) for name in made]
    text = f"models_v1[ranker] was made from models_v1[als] as it was ({made['models_v1[als]']}), which is now {new}"
    assert why == [None, None, text]


def test_another_date_is_another_world(lake: ArrowLake) -> None:
    made = chain(lake)
    pin(lake, "e9", D2)
    write(lake, HOLDOUTS, "other", {"events_v2": "e9"}, D2)
    assert [Lineage(lake, D1).why_stale(name) for name in made] == [None, None, None]
    assert Lineage(lake, D2).why_stale("models_v1[als]") == f"models_v1[als] was not written for {D2}"


def test_rows_that_were_deleted_are_not_there(lake: ArrowLake) -> None:
    chain(lake)
    DeltaTable(lake.path(HOLDOUTS)).delete("run_date = '2024-03-01'")
    lineage = Lineage(lake, D1)
    made = lineage.made(HOLDOUTS)
    assert made is not None
    assert not made.digest  # another program did it
    assert not lineage.is_there(made, HOLDOUTS, lake.version(HOLDOUTS))


def test_all_that_a_partition_was_made_from_is_found_as_it_was_then(lake: ArrowLake) -> None:
    made = chain(lake)
    lineage = Lineage(lake, D1)
    ranker = lineage.made(MODELS["ranker"])
    write(lake, HOLDOUTS, "later", {"events_v2": "e1"})
    assert ranker is not None
    found = Lineage(lake, D1).upstream(ranker)
    assert {name: one.digest for name, one in found.items()} == {k: v for k, v in made.items() if k != "models_v1[ranker]"}
    rows = lake.read(HOLDOUTS, found["holdouts_v2"].version, (("run_date", "=", D1),)).to_pylist()
    assert [row["user_id"] for row in rows] == ["one"]


def test_earlier_dates_have_their_newest_partition(lake: ArrowLake) -> None:
    write(lake, HOLDOUTS, "old", {})
    newest = write(lake, HOLDOUTS, "new", {})
    write(lake, HOLDOUTS, "today", {}, D2)
    assert {day: made.digest for day, made in Lineage(lake, D2).earlier(HOLDOUTS).items()} == {D1: newest}
    assert Lineage(lake, D1).earlier(HOLDOUTS) == {}


def test_a_table_of_other_code_is_refused_by_name() -> None:
    assert str(ref_of("models_v1[als]")) == "models_v1[als]"
    with pytest.raises(StaleInputError, match=r"gone_v1: an input must be a table that is declared"):
        ref_of("gone_v1")
