"""Orders and their lines become events together."""

import gzip
import json
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tawny.core.errors import ConfigError
from tawny.core.landing import JoinSettings
from tawny.ingest.profile.infer import infer
from tawny.ingest.profile.joins import join

from .cases import p, rows, u

TODAY = date(2026, 11, 29)


def write_dump(landing: Path) -> None:
    orders = rows("id,customer_id,created_at,status", lambda i: f"{i},{u(i)},2024-01-{1 + i % 28:02d} 10:00:00,paid")
    (landing / "orders.csv.gz").write_bytes(gzip.compress(orders.encode(), mtime=0))
    (landing / "order_items.csv").write_text(rows("id;order_id;product_id;price", lambda i: f"{i};{i // 2};{p(i)};9.5", 90))


JOIN = JoinSettings(
    lines="order_items.csv",
    line_key="order_id",
    orders="orders.csv.gz",
    order_key="id",
    columns=("customer_id", "created_at"),
    into="joined/order_items.parquet",
)


def test_lines_get_user_and_time_of_their_order(tmp_path: Path) -> None:
    write_dump(tmp_path)
    found = infer(tmp_path, TODAY)
    assert (found.joins, found.tables) == ((JOIN,), ())
    assert join(tmp_path, JOIN) == 80, "of 45 orders with two lines each, 40 are there"
    file = tmp_path / JOIN.into
    table = pq.read_table(file)
    assert table.column_names == ["id", "order_id", "product_id", "price", "customer_id", "created_at"]
    assert list(table.slice(5, 1).to_pylist()[0].values()) == ["5", "2", str(p(5)), "9.5", str(u(2)), "2024-01-03 10:00:00"]
    (one,) = infer(tmp_path, TODAY).tables
    assert one.settings["columns"] | {"event_id": "id"} == {
        "user_id": "customer_id", "item_id": "product_id", "event_time": "created_at", "value": "price", "event_id": "id",
    }  # fmt: skip
    assert one.settings["defaults"] == {"event_type": "purchase"}
    before = file.read_bytes()
    join(tmp_path, JOIN)
    assert file.read_bytes() == before


def test_what_a_join_names_must_be_there(tmp_path: Path) -> None:
    write_dump(tmp_path)
    with pytest.raises(ConfigError, match=r"the path must match a file. Received: order\*.txt"):
        join(tmp_path, JOIN.model_copy(update={"orders": "order*.txt"}))
    with pytest.raises(ConfigError, match=r"must have the joined columns .* Received: user_id"):
        join(tmp_path, JOIN.model_copy(update={"columns": ("user_id",)}))


def test_objects_are_joined_as_rows_are(tmp_path: Path) -> None:
    (tmp_path / "orders.json").write_text(
        json.dumps([{"id": 1, "customer": {"id": "a"}}, {"id": 2, "customer": {"id": "b"}}])
    )
    (tmp_path / "lines.jsonl").write_text('{"order": 2, "sku": "x"}\nbroken\n{"order": 3, "sku": "y"}\n')
    declared = JoinSettings(
        lines="lines.jsonl",
        line_key="order",
        orders="orders.json",
        order_key="id",
        columns=("customer.id",),
        into="j.parquet",
    )
    assert join(tmp_path, declared) == 1
    assert pq.read_table(tmp_path / "j.parquet").to_pylist() == [{"order": "2", "sku": "x", "customer.id": "b"}]
