"""Bad and odd inputs, each as a small world: what docs/inputs.md says of it is what `tawny check` says."""

import gzip
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

HEADER = "user_id,item_id,event_type,event_time\n"
END = datetime(2026, 11, 1, tzinfo=UTC)


def shop(n_users: int = 30, n_days: int = 20, kind: str = "view", *, step: timedelta = timedelta(hours=5)) -> str:
    """Events as CSV: every user takes another of 40 items on each day."""
    first = END - timedelta(days=n_days - 1) + step
    rows = [
        f"u{user},i{(user * 7 + day) % 40},{kind},{first + timedelta(days=day, seconds=user):%FT%TZ}\n"
        for day in range(n_days)
        for user in range(n_users)
    ]
    return HEADER + "".join(rows)


GOOD = shop()


@dataclass
class World:
    """The folder of one input.

    Attributes:
        folder: landing is `folder/landing`; the env file `folder/env.toml`.
        root, landing: as the env file names them.
        more: lines of the env file below root and landing.
        arguments: of `tawny check`.
    """

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    root: str = "lake"
    landing: str = "landing"
    more: str = ""
    arguments: list[str] = field(default_factory=lambda: ["--run-date", "2026-11-02"])

    def land(self, name: str, content: str | bytes) -> Path:
        """Put a file into the landing folder."""
        path = self.folder / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def env(self, text: str) -> None:
        """Write the whole env file."""
        (self.folder / "env.toml").write_text(text)


@dataclass(frozen=True)
class Input:
    """One input.

    Attributes:
        name: as the page names it.
        code: the exit code of `tawny check`.
        make: puts it into a world that has one good file, `events.csv`, unless it says otherwise.
    """

    name: str
    code: int
    make: Callable[[World], object]


def _settings(more: str) -> Callable[[World], object]:
    return lambda world: setattr(world, "more", more)


def _events(content: str | bytes, more: str = "", name: str = "events.csv") -> Callable[[World], object]:
    def make(world: World) -> None:
        world.land("events.csv", "").unlink()
        world.land(name, content)
        world.more = more

    return make


def _rows(*rows: str, header: str = HEADER) -> str:
    return header + "".join(f"{row}\n" for row in rows)


def _many(row: str, n: int = 30, header: str = HEADER) -> str:
    """The row n times, with numbers in place of `{n}`, beside nothing else."""
    return _rows(*(row.format(n=number) for number in range(n)), header=header)


def _beside(row: str, n: int = 200) -> str:
    """Bad rows beside the good ones."""
    return GOOD + "".join(row.format(n=number) + "\n" for number in range(n))


def _dated(run_date: str) -> Callable[[World], object]:
    return lambda world: setattr(world, "arguments", ["--run-date", run_date])


def _link(to: str) -> Callable[[World], object]:
    return lambda world: (world.folder / "landing" / "events_link.csv").symlink_to(to)


def _zip(world: World) -> None:
    with zipfile.ZipFile(world.land("events.csv", ""), "w") as archive:
        archive.writestr("events.csv", GOOD)


def _parquet(table: pa.Table) -> Callable[[World], object]:
    def make(world: World) -> None:
        world.land("events.csv", "").unlink()
        pq.write_table(table, world.folder / "landing" / "events.parquet")

    return make


def _in_root(world: World) -> None:
    world.landing = "lake/landing"
    (world.folder / "lake" / "landing").mkdir(parents=True)


def _disk(world: World) -> None:
    usage = type("Usage", (), {"free": 1_000_000})
    world.monkeypatch.setattr("tawny.runner.machine.shutil.disk_usage", lambda _: usage)


def _closed(world: World) -> None:
    access = os.access
    world.monkeypatch.setattr(
        os, "access", lambda path, mode: str(path) != str(world.folder / "landing") and access(path, mode)
    )


def _no_java(world: World) -> None:
    world.monkeypatch.setenv("PATH", str(world.folder))
    world.monkeypatch.delenv("JAVA_HOME", raising=False)


def _not_mine(world: World) -> None:
    """A file that cannot be opened, whoever runs the test."""
    path, real = world.folder / "landing" / "events.csv", os.open

    def opened(name: str | bytes | os.PathLike[str], *more: int, **named: int) -> int:
        if str(name) == str(path):
            raise PermissionError(13, "Permission denied", str(name))
        return real(name, *more, **named)

    world.monkeypatch.setattr(os, "open", opened)


def _jsonl(rows: list[object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _described(world: World) -> None:
    world.land("items.csv", "item_id,title\n" + "".join(f"{n},Item {n}\n" for n in range(40)))


def _gap() -> str:
    early = (
        shop(n_days=5)
        .replace("2026-10-2", "2026-09-0")
        .replace("2026-10-3", "2026-09-1")
        .replace("2026-11-01", "2026-09-12")
    )
    return early + shop(n_days=5).removeprefix(HEADER)


def _all_seen() -> str:
    rows = [f"u{u},i{i},view,2026-10-{day:02d}T10:00:0{u % 10}Z" for u in range(8) for i, day in enumerate(range(1, 26))]
    return _rows(*rows)


def inputs() -> Iterator[Input]:
    """All of them, in the order of the page."""

    def as_folder(world: World) -> None:
        (world.folder / "env.toml").unlink()
        (world.folder / "env.toml").mkdir()

    # The env file
    yield Input("no env file", 2, lambda world: (world.folder / "env.toml").unlink())
    yield Input("a folder as env file", 2, as_folder)
    yield Input("an env file that is not TOML", 2, lambda world: world.env("root = lake\n"))
    yield Input("a Windows path in double quotes", 2, lambda world: world.env('root = "C:\\Users\\me"\nlanding = "x"\n'))
    yield Input(
        "an env file that is not UTF-8", 2, lambda w: (w.folder / "env.toml").write_bytes('root = "über"'.encode("latin-1"))
    )
    yield Input("no root in the env file", 2, lambda world: world.env('landing = "landing"\n'))
    yield Input("a misspelt key", 2, _settings('[night]\nsorces = ["als"]'))
    yield Input("a key in the wrong section", 2, _settings('driver_memory = "4g"'))
    yield Input("an unknown source", 2, _settings('night.sources = ["als", "two_towers"]'))
    yield Input("an unknown split", 2, _settings('night.split.kind = "random"'))
    yield Input("settings of a job that there is not", 2, _settings("[jobs.ingest_event]\nmax_id_length = 9"))
    yield Input("an unknown setting of a job", 2, _settings("[jobs.train_als.model]\nranks = 64"))
    yield Input("settings of a variant that there is not", 2, _settings(_VARIANT))
    yield Input("a memory size that is none", 2, _settings('spark.driver_memory = "lots"'))
    yield Input("more memory than the machine has", 2, _settings('spark.driver_memory = "9000g"'))
    yield Input("more cores than the machine has", 0, _settings("spark.cores = 4096"))
    yield Input("no worker", 2, _settings("horovod.workers = 0"))
    yield Input("lists of no item", 2, _settings("night.k = 0"))
    yield Input("a run_date that is no date", 2, _settings('run_date = "soon"'))
    yield Input("an event type that there is not, in a setting", 2, _settings('night.events.seen_types = ["buy"]'))
    yield Input(
        "no event type with a weight", 2, _settings("night.events.weights = {" + ", ".join(f"{k} = 0" for k in _KINDS) + "}")
    )
    yield Input("keep_days of a table that there is not", 2, _settings("keep_days.event_v2 = 9"))
    yield Input(
        "a path of [[files]] that matches nothing", 3, _settings('[[files]]\ntable = "events"\npath = "clicks/*.csv"')
    )
    yield Input("a path of [[files]] that leads out", 2, _settings('[[files]]\ntable = "events"\npath = "../x.csv"'))
    yield Input("an unknown column in [[files]]", 2, _settings(_FILES + 'columns = { user = "user_id" }'))
    yield Input("a delimiter of two characters", 2, _settings(_FILES + 'delimiter = "||"'))
    yield Input("a time zone that there is not", 2, _settings(_FILES + 'time_zone = "Berlin"'))
    yield Input("a file that two [[files]] declare", 2, _settings(_FILES + _FILES))
    # The machine and the folders
    yield Input("no Java", 2, _no_java)
    yield Input("no jars", 2, _settings('jars = "nowhere"'))
    yield Input("no landing folder", 3, lambda world: setattr(world, "landing", "nowhere"))
    yield Input("a file as landing folder", 3, lambda world: setattr(world, "landing", "landing/events.csv"))
    yield Input("a landing folder that cannot be read", 3, _closed)
    yield Input("a root that cannot be written", 2, lambda world: setattr(world, "root", "landing/../env.toml/lake"))
    yield Input("root and landing in one folder", 2, lambda world: setattr(world, "root", "landing"))
    yield Input("landing inside root", 2, _in_root)
    yield Input("root inside landing", 2, lambda world: setattr(world, "root", "landing/lake"))
    yield Input("a full disk", 2, _disk)
    # Files
    yield Input("an empty landing folder", 3, lambda world: (world.folder / "landing" / "events.csv").unlink())
    yield Input("a spreadsheet", 3, _events(b"PK\x03\x04", name="events.xlsx"))
    yield Input("an empty file", 3, _events(""))
    yield Input("a file with a header and no row", 5, _events(HEADER))
    yield Input("a FIFO", 3, lambda world: os.mkfifo(world.folder / "landing" / "events_pipe.csv"))
    yield Input("a link to itself", 3, _link("events_link.csv"))
    yield Input("a link to nothing", 3, _link("gone.csv"))
    yield Input("a link out of the landing folder", 3, _link("/etc/hostname"))
    yield Input("a circle of folders", 3, lambda world: (world.folder / "landing" / "events_here").symlink_to("."))
    yield Input("a file that cannot be read", 3, _not_mine)
    yield Input("a zip archive named .csv", 3, _zip)
    yield Input("gzip without .gz", 3, _events(gzip.compress(GOOD.encode())))
    yield Input("a cut .gz", 3, _events(gzip.compress(GOOD.encode())[:-20], name="events.csv.gz"))
    yield Input("UTF-16", 0, _events(GOOD.encode("utf-16")))
    yield Input("Latin-1", 3, _events(_beside("Jürgen,i1,view,2026-10-20", 1).encode("latin-1")))
    yield Input("zero bytes in text", 3, _events(_beside("a\0b,i1,view,2026-10-20", 1)))
    yield Input("a column that is missing", 3, _events(GOOD.replace("user_id", "visitor", 1)))
    yield Input("a column that comes twice", 3, _events(GOOD.replace("item_id", "user_id", 1)))
    yield Input("two columns that may be the same", 3, _events(GOOD.replace("user_id,item_id", "User ID,userId", 1)))
    yield Input("JSON Lines without objects", 3, _events("1\n2\n", name="events.jsonl"))
    yield Input("damaged Parquet", 3, _events(b"PAR1" + bytes(99), name="events.parquet"))
    yield Input(
        "a list as user id",
        3,
        _parquet(pa.table({"user_id": [["a"]], "item_id": ["i"], "event_type": ["view"], "event_time": ["2026-10-01"]})),
    )
    yield Input("the same file twice", 0, lambda world: world.land("events_copy.csv", GOOD))
    yield Input(
        "a column that nothing reads",
        0,
        _events(GOOD.replace("\n", ",x\n").replace("event_time,x", "event_time,session", 1)),
    )
    # Rows
    yield Input("event types of another language", 5, _events(GOOD.replace(",view,", ",bestellt,")))
    yield Input("times as a German writes them", 5, _events(_many("u{n},i1,view,24.12.2026 10:00")))
    yield Input("times without a date", 5, _events(_many("u{n},i1,view,10:{n:02d}")))
    yield Input("milliseconds without a unit", 0, _events(_many("u{n},i{n},view,17935{n:02d}200000")))
    yield Input(
        "milliseconds declared as seconds",
        5,
        _events(_many("u{n},i{n},view,17935{n:02d}200000"), _FILES + 'time_unit = "s"'),
    )
    yield Input("null and None as users", 0, _events(_beside("null,i{n},view,2026-10-20\nNone,i{n},view,2026-10-20")))
    yield Input("1 and 1.0 as users", 0, _events(_beside("1,i{n},view,2026-10-20\n1.0,i{n},view,2026-10-21")))
    yield Input("semicolons between the fields", 0, _events(GOOD.replace(",", ";")))
    yield Input("another delimiter than the declared one", 3, _events(GOOD, _FILES + 'delimiter = ";"'))
    yield Input("rows with too few fields", 0, _events(_beside("u{n},i1")))
    yield Input("a quotation mark that is never closed", 0, _events(_beside('"u{n},i1,view,2026-10-20')))
    yield Input("a last line without an end", 0, _events(GOOD + "u1,i2,view,2026-10-2"))
    yield Input(
        "every row a second time", 0, lambda world: world.land("events_2.csv", GOOD + "u1,i1,view,2026-10-20T01:02:03Z\n")
    )
    yield Input(
        "a robot",
        0,
        _events(
            _beside("bot,i{n},view,2026-10-20T00:00:00.{n:03d}Z"), "[jobs.ingest_events]\nmax_events_per_user_day = 100"
        ),
    )
    yield Input("ratings without a value", 5, _events(GOOD.replace(",view,", ",rating,")))
    yield Input("values that are no numbers", 0, _events(_worth("12,50 EUR")))
    yield Input("ids of a thousand characters", 0, _events(_beside("u{n}" + "x" * 1000 + ",i1,view,2026-10-20")))
    yield Input("times of 1970", 0, _events(_beside("u{n},i1,view,1970-01-01")))
    yield Input("only impressions", 5, _events(shop(kind="impression")))
    # Data
    yield Input("a run_date before all events", 2, _dated("2026-10-01"))
    yield Input("a run_date in the middle of the events", 0, _dated("2026-10-25"))
    yield Input("an old export and the date of today", 0, _dated("2026-11-23"))
    yield Input("a run_date of another century", 0, _dated("2126-11-23"))
    yield Input("no run_date", 0, lambda world: setattr(world, "arguments", []))
    yield Input("one user and one item", 5, _events(_rows(*(f"u1,i1,view,2026-10-{day:02d}" for day in range(1, 6)))))
    yield Input("users who have had every item", 5, _events(_all_seen(), "night.k = 5"))
    yield Input(
        "fewer items than a list is long",
        0,
        _events(_rows("u1,i1,view,2026-10-01", "u2,i2,view,2026-10-02", "u2,i3,view,2026-10-03")),
    )
    yield Input("one day of data", 0, _events(shop(n_days=1)))
    yield Input("a handful of users", 0, _events(shop(n_users=4)))
    yield Input(
        "times that are all the same",
        0,
        _events(
            "\n".join(
                line[: line.rfind(",") + 1] + "2026-10-01" if line[0] == "u" and line[1] != "s" else line
                for line in GOOD.splitlines()
            )
            + "\n"
        ),
    )
    yield Input("items whose ids are written otherwise", 0, _described)
    yield Input("a guest with a third of all events", 0, _events(_beside("guest,i{n},view,2026-10-20", 600)))
    yield Input(
        "a row number as user id",
        0,
        _events(_rows(*(f"{n},i{n % 40},view,2026-10-{n % 28 + 1:02d}T10:00:00Z" for n in range(1200)))),
    )
    yield Input("times without hours", 0, _events(_midnights()))
    yield Input("weeks without an event", 0, _events(_gap()))


_VARIANT = '[jobs."generate_candidates.alsx"]\nn_candidates = 9'
_FILES = '\n[[files]]\ntable = "events"\npath = "events.csv"\n'
_KINDS = ("impression", "view", "click", "cart", "purchase", "rating", "play", "like", "dislike", "hide")


def _worth(value: str) -> str:
    """Purchases of which a tenth say what they cost in their own way."""
    lines = shop(kind="purchase").splitlines()
    rows = [f'{line},"{value}"' if n % 10 == 0 else f"{line},9.5" for n, line in enumerate(lines[1:])]
    return "\n".join([f"{lines[0]},value", *rows]) + "\n"


def _midnights() -> str:
    rows = [f"u{user},i{(user * 7 + day) % 40},view,2026-10-{day + 1:02d}" for day in range(20) for user in range(60)]
    return _rows(*rows)
