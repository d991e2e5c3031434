"""README.md and docs/ stay true: their links, paths, names, commands, settings, snippets and numbers."""

import hashlib
import json
import re
import runpy
import shlex
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

import tawny_jobs
from tawny.cli.app import app
from tawny.core.config import Env, night_settings, validate
from tawny.lake.arrow import ArrowLake
from tawny.runner.plan import check_job_settings, load_jobs
from tawny.tables.registry import all_tables

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\[([^]\[]+)\]\(([^)\s]+)\)")
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]  # a group's
# What stands for a value in a command.
PLACEHOLDERS = {
    "D": "1998-04-23", "JOB": "build_catalog", "ID": "42", "JOB.VARIANT": "build_catalog", "FILE": "events.csv",
    "U": "1", "I": "2",
}  # fmt: skip

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.M | re.DOTALL)


def _inline(page: Path) -> list[str]:
    """The inline code of the page, line breaks as spaces."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.DOTALL)
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", text)]


@pages
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = [target for _, target in LINK.findall(page.read_text()) if "://" not in target]
    assert [target for target in links if not (page.parent / target.partition("#")[0]).exists()] == []


@pages
def test_a_name_that_is_linked_is_defined_in_the_file(page: Path) -> None:
    names = [(text.strip("`"), target) for text, target in LINK.findall(page.read_text()) if text.startswith("`")]
    for name, target in names:
        if name.isidentifier() and target.endswith(".py"):
            assert re.search(rf"\b(def|class) {name}\b", (page.parent / target).read_text()), f"{name} in {target}"


@pages
def test_every_path_is_there(page: Path) -> None:
    """From the checkout or from lib/tawny; but for the files that the page itself shows, and the tables under lake/."""
    folders = {path.name for base in (ROOT, ROOT / "lib" / "tawny") for path in base.iterdir() if path.is_dir()} - {"lake"}
    paths = {code for code in _inline(page) if re.fullmatch(r"[\w.]+(/[\w.]+)*/?", code) and code.split("/")[0] in folders}
    shown = set(re.findall(r"^`([\w/]+\.py)`\n\n```python", page.read_text(), re.M))
    missing = [path for path in paths - shown if not any((base / path).exists() for base in (ROOT, ROOT / "lib" / "tawny"))]
    assert [path for path in missing if "/" in path] == []


@pages
def test_every_command_can_be_parsed(page: Path) -> None:
    lines = [line for block in _blocks(page, "") for line in block.splitlines()] + _inline(page)
    commands = [line.removeprefix(".venv/bin/") for line in lines if re.match(r"(\.venv/bin/)?tawny [a-z-]", line)]
    jobs = {*load_jobs(tawny_jobs), *re.findall(r"^`jobs/(\w+)\.py`$", page.read_text(), re.M)}
    for command in commands:
        words = [PLACEHOLDERS.get(word, word) for word in shlex.split(command, comments=True)[1:]]
        name, *rest = [word for word in words if word not in ("--verbose", "...")]
        given = COMMANDS[name].make_context(name, rest).params
        assert given.get("job", "build_catalog").partition(".")[0] in jobs, command


@pages
def test_every_target_is_in_the_makefile(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    text = "\n".join([*_blocks(page, ""), *_inline(page)])
    assert set(re.findall(r"^make ([a-z-]+)", text, re.M)) <= targets


@pages
def test_every_env_file_is_accepted(page: Path) -> None:
    for block in _blocks(page, "toml"):
        env = validate(Env, {"root": "lake", "landing": "landing"} | tomllib.loads(block), where=page.name)
        night_settings(env)
        check_job_settings(load_jobs(tawny_jobs), env)


def test_the_snippets_of_the_runbook_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ArrowLake(str(tmp_path / "lake")).ensure(list(all_tables().values()))
    monkeypatch.chdir(tmp_path)
    snippets = _blocks(ROOT / "docs" / "runbook.md", "python")
    assert snippets
    for snippet in snippets:
        exec(compile(snippet, "docs/runbook.md", "exec"), {})


def test_the_runbook_has_the_exit_codes_and_closing_words_of_the_code() -> None:
    text = (ROOT / "docs" / "runbook.md").read_text()
    errors = (ROOT / "lib" / "tawny" / "core" / "errors.py").read_text()
    codes = re.findall(r"^class (\w+)\(TawnyError\).*?exit_code = (\d+)", errors, re.M | re.DOTALL)
    assert re.findall(r"^\| (\d) \| `(\w+)`", text, re.M) == [(code, name) for name, code in codes]
    report = (ROOT / "lib" / "tawny" / "cli" / "report.py").read_text()
    for words in re.findall(r"^(The night of|done: +|not done:|Still published:|Go on with:)", text, re.M):
        assert words in report


def test_the_event_has_the_id_that_its_life_tells() -> None:
    # The canonical values of event_id, hashed by another hand: user, item, type, microseconds, value, context.
    values = ["196", "242", "rating", "881250949000000", "3.0", None]
    event_id = hashlib.sha256(json.dumps(values, separators=(",", ":")).encode()).hexdigest()
    assert f"| {event_id} | 196 | 242 |" in (ROOT / "docs" / "life_of_an_event.md").read_text()


def test_the_settings_page_is_what_the_classes_say() -> None:
    page = runpy.run_path(str(ROOT / "scripts" / "settings_reference.py"))["page"]
    is_current = (ROOT / "docs" / "settings.md").read_text() == page()
    assert is_current, "docs/settings.md is out of date: run `make docs`"


@pytest.mark.parametrize("name", ["ml-100k", "ml-1m"])
def test_the_times_of_the_readme_are_those_of_the_bench(name: str) -> None:
    measured = re.search(r"^\| total \| ([\d.]+)", (ROOT / "bench" / "results" / f"night-{name}.md").read_text(), re.M)
    assert measured
    assert f"{float(measured[1]):.0f} s" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", ["ml-100k", "ml-1m"])
def test_the_quality_of_the_readme_is_that_of_the_bench(name: str) -> None:
    results = json.loads((ROOT / "bench" / "results" / f"quality-{name}.json").read_text())
    measured = {f"{row['subject']} {row['value']:.3f}" for row in results}
    line = next(line for line in (ROOT / "README.md").read_text().splitlines() if f"quality-{name}.md" in line)
    claimed = re.findall(r"\b(final|popularity|two_tower|transitions|neighbours|als) (0\.\d{3})", line)
    assert claimed
    assert {f"{source} {value}" for source, value in claimed} <= measured


@pages
def test_every_table_is_declared(page: Path) -> None:
    text = page.read_text()
    own = set(re.findall(r'name="(\w+_v\d+)"', text))  # declared by the page itself
    assert set(re.findall(r"\b[a-z]\w*_v\d+(?:_quarantine)?\b", text)) - own <= set(all_tables())
