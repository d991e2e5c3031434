from pathlib import Path

import pytest

from tawny.core.config import Env

from .conftest import Tawny

pytestmark = pytest.mark.usefixtures("jobs_folder")


def test_a_report_says_where_its_page_is(tawny: Tawny, env: Env, tmp_path: Path) -> None:
    assert tawny("night").code == 0
    ended = tawny("report")
    assert (ended.code, ended.out) == (0, f"{env.root}/reports/1998-04-23.html\n")
    assert "Night of 1998-04-23" in (Path(env.root) / "reports" / "1998-04-23.html").read_text()
    out = tmp_path / "mine.html"
    assert tawny("report", "--run-date", "1998-04-23", "--out", str(out)).out == f"{out}\n"
    assert out.exists()


def test_without_a_day_the_newest_night_is_reported(tawny: Tawny, env: Env, env_file: Path) -> None:
    env_file.write_text(env_file.read_text().replace("run_date = 1998-04-23\n", ""))
    assert "a night must have run" in tawny("report").err
    assert tawny("night", "--run-date", "1998-04-20").code == 0
    assert tawny("report").out == f"{env.root}/reports/1998-04-20.html\n"


def test_a_day_without_a_night_has_no_report(tawny: Tawny) -> None:
    ended = tawny("report", "--run-date", "1998-01-01")
    assert ended.code == 6
    assert "Run `tawny night --run-date 1998-01-01`." in ended.err
