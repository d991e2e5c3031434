"""The pages in a browser: headless Chromium draws them, at the width of a desk and of a phone."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tawny.report.index import index_html

from .conftest import LAST, Pages

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chromium-headless-shell", "chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=f"no Chromium is installed: none of {', '.join(NAMES)} is on PATH")

# The page in a frame of that width, which says what of it is wider than the frame.
FRAME = """<!doctype html><body><iframe id=frame src="{page}" style="width:{width}px;height:800px;border:0"></iframe>
<pre id=out></pre><script>frame.onload = () => {{ const page = frame.contentDocument, out = document.getElementById("out");
out.textContent = `width=${{page.documentElement.scrollWidth}} height=${{page.documentElement.scrollHeight}}
plots=${{[...page.querySelectorAll("svg")].filter(one => one.getBoundingClientRect().height > 8).length}}
scripts=${{page.scripts.length}} font=${{getComputedStyle(page.querySelector("li, td")).fontSize}}`; }};</script>"""


def chromium(folder: Path, *arguments: str) -> str:
    """What it wrote to standard output."""
    assert CHROMIUM
    own = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--allow-file-access-from-files"]
    command = [CHROMIUM, *own, f"--user-data-dir={folder / 'profile'}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=180).stdout


def measured(folder: Path, html: str, width: int) -> dict[str, float]:
    """The size of the page in a window of that width, and how many plots can be seen."""
    (folder / "page.html").write_text(html, encoding="utf-8")
    (folder / "frame.html").write_text(FRAME.format(page="page.html", width=width), encoding="utf-8")
    dom = chromium(folder, "--virtual-time-budget=5000", "--dump-dom", (folder / "frame.html").as_uri())
    return {
        name: float(value) for name, value in re.findall(r"(\w+)=([\d.]+)", dom.partition("<pre")[2].partition("</pre>")[0])
    }


@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_fits_its_screen_and_draws_its_plots(pages: Pages, tmp_path: Path, width: int) -> None:
    found = measured(tmp_path, pages.html, width)
    assert found["width"] == width
    assert found["plots"] == pages.html.count("<svg")
    assert found["scripts"] == 0
    assert found["font"] >= 14


def test_the_index_fits_a_phone(pages: Pages, tmp_path: Path) -> None:
    found = measured(tmp_path, index_html(pages.page.history, {LAST: "page.html"}), 390)
    assert found["width"] == 390
    assert found["plots"] > 3


def test_a_picture_of_the_page_is_no_empty_sheet(pages: Pages, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(pages.html, encoding="utf-8")
    picture = tmp_path / "page.png"
    chromium(tmp_path, "--window-size=1280,1600", f"--screenshot={picture}", (tmp_path / "page.html").as_uri())
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 50_000
