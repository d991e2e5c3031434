"""docs/inputs.md is true: `tawny check` says of every input what the page says, without a JVM, well within ten seconds."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .bad_inputs import GOOD, Input, World, inputs

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "inputs.md").read_text()
ROWS = dict(re.findall(r"^\| (?!input |---)(.+?) \| (.+?) \| .+? \|$", PAGE, re.MULTILINE))
JARS = next(iter(sorted((ROOT / ".cache" / "jars").glob("delta-*"))), None)
INPUTS = {one.name: one for one in inputs()}

Check = Callable[[World], tuple[int, str]]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A landing folder with one good file, and no TOML of the checkout but the env file's."""
    monkeypatch.setenv("TAWNY_CONF", str(tmp_path / "conf"))
    monkeypatch.chdir(tmp_path)
    own = World(tmp_path, monkeypatch)
    own.land("events.csv", GOOD)
    own.env("")
    return own


def run_check(world: World) -> int:
    """The exit code of `tawny check` in a world."""
    from tawny.cli import main

    env = world.folder / "env.toml"
    if env.is_file() and not env.read_bytes():
        jars = "" if world.more.startswith("jars") or JARS is None else f'jars = "{JARS}"\n'
        env.write_text(f'root = "{world.root}"\nlanding = "{world.landing}"\n{jars}{world.more}\n')
    with pytest.raises(SystemExit) as ended:
        main(["check", "--env", "env.toml", *world.arguments])
    return ended.value.code if isinstance(ended.value.code, int) else 0


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs `tawny check` in a world: the exit code, and both streams with line breaks as spaces."""

    def run(world: World) -> tuple[int, str]:
        code = run_check(world)
        streams = capsys.readouterr()
        assert [line for line in streams.out.splitlines() if len(line) > 80 and len(line.split()[-1]) < 50] == []
        return code, " ".join((streams.out + streams.err).split())

    return run


def test_the_page_has_a_row_for_every_input() -> None:
    assert list(ROWS) == list(INPUTS)
    assert len(ROWS) >= 60


@pytest.mark.parametrize("one", INPUTS.values(), ids=INPUTS)
def test_the_check_says_what_the_page_says(one: Input, world: World, check: Check) -> None:
    one.make(world)
    start = time.process_time()
    code, out = check(world)
    assert time.process_time() - start < 10
    said = [part.strip().replace("\\|", "|") for part in ROWS[one.name].split("…")]
    assert [part for part in said if part and part not in out] == [], out
    assert code == one.code, out


SHOWN = """\
No error. 1 warning.

warning 1: events
  60 of 660 rows (9%) are refused: unknown_event_type (first clicks.csv:602:
  event_type=bestellt).
  → Translate it: [[files]] event_types = { bestellt = "view" }.

events: 660 rows, 600 accepted, 60 refused (9.1%): 60 unknown_event_type
  clicks.csv (csv, 660 rows)
  columns: user_id ← visitor, item_id, event_type, event_time

items: 40 rows, 40 accepted
  items.csv (csv, 40 rows)
  columns: item_id, title

  span       2026-10-13 05:00 to 2026-11-01 05:00 UTC, 20 of 20 days
  users      30, 20.0 events each; most: u0 20, u1 20, u2 20
  items      40, 15.0 events each; most: i7 16, i14 16, i9 16
  types      view 600
  positive   600 events say what a user wants
  described  100% of the items of the events

The night of 2026-11-02
  lists      for 30 users, up to 20 items each
  order      learned on some 120 lists
  judged     on some 120 lists
  deep model trained, and stopped where held-out users say so
  why        asked for: view; validation: 4 days from 2026-10-25, 120 of 120
             answers by users with a history, to 120 lists; test: 4 days from
             2026-10-29, 120 of 120 answers by users with a history, to 120
             lists; more would be more than 20% of all answers

Next: tawny night --env env.toml --run-date 2026-11-02
"""


def test_what_is_printed_fits_into_80_columns(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    (world.folder / "landing" / "events.csv").unlink()
    foreign = "".join(f"u{n},i{n},bestellt,2026-10-20\n" for n in range(60))
    world.land("clicks.csv", GOOD.replace("user_id", "visitor", 1) + foreign)
    world.land("items.csv", "item_id,title\n" + "".join(f"i{n},Item {n}\n" for n in range(40)))
    world.more = '[[files]]\ntable = "events"\npath = "clicks.csv"\ncolumns = { user_id = "visitor" }'
    assert run_check(world) == 0
    shown = capsys.readouterr().out
    assert shown == SHOWN
    assert max(map(len, shown.splitlines())) <= 80


def test_a_good_shop_has_neither_error_nor_warning(world: World, check: Check) -> None:
    code, out = check(world)
    assert (code, out.partition(" events:")[0]) == (0, "No error.")
    assert "Next: tawny night --env env.toml --run-date 2026-11-02" in out


def test_files_that_were_read_and_taken_away_are_no_error(
    world: World, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world.folder / "landing" / "events.csv").unlink()
    monkeypatch.setattr("tawny.ingest.ledger.read_ledger", lambda *_: (object(),))
    code, out = check(world)
    assert code == 0
    assert "no file of events lies there: the night goes on with those that it has read" in out
