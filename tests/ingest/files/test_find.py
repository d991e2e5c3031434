import logging
from pathlib import Path

import pytest

from tawny.core.config import Env
from tawny.core.errors import ConfigError, InputError
from tawny.core.landing import FilesSettings
from tawny.ingest.files.file import Kind
from tawny.ingest.files.find import find_files


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")


def found(env: Env, kind: Kind) -> list[tuple[str, str]]:
    return [(file.path, file.format) for file in find_files(env, kind)]


def declaring(env: Env, *declared: FilesSettings) -> Env:
    return env.model_copy(update={"files": declared})


def test_canonical_files_and_folders_are_found_by_their_names(env: Env, landing: Path) -> None:
    touch(landing, "events.csv", "events_2.csv.gz", "events-3.jsonl", "events4.jsonl.gz", "events/a/part-0.parquet")
    touch(landing, "events.parquet/part-1.snappy.parquet", "items.csv", "users_old.jsonl")
    assert found(env, "events") == [
        ("events-3.jsonl", "jsonl"),
        ("events.csv", "csv"),
        ("events.parquet/part-1.snappy.parquet", "parquet"),
        ("events/a/part-0.parquet", "parquet"),
        ("events4.jsonl.gz", "jsonl"),
        ("events_2.csv.gz", "csv"),
    ]
    assert found(env, "items") == [("items.csv", "csv")]
    assert found(env, "users") == [("users_old.jsonl", "jsonl")]


def test_hidden_files_markers_and_other_names_are_not_taken(env: Env, landing: Path) -> None:
    touch(landing, "events/_SUCCESS", "events/.part-0.csv.crc", ".events.csv", "events/_delta_log/0.jsonl", "readme.csv")
    touch(landing, "events.txt", "my_events.csv")
    assert found(env, "events") == []


def test_movielens_is_found_by_its_names_wherever_it_was_unpacked(env: Env, landing: Path) -> None:
    touch(landing, "ml-100k/u.data", "ml-100k/u.item", "ml-100k/u.user", "ml-100k/ua.base", "ml-100k/README")
    touch(landing, "ml-1m/ratings.dat", "ml-1m/movies.dat", "ml-1m/users.dat")
    assert found(env, "events") == [("ml-100k/u.data", "movielens-100k"), ("ml-1m/ratings.dat", "movielens-1m")]
    assert found(env, "items") == [("ml-100k/u.item", "movielens-100k"), ("ml-1m/movies.dat", "movielens-1m")]
    assert found(env, "users") == [("ml-100k/u.user", "movielens-100k"), ("ml-1m/users.dat", "movielens-1m")]


def test_atomic_files_are_found_by_their_endings(env: Env, landing: Path) -> None:
    touch(landing, "ml-100k.inter", "ml-100k.item", "ml-100k.user")
    assert found(env, "events") == [("ml-100k.inter", "recbole")]
    assert found(env, "items") == [("ml-100k.item", "recbole")]
    assert found(env, "users") == [("ml-100k.user", "recbole")]


def test_with_declared_files_nothing_else_of_their_table_is_taken(env: Env, landing: Path) -> None:
    touch(landing, "events.csv", "shop/orders-1.tsv", "shop/orders-2.jsonl", "items.csv", "users.csv")
    declared = declaring(env, FilesSettings(table="events", path="shop/orders-*"))
    assert found(declared, "events") == [("shop/orders-1.tsv", "csv"), ("shop/orders-2.jsonl", "jsonl")]
    assert (found(declared, "items"), found(declared, "users")) == ([("items.csv", "csv")], [("users.csv", "csv")])


def test_what_is_declared_for_one_table_is_not_found_by_name_for_another(env: Env, landing: Path) -> None:
    touch(landing, "items_sold.csv", "items.csv")
    declared = declaring(env, FilesSettings(table="events", path="items_sold.csv"))
    assert (found(declared, "events"), found(declared, "items")) == ([("items_sold.csv", "csv")], [("items.csv", "csv")])


def test_names_are_found_whatever_their_case(env: Env, landing: Path) -> None:
    touch(landing, "Events.CSV", "EVENTS_2.Csv.GZ", "Items/Part-0.PARQUET", "Shop/Orders-1.CSV", "ML-1M/Ratings.DAT")
    assert found(env, "events") == [
        ("EVENTS_2.Csv.GZ", "csv"), ("Events.CSV", "csv"), ("ML-1M/Ratings.DAT", "movielens-1m"),
    ]  # fmt: skip
    assert found(env, "items") == [("Items/Part-0.PARQUET", "parquet")]
    declared = declaring(env, FilesSettings(table="events", path="shop/orders-[0-9].csv"))
    assert found(declared, "events") == [("Shop/Orders-1.CSV", "csv")]


def test_text_is_found_with_every_compression(env: Env, landing: Path) -> None:
    touch(landing, "events.csv.bz2", "events.json", "events.jsonl.zst", "events.ndjson", "events.tsv.gz", "events.csv.zip")
    assert found(env, "events") == [
        ("events.csv.bz2", "csv"), ("events.json", "json"), ("events.jsonl.zst", "jsonl"), ("events.ndjson", "jsonl"),
        ("events.tsv.gz", "csv"),
    ]  # fmt: skip


def test_a_declared_path_without_a_file_is_an_error(env: Env) -> None:
    with pytest.raises(InputError, match=r"\[\[files\]\] path = orders\*: the path must match a file\. Received: none"):
        find_files(declaring(env, FilesSettings(table="events", path="orders*")), "events")


def test_an_unknown_canonical_column_is_an_error(env: Env, landing: Path) -> None:
    touch(landing, "orders.csv")
    settings = FilesSettings(table="events", path="orders.csv", columns={"customer": "kunde"})
    with pytest.raises(ConfigError, match=r"canonical columns of events are user_id, .*Received: customer"):
        find_files(declaring(env, settings), "events")


def test_an_ending_that_says_nothing_needs_a_format(env: Env, landing: Path) -> None:
    touch(landing, "orders.txt")
    with pytest.raises(ConfigError, match=r"the ending must be one of .*Received: orders\.txt.*Add a format"):
        find_files(declaring(env, FilesSettings(table="events", path="orders.txt")), "events")
    given = FilesSettings(table="events", path="orders.txt", format="csv")
    assert found(declaring(env, given), "events") == [("orders.txt", "csv")]


def test_a_file_declared_twice_is_an_error(env: Env, landing: Path) -> None:
    touch(landing, "orders.csv")
    twice = [FilesSettings(table="events", path=path) for path in ("orders.csv", "*.csv")]
    with pytest.raises(ConfigError, match=r"\[\[files\]\]: a file must be declared once\. Received: orders\.csv"):
        find_files(declaring(env, *twice), "events")


@pytest.mark.parametrize("where", ["s3://bucket/landing", "/no/such/folder"])
def test_a_landing_folder_that_is_not_there_is_an_error(env: Env, where: str) -> None:
    with pytest.raises(InputError, match=rf"landing = {where}: the landing folder must be a folder that every worker sees"):
        find_files(env.model_copy(update={"landing": where}), "events")


def test_what_was_found_is_logged(env: Env, landing: Path, caplog: pytest.LogCaptureFixture) -> None:
    touch(landing, "events.csv")
    with caplog.at_level(logging.DEBUG, logger="tawny"):
        find_files(env, "events")
    assert "landing: events: events.csv" in caplog.text
