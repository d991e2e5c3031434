"""Tables of a database land as Parquet: whole ones, and what is new; in chunks, and with errors that say what to do."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tawny.core.errors import ConfigError, InputError
from tawny.core.landing import DatabaseTable
from tawny.ingest.profile import database
from tawny.ingest.profile.database import Database

SCHEMA = """
create table orders (id integer primary key, customer text, placed timestamp, total numeric(10, 2), note blob, paid boolean);
create table stamps (at timestamp, what text);
create view big_orders as select id, customer from orders where total > 15;
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript(SCHEMA)
        yield connection


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


def add(shop: sqlite3.Connection, *numbers: int) -> None:
    rows = [(n, f"c{n % 3}", f"2024-01-{n:02d} 10:00:00.000000", n + 0.5, b"\1", 1) for n in numbers]
    shop.executemany("insert into orders values (?, ?, ?, ?, ?, ?)", rows)
    shop.commit()


def test_a_table_lands_with_its_types_in_chunks(
    shop: sqlite3.Connection, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_ROWS_AT_ONCE", 4)
    add(shop, *range(1, 11))
    landed = Database(url).land(tmp_path, DatabaseTable(name="orders"))
    assert (landed.path, landed.n_rows) == ("orders/orders-000001.parquet", 10)
    file = pq.ParquetFile(tmp_path / "orders/orders-000001.parquet")
    assert file.num_row_groups == 3
    table = file.read()
    types = [pa.int64(), pa.string(), pa.timestamp("us"), pa.float64(), pa.binary(), pa.bool_()]
    assert table.schema.types == types
    assert list(table.slice(2, 1).to_pylist()[0].values()) == [3, "c0", datetime(2024, 1, 3, 10), 3.5, b"\1", True]


def test_with_a_cursor_only_what_is_new_lands(shop: sqlite3.Connection, url: str, tmp_path: Path) -> None:
    orders = DatabaseTable(name="orders", cursor="id")
    add(shop, 1, 2, 3)
    Database(url).land(tmp_path, orders)
    assert Database(url).land(tmp_path, orders).path is None
    add(shop, 4, 5)
    landed = Database(url).land(tmp_path, orders)
    assert landed.path == "orders/orders-000002.parquet"
    assert pq.read_table(tmp_path / "orders/orders-000002.parquet")["id"].to_pylist() == [4, 5]


def test_a_time_as_cursor_takes_the_last_instant_again_because_more_rows_may_have_it(
    shop: sqlite3.Connection, url: str, tmp_path: Path
) -> None:
    stamps = DatabaseTable(name="stamps", cursor="at")
    times = ["2024-01-01 00:00:00.000000", "2024-01-02 00:00:00.000000"]
    shop.executemany("insert into stamps values (?, ?)", [(times[0], "a"), (times[1], "b")])
    shop.commit()
    Database(url).land(tmp_path, stamps)
    shop.execute("insert into stamps values (?, ?)", (times[1], "c"))
    shop.commit()
    Database(url).land(tmp_path, stamps)
    assert pq.read_table(tmp_path / "stamps/stamps-000002.parquet")["what"].to_pylist() == ["b", "c"]


def test_without_a_cursor_the_whole_table_lands_when_it_says_something_else(
    shop: sqlite3.Connection, url: str, tmp_path: Path
) -> None:
    add(shop, 1, 2)
    Database(url).land(tmp_path, DatabaseTable(name="orders"))
    assert Database(url).land(tmp_path, DatabaseTable(name="orders")).path is None
    shop.execute("delete from orders where id = 1")
    shop.commit()
    assert Database(url).land(tmp_path, DatabaseTable(name="orders")).path == "orders/orders-000002.parquet"
    assert pq.read_table(tmp_path / "orders/orders-000002.parquet")["id"].to_pylist() == [2]
    assert sorted(path.name for path in (tmp_path / "orders").iterdir()) == [
        "orders-000001.parquet",
        "orders-000002.parquet",
    ]


@pytest.mark.usefixtures("shop")
def test_tables_and_views_are_named_and_keys_are_known(url: str, tmp_path: Path) -> None:
    found = Database(url)
    assert found.names() == ("big_orders", "orders", "stamps")
    assert (found.key("orders"), found.key("stamps")) == ("id", None)
    with pytest.raises(
        ConfigError, match=r"a table must be in the database \(big_orders, orders, stamps\). Received: clicks"
    ):
        found.names(("clicks",))
    with pytest.raises(ConfigError, match=r"a cursor is a column of its table .* Received: number"):
        found.land(tmp_path, DatabaseTable(name="orders", cursor="number"))
    with pytest.raises(ConfigError, match=r"a table must be in the database. Received: gone"):
        found.land(tmp_path, DatabaseTable(name="gone"))


def test_the_password_is_that_of_the_environment_and_is_not_kept(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(database.PASSWORD, "secret")
    assert database.with_password("postgresql://reader@db/shop").password == "secret"
    assert database.with_password("postgresql://reader:own@db/shop").password == "own"
    assert database.with_password("postgresql://db/shop").password is None
    assert Database(url).url == url


def test_what_is_missing_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="it must be a URL of SQLAlchemy"):
        Database("shop")
    with pytest.raises(ConfigError, match="the driver of tawnydb must be installed"):
        Database("tawnydb://host/shop")
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(ConfigError, match=r"Install it: pip install 'tawny\[database\]'"):
        Database("sqlite://")


def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the database must answer. Received: unable to open database file"):
        Database(f"sqlite:///{tmp_path}/none/shop.db").names()
