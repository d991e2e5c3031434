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


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs `tawny check` in a world: the exit code, and both streams with line breaks as spaces."""
    from tawny.cli import main

    def run(world: World) -> tuple[int, str]:
        env = world.folder / "env.toml"
        if env.is_file() and not env.read_bytes():
            jars = "" if world.more.startswith("jars") or JARS is None else f'jars = "{JARS}"\n'
            env.write_text(f'root = "{world.root}"\nlanding = "{world.landing}"\n{jars}{world.more}\n')
        with pytest.raises(SystemExit) as ended:
            main(["check", "--env", "env.toml", *world.arguments])
        streams = capsys.readouterr()
        assert [line for line in streams.out.splitlines() if len(line) > 80 and len(line.split()[-1]) < 50] == []
        return ended.value.code if isinstance(ended.value.code, int) else 0, " ".join((streams.out + streams.err).split())

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
