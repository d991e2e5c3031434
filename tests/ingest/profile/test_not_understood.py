"""What `tawny init` cannot use is named with the reason; nothing that lies in a landing folder makes it fail."""

import gzip
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tawny.core.config import Env, load_env
from tawny.core.errors import InputError
from tawny.ingest.profile.infer import Inferred, infer
from tawny.ingest.profile.infer_toml import env_file

from .cases import p, rows, u

TODAY = date(2026, 11, 29)
EVENTS = rows("user,item,action,ts", lambda i: f"{u(i)},{p(i)},view,{1700000000 + i}")


def parquet(columns: dict[str, list[object]]) -> bytes:
    out = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), out)
    return bytes(out.getvalue().to_pybytes())


FILES: dict[str, tuple[bytes, str]] = {
    "empty.csv": (b"", "it is empty"),
    "blank.csv": (b"\n\n", "there is no line with anything in it"),
    "header.csv": (b"user,item,ts\n", "it has a header and no row"),
    "text.txt": (b"hello, this is\ntext\nwith commas, some\n", "its lines are no rows of fields with the same delimiter"),
    "latin.csv": ("käufer,artikel\n1,2\n".encode("latin-1"), "it is not UTF-8 (byte 0xe4); convert it: iconv"),
    "twice.csv": (b"user,user,item\n1,1,2\n", "its header names a column twice: user; rename one"),
    "binary.csv": (bytes(range(256)), "it is binary"),
    "cut.csv.gz": (gzip.compress(EVENTS.encode() * 50)[:-50], "it is damaged or cut"),
    "packed.csv": (gzip.compress(EVENTS.encode()), "gzip without the ending .gz; rename it"),
    "cut.parquet": (parquet({"user": [1]})[:-9], "it is damaged or cut"),
    "one.json": (b'{"events": [{"user": 1}]}', "no column looks like ids of users or items"),
    "scalars.json": (b"[1, 2, 3]", "the array hold no JSON object a row"),
    "shop.db": (b"SQLite format 3\0", "an SQLite database; read it with `tawny init LANDING --from-database sqlite:///PATH`"),
    "all.zip": (b"PK", "an archive; unpack it"),
    "nested.parquet": (parquet({"user": [{"id": i} for i in range(9)], "ts": [1700000000] * 9}), "no column looks like ids"),
    "prices.csv": (rows("sku,day,price", lambda i: f"{p(i)},2024-01-01,{i}").encode(), "several rows for an item (sku)"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_of_no_use_is_named_with_the_reason(name: str, tmp_path: Path) -> None:
    content, why = FILES[name]
    (tmp_path / name).write_bytes(content)
    found = infer(tmp_path, TODAY)
    told = [(one.path, one.why) for one in found.unread] + [(one.path, table.why_not) for one, table in found.not_understood]
    assert (found.tables, [path for path, _ in told]) == ((), [name])
    assert why in told[0][1]


def test_many_files_of_one_reason_are_told_once(tmp_path: Path) -> None:
    for n in range(5):
        (tmp_path / f"image-{n}.jpg").write_bytes(b"x")
    (only,) = infer(tmp_path, TODAY).unread
    assert (only.path, only.why) == ("*.jpg", "no table (5 files)")


@pytest.mark.parametrize(
    ("header", "row", "column", "why"),
    [
        (
            "user,item,date,time",
            lambda i: f"{u(i)},{p(i)},2024-01-{1 + i % 28:02d},10:{i:02d}",
            "time",
            "a time of day alone",
        ),
        ("user,item,date", lambda i: f"{u(i)},{p(i)},{45000 + i / 2}", "date", "none that can be read, as 45000.0"),
        (
            "user,item,ts,price",
            lambda i: f"{u(i)},{p(i)},{1700000000 + i},EUR {i}.50",
            "price",
            "none that can be read, as EUR",
        ),
        ("user,item,ts,note", lambda i: f"{u(i)},{p(i)},{1700000000 + i},", "note", "it is empty"),
    ],
)
def test_a_column_that_should_say_something_and_does_not_is_named(
    header: str, row: Callable[[int], str], column: str, why: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(rows(header, row))
    (one,) = infer(tmp_path, TODAY).tables
    assert why in one.table.left_out[column]


def test_a_file_whose_name_would_be_taken_for_a_table_is_no_surprise_to_the_night(tmp_path: Path) -> None:
    """Where events are declared, the search by name is off for events; for items it is on, so that is said."""
    (tmp_path / "clicks.csv").write_text(EVENTS)
    (tmp_path / "events_readme.csv").write_text("a,b\n1,2\n")
    (tmp_path / "items_todo.csv").write_text("a,b\n1,2\n")
    found = infer(tmp_path, TODAY)
    assert [one.settings["path"] for one in found.tables if one.is_needed] == ["clicks.csv"]
    told = {source.path: table.why_not for source, table in found.not_understood}
    assert "Rename it" not in told["events_readme.csv"]
    assert "Rename it: its name begins with items, so that a night takes it for items" in told["items_todo.csv"]


def test_most_rows_of_types_that_say_nothing_would_stop_the_night_so_the_share_is_set(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        rows("user,item,event,ts", lambda i: f"{u(i)},{p(i)},{('search', 'scroll', 'view')[i % 3]},{1700000000 + i}", 60)
    )
    env = written(infer(tmp_path, TODAY), tmp_path)
    assert env.jobs == {"ingest_events": {"max_refused_share": 0.8}}


def test_names_of_columns_may_be_anything(tmp_path: Path) -> None:
    names = ['"a\nb"', "c\x07d", "e\x7ff", '"user ""x"" id"', "#item", "é"]
    text = rows(",".join(["user", "item", "ts", *names]), lambda i: f"{u(i)},{p(i)},{1700000000 + i},1,2,3,4,5,6")
    (tmp_path / "a.csv").write_text(text)
    (tmp_path / "b\x7f.csv").write_text(EVENTS)
    found = infer(tmp_path, TODAY)
    assert [one.path for one in written(found, tmp_path).files] == ["a.csv", "b\x7f.csv"]


def written(found: Inferred, folder: Path) -> Env:
    """The env file of what was found, as it is read."""
    file = folder / "shop.toml"
    file.write_text(env_file(found, file, "lake"))
    return load_env(file)


@settings(max_examples=60, deadline=None)
@given(
    content=st.one_of(
        st.binary(max_size=300),
        st.lists(st.lists(st.text(alphabet='ab1,;"\n{}[]|.:-é\0', max_size=6), min_size=1, max_size=4), max_size=6).map(
            lambda table: "\n".join(",".join(row) for row in table).encode()
        ),
    )
)
@example(content=b'user,item,ts\n"1,2,3\n4,5,6\n')
def test_no_content_makes_it_fail(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        landing = Path(folder) / "landing"
        landing.mkdir()
        for name in ("a.csv", "b.jsonl", "c.json", "d"):
            (landing / name).write_bytes(content)
        written(infer(landing, TODAY), Path(folder))


def test_what_is_no_regular_file_is_refused_as_the_night_refuses_it(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InputError, match=r"loop: the landing folder must hold regular files"):
        infer(tmp_path, TODAY)
