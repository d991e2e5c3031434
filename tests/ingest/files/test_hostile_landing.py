"""What must never be opened, what must not lead out of the landing folder, and files that change while they are read."""

import gzip
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tawny.core.config import Env
from tawny.core.errors import InputError
from tawny.core.landing import FilesSettings
from tawny.ingest.files.find import find_files
from tawny.ingest.files.inspect import inspect
from tawny.ingest.files.read import read_part

from .conftest import Raw

HEADER = "user_id,item_id,event_type,event_time,value\n"
ROW = "u,i,view,2024-01-01,1\n"


@pytest.fixture(autouse=True)
def nothing_hangs() -> Iterator[None]:
    """A test that waits for a writer of a FIFO fails after ten seconds."""

    def give_up(*_: Any) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the landing folder, with events."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "events.csv").write_text(HEADER + ROW)
    return folder


DECLARED = (None, FilesSettings(table="events", path="events*"), FilesSettings(table="events", path="**/events.csv"))


@pytest.mark.parametrize("declared", DECLARED, ids=["by name", "glob", "all below"])
@pytest.mark.parametrize("what", ["a FIFO", "a socket", "a device", "a link to a FIFO", "a link to a device"])
def test_what_is_no_regular_file_is_refused_and_never_opened(
    what: str, declared: FilesSettings | None, landing: Path, raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = landing / "events.csv"
    if what == "a FIFO":
        os.mkfifo(path)
    elif what == "a socket":
        monkeypatch.chdir(landing)  # the name of a socket may have some 100 characters
        socket.socket(socket.AF_UNIX).bind("events.csv")
    elif what == "a device":
        try:
            os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))
        except PermissionError:
            pytest.skip("only root makes devices")
    elif what == "a link to a FIFO":
        os.mkfifo(landing / ".pipe")
        path.symlink_to(".pipe")
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(InputError, match=r"events\.csv: the landing folder must hold regular files"):
        raw("events", *[declared] * bool(declared))


@pytest.mark.parametrize("name", ["events.csv", "events", "anything"])
def test_a_link_that_leads_nowhere_is_refused(name: str, landing: Path, raw: Raw) -> None:
    (landing / "events_1.csv").write_text(HEADER + ROW)
    (landing / name).symlink_to("gone")
    with pytest.raises(InputError, match=rf"{name}: the landing folder must hold .* Received: a link to gone, which is not"):
        raw("events")


def test_a_link_that_leads_out_is_refused(landing: Path, outside: Path, raw: Raw) -> None:
    (landing / "events.csv").symlink_to(outside / "events.csv")
    with pytest.raises(InputError, match=r"events\.csv: .* Received: a link to .*outside/events\.csv, out of the landing"):
        raw("events")
    with pytest.raises(InputError, match=r"events\.csv: .* out of the landing"):
        raw("events", FilesSettings(table="events", path="events.csv"))


@pytest.mark.parametrize("path", ["shop/events.csv", "shop/*", "*/events.csv", "shop/**"])
def test_a_folder_that_leads_out_is_refused(path: str, landing: Path, outside: Path, raw: Raw) -> None:
    (landing / "shop").symlink_to(outside)
    with pytest.raises(InputError, match=r"shop(/events\.csv)?: the landing folder must hold"):
        raw("events", FilesSettings(table="events", path=path))
    with pytest.raises(InputError, match=r"shop: the landing folder must hold"):
        raw("events")


def test_links_that_stay_inside_are_followed(landing: Path, raw: Raw) -> None:
    (landing / ".store").mkdir()
    (landing / ".store" / "a.csv").write_text(HEADER + ROW)
    (landing / "events.csv").symlink_to(".store/a.csv")
    assert [row["source_file"] for row in raw("events")] == ["events.csv"]


def test_a_folder_that_leads_back_to_itself_is_refused(landing: Path, raw: Raw) -> None:
    (landing / "events").mkdir()
    (landing / "events" / "a.csv").write_text(HEADER + ROW)
    (landing / "events" / "again").symlink_to(landing)
    with pytest.raises(InputError, match=r"events/again: .* Received: a link to .*, which contains it"):
        raw("events")
    (landing / "events" / "again").unlink()
    (landing / "self").symlink_to("self")
    with pytest.raises(InputError, match=r"self: the landing folder must hold"):
        raw("events")


@pytest.mark.parametrize("path", ["../outside/events.csv", "/etc/passwd", "a/../../outside/*", "..", "", "x/**.csv"])
def test_a_declared_path_must_stay_below_the_landing_folder(path: str) -> None:
    with pytest.raises(ValidationError, match="a path is a glob below the landing folder"):
        FilesSettings(table="events", path=path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("clicks/**", ["clicks/a.csv", "clicks/deep/er/b.csv", "clicks/deep/notes.csv"]),
        ("clicks", ["clicks/a.csv", "clicks/deep/er/b.csv", "clicks/deep/notes.csv"]),
        ("**/*.csv", ["clicks/a.csv", "clicks/deep/er/b.csv", "clicks/deep/notes.csv", "top.csv"]),
        ("**/b.csv", ["clicks/deep/er/b.csv"]),
        ("clicks/*", ["clicks/a.csv", "clicks/deep/er/b.csv", "clicks/deep/notes.csv"]),
        ("_mine/*.csv", ["_mine/c.csv"]),
    ],
)
def test_a_glob_takes_each_file_below_once(path: str, expected: list[str], landing: Path, env: Env) -> None:
    for name in ("clicks/a.csv", "clicks/deep/er/b.csv", "clicks/deep/notes.csv", "top.csv", "_mine/c.csv", ".h/d.csv"):
        (landing / name).parent.mkdir(parents=True, exist_ok=True)
        (landing / name).write_text(HEADER + ROW)
    declared = env.model_copy(update={"files": (FilesSettings(table="events", path=path),)})
    assert [file.path for file in find_files(declared, "events")] == expected


@pytest.mark.parametrize("name", ["events.csv", "events.csv.gz", "events.jsonl", "events.parquet", "quoted"])
@pytest.mark.parametrize("change", ["grows", "is gone", "is replaced", "becomes a FIFO", "becomes a link out"])
def test_a_file_that_changes_between_inspection_and_reading_is_refused(
    name: str, change: str, landing: Path, outside: Path, env: Env
) -> None:
    path = _whole(landing, name)
    (found,) = find_files(env, "events")
    inspected = inspect(found)
    _change(path, change, outside)
    with pytest.raises(InputError, match=rf"{path.name}: a file must not change while it is read\. .*[Rr]un the job again"):
        [batch for part in inspected.parts for batch in read_part(part)]


@pytest.mark.parametrize("change", ["grows", "is gone", "is replaced"])
def test_a_file_that_changes_while_a_task_reads_it_is_refused(change: str, landing: Path, outside: Path, env: Env) -> None:
    path = _whole(landing, "events.csv")
    (found,) = find_files(env, "events")
    (part,) = inspect(found).parts
    batches = read_part(part)
    next(batches)
    _change(path, change, outside)
    with pytest.raises(InputError, match=r"events\.csv: a file must not change while it is read\."):
        list(batches)


def test_a_file_that_is_gone_before_its_inspection_is_refused(landing: Path, env: Env) -> None:
    for name in ("events.csv", "events.parquet"):
        path = _whole(landing, name)
        (found,) = find_files(env, "events")
        path.unlink()
        with pytest.raises(InputError, match=rf"{path.name}: the file must be readable\. Received: .*No such file"):
            inspect(found)


def test_a_file_that_grows_while_it_is_inspected_is_refused(
    landing: Path, env: Env, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _whole(landing, "events.csv")
    (found,) = find_files(env, "events")

    def growing(*args: Any) -> Any:
        with path.open("a") as handle:
            handle.write(ROW)
        return scan_text(*args)

    from tawny.ingest.files.text import scan_text

    monkeypatch.setattr("tawny.ingest.files.inspect.scan_text", growing)
    with pytest.raises(InputError, match=r"events\.csv: a file must not change while it is read\."):
        inspect(found)


def _whole(landing: Path, name: str) -> Path:
    """A good file of that name (`quoted`: a CSV file with quotation marks)."""
    path = landing / ("events.csv" if name == "quoted" else name)
    if name == "events.parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = ("user_id", "item_id", "event_type", "event_time")
        pq.write_table(pa.table({column: ["x"] for column in columns}), path)
    elif name == "events.jsonl":
        path.write_text('{"user_id": "u", "item_id": "i", "event_type": "view", "event_time": 1}\n')
    else:
        text = (HEADER + ROW + ('"u",i,view,2024-01-01,1\n' if name == "quoted" else "")).encode()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


def _change(path: Path, change: str, outside: Path) -> None:
    whole = path.read_bytes()
    if change == "grows":
        path.write_bytes(whole + whole)
        return
    path.unlink()
    if change == "is replaced":
        path.write_bytes(whole.replace(b"u", b"v"))
        os.utime(path, ns=(1, 1))
    elif change == "becomes a FIFO":
        os.mkfifo(path)
    elif change == "becomes a link out":
        (outside / path.name).write_bytes(whole)
        path.symlink_to(outside / path.name)
