"""Sixty nights that were never run, made once for all tests of this folder, and their pages."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

import tawny_jobs
from tawny.report.facts import NightPage, night_page
from tawny.report.night import night_html
from tawny.runner.local import LocalRunner
from tawny.runner.plan import load_jobs
from tawny.testing.nights import MadeNights, write_nights

LAST = date(2026, 11, 23)
ATTACK = '</title><script>alert("1")</script><img src=x onerror=alert(2)>'


@dataclass(frozen=True)
class Pages:
    """A lake of made nights, and the page of the last one."""

    runner: LocalRunner
    made: MadeNights
    page: NightPage
    html: str

    def on(self, day: date) -> NightPage | None:
        """The facts of another night."""
        return night_page(self.runner.arrow, day, self.runner.night, self.runner.tasks(), self.runner.words)


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The last of these nights is bad, and one item's title is an attack."""
    folder: Path = tmp_path_factory.mktemp("pages")
    (folder / "landing").mkdir()
    (folder / "env.toml").write_text('root = "lake"\nlanding = "landing"\n')
    runner = LocalRunner(load_jobs(tawny_jobs), folder / "env.toml")
    made = write_nights(runner.arrow, runner.tasks(), LAST, 30, title=ATTACK)
    page = night_page(runner.arrow, LAST, runner.night, runner.tasks(), runner.words)
    assert page
    return Pages(runner, made, page, night_html(page))
