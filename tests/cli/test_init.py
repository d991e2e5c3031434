"""`tawny init` and `tawny land`, as a new user sees them: what is printed at 80 columns and the env file are in golden/.

After a change that is meant: `TAWNY_GOLDEN=write pytest tests/cli/test_init.py`, then read the diff.
"""

import io
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rich.console import Console

from tawny.core.config import load_env, night_settings
from tawny.testing.exports import EXPORTS

HERE = Path(__file__).parent
MODIFIED = datetime(2026, 9, 21, tzinfo=UTC).timestamp()

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def tawny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`tawny ARGUMENT...` in tmp_path on a console of 80 columns: its exit code and what it wrote."""
    from tawny.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str]:
        out = io.StringIO()
        shown = Console(file=out, width=80, highlight=False, markup=False)
        monkeypatch.setattr("tawny.cli.init.console", lambda: shown)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        code = ended.value.code
        return code if isinstance(code, int) else 0, out.getvalue() + capsys.readouterr().err

    return run


@pytest.mark.parametrize("name", EXPORTS)
def test_what_is_printed_and_written(name: str, tawny: Command, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    EXPORTS[name](landing, 300, date(2026, 9, 20))
    for file in landing.rglob("*"):
        os.utime(file, (MODIFIED, MODIFIED))
    code, out = tawny("init", "landing", "--env", "shop.toml")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    lines = [line.rstrip() for line in out.splitlines()]
    written = (tmp_path / "shop.toml").read_text()
    golden = HERE / "golden"
    if os.environ.get("TAWNY_GOLDEN") == "write":
        golden.mkdir(exist_ok=True)
        (golden / f"init-{name}.txt").write_text("\n".join(lines) + "\n")
        (golden / f"init-{name}.toml").write_text(written)
    assert "\n".join(lines) + "\n" == (golden / f"init-{name}.txt").read_text()
    assert written == (golden / f"init-{name}.toml").read_text()
    env = load_env(tmp_path / "shop.toml")
    night_settings(env)
    assert (env.root, env.landing) == (str(tmp_path / "lake"), str(landing))


def test_an_env_file_is_overwritten_only_by_force(tawny: Command, tmp_path: Path) -> None:
    EXPORTS["crm"](tmp_path / "landing", 40, date(2026, 9, 20))
    (tmp_path / "tawny.toml").write_text("# mine\n")
    code, out = tawny("init", "landing")
    assert (code, "an env file is not overwritten. Received: it is there already." in out) == (2, True)
    assert (tmp_path / "tawny.toml").read_text() == "# mine\n"
    code, _ = tawny("init", "landing", "--force", "--root", "../lake")
    assert (code, load_env(tmp_path / "tawny.toml").root) == (0, str(tmp_path.parent / "lake"))


def test_a_folder_without_events_says_what_was_found_and_what_is_needed(tawny: Command, tmp_path: Path) -> None:
    code, out = tawny("init", "nowhere")
    assert (code, "the landing folder must be a folder. Received: none there" in out) == (3, True)
    landing = tmp_path / "landing"
    landing.mkdir()
    code, out = tawny("init", "landing")
    assert (code, "Received: an empty folder" in out) == (3, True)
    (landing / "products.csv").write_text("sku,name\n" + "".join(f"{n},Lamp {n}\n" for n in range(9)))
    (landing / "notes.pdf").write_bytes(b"%PDF-1.7")
    (landing / "book.xlsx").write_bytes(b"PK\x03\x04")
    code, out = tawny("init", "landing")
    assert (code, "a night needs events: rows with a user, an item and a time." in out) == (3, True)
    assert "items: products.csv" in out
    assert "book.xlsx: a spreadsheet; save it as CSV." in out
    assert not (tmp_path / "tawny.toml").exists()


def write_database(file: Path) -> None:
    with closing(sqlite3.connect(file)) as shop:
        shop.executescript("""
            create table customer (id integer primary key, country text);
            create table orders (id integer primary key, customer_id integer, created_at timestamp);
            create table order_line (id integer primary key, order_id integer, product_id integer, price numeric(10, 2));
            create table migration (version text);
        """)
        shop.executemany("insert into customer values (?, ?)", [(n, ("DE", "FR")[n % 2]) for n in range(1, 31)])
        add_orders(shop, range(1, 61))


def add_orders(shop: sqlite3.Connection, numbers: range) -> None:
    orders = [(n, 1 + n % 30, f"2026-09-{1 + n % 20:02d} 10:00:00.000000") for n in numbers]
    shop.executemany("insert into orders values (?, ?, ?)", orders)
    shop.executemany(
        "insert into order_line values (?, ?, ?, ?)",
        [(2 * n + k, n, 100 + (n + k) % 9, 9.5) for n in numbers for k in (0, 1)],
    )
    shop.commit()


def test_a_database_is_landed_looked_at_and_landed_again(tawny: Command, tmp_path: Path) -> None:
    write_database(tmp_path / "shop.db")
    code, out = tawny("init", "landing", "--from-database", "sqlite:///shop.db", "--env", "shop.toml")
    assert code == 0, out
    assert "order_line: 120 rows into order_line/order_line-000001.parquet." in out
    assert "neither events nor items nor users, and were not copied: migration." in " ".join(out.split())
    env = load_env(tmp_path / "shop.toml")
    assert env.database is not None
    assert {table.name: table.cursor for table in env.database.tables} == {
        "customer": None,
        "order_line": "id",
        "orders": "id",
    }
    assert [(one.table, one.path) for one in env.files] == [
        ("events", "joined/order_line.parquet"), ("users", "customer/customer-*.parquet"),
    ]  # fmt: skip
    with closing(sqlite3.connect(tmp_path / "shop.db")) as shop:
        add_orders(shop, range(61, 64))
    code, out = tawny("land", "--env", "shop.toml")
    assert (code, out.splitlines()) == (0, [
        "customer: nothing new.", "order_line: 6 rows into order_line/order_line-000002.parquet.",
        "orders: 3 rows into orders/orders-000002.parquet.", "joined/order_line.parquet: 126 lines with their orders.",
    ])  # fmt: skip


def test_land_says_what_it_needs(tawny: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop.toml").write_text('root = "lake"\nlanding = "landing"\n')
    code, out = tawny("land", "--env", "shop.toml")
    assert (code, "an env file must say what to land, as [database] or [[joins]]" in out) == (2, True)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    code, out = tawny("init", "landing", "--from-database", "sqlite:///shop.db")
    assert (code, "pip install 'tawny[database]'" in out) == (2, True)
