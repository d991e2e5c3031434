import re
from datetime import date
from pathlib import Path

import pytest

from tawny.core.config import Env
from tawny.lake.arrow import ArrowLake
from tawny.tables.catalog import CATALOG
from tawny.tables.runs import RUNS
from tawny.testing.jobs import EVALUATE

from .conftest import Tawny

pytestmark = pytest.mark.usefixtures("jobs_folder")


def _jobs_kept(env: Env) -> list[tuple[date, str, str]]:
    lake = ArrowLake(env.root)
    rows = lake.read(RUNS, lake.version(RUNS), ()).sort_by("started_ts").to_pylist()
    return [(row["run_date"], row["job"], row["status"]) for row in rows if row["status"] != "started"]


def test_a_night_does_all_jobs_in_order_for_the_day_of_the_env_file(tawny: Tawny, env: Env) -> None:
    ended = tawny("night")
    assert ended.code == 0
    day = date(1998, 4, 23)
    assert _jobs_kept(env) == [(day, "number", "succeeded"), (day, "evaluate", "succeeded")]


def test_a_night_closes_with_metrics_seconds_and_places(tawny: Tawny, env: Env) -> None:
    lines = tawny("night").out.splitlines()
    assert [line.split() for line in lines if line.strip().startswith(("als", "final"))] == [
        ["als", "0.2500", "0.2000–0.3000"],
        ["final", "0.5000", "0.4000–0.6000"],
        ["final", "-", "als", "+0.2500", "[0.1000,", "0.4000]"],
    ]
    steps = [
        line.split()[0] for line in lines[lines.index(next(s for s in lines if s.startswith("Seconds"))) :] if "%" in line
    ]
    assert steps == ["create", "number", "evaluate", "total"]
    assert lines[-5:] == [
        "Worse than before: nothing was published.",
        "- Nothing was published: readers never saw a list of this night.",
        "Nothing is published.",
        f"Tables: {env.root} (`tawny tables`).",
        f"Report: {env.root}/reports/1998-04-23.html",
    ]


def test_a_night_closes_with_how_well_reasons_hold(tawny: Tawny, jobs_folder: Path) -> None:
    of = {"versus": "", "segment": "warm", "metric": "reason_agreement"}
    rows = [
        {**of, "subject": "als", "value": 0.75, "ci_low": 0.7, "ci_high": 0.8, "n_judged": 90},
        {**of, "subject": "repeats", "value": None, "ci_low": None, "ci_high": None, "n_judged": 0},
    ]
    more = f"    rows += [{{**row, **own}} for own in {rows!r}]\n    run.write("
    (jobs_folder / "evaluate.py").write_text(EVALUATE.replace("    run.write(", more))
    ended = tawny("night")
    assert ended.code == 0
    lines = ended.out.splitlines()
    place = lines.index(next(line for line in lines if line.startswith("How well reasons hold")))
    words = [line.split() for line in lines[place : place + 7]]
    assert [own for own in words if own[:1] in (["list"], ["als"], ["repeats"])] == [
        ["list", "reason_agreement", "lists", "judged"],
        ["als", "0.7500", "0.7000–0.8000", "90"],
        ["repeats", "0"],
    ]
    # The other tables are of all users: none has a column or a count of it.
    assert sum("reason_agreement" in line for line in lines) == 1


def test_a_night_never_reads_the_clock(tawny: Tawny, env_file: Path) -> None:
    env_file.write_text(env_file.read_text().replace("run_date = 1998-04-23\n", ""))
    ended = tawny("night")
    assert ended.code == 2
    assert "Add --run-date YYYY-MM-DD." in ended.err


def test_a_failed_night_says_what_is_done_and_runs_nothing_more(
    tawny: Tawny, jobs_folder: Path, env: Env, env_file: Path
) -> None:
    (jobs_folder / "number.py").write_text((jobs_folder / "number.py").read_text().replace('"Alien,Brazil"', '","'))
    ended = tawny("night")
    assert ended.code == 1
    assert _jobs_kept(env) == [(date(1998, 4, 23), "number", "failed")]
    assert [line for line in ended.err.splitlines() if not line.startswith("20")] == [
        "The night of 1998-04-23 stopped.",
        "done:     nothing",
        "not done: number, evaluate",
        "Nothing is published yet.",
        f"Go on with: tawny night --env {env_file.resolve()} --run-date 1998-04-23",
        f"Report: {env.root}/reports/1998-04-23.html",
        "error: ValueError: an item has no title (`tawny --verbose ...` shows where)",
    ]


def test_a_night_can_go_on_where_it_stopped(tawny: Tawny, jobs_folder: Path, env: Env) -> None:
    (jobs_folder / "evaluate.py").write_text(EVALUATE.replace("n_items / 4", "n_items / 0"))
    assert tawny("night").code == 1
    (jobs_folder / "evaluate.py").write_text(EVALUATE)
    import sys

    del sys.modules["tawny_jobs.evaluate"]
    assert tawny("night").code == 0
    assert [(job, status) for _, job, status in _jobs_kept(env)] == [
        ("number", "succeeded"),
        ("evaluate", "failed"),
        ("evaluate", "succeeded"),
    ]


def test_the_same_night_again_runs_nothing_and_says_so(tawny: Tawny, env: Env) -> None:
    assert tawny("night").code == 0
    before = _jobs_kept(env)
    ended = tawny("night")
    assert ended.code == 0
    assert "2 jobs were current" in ended.out
    assert _jobs_kept(env) == before


def test_other_settings_make_a_job_run_again_and_what_reads_it(tawny: Tawny, env: Env, env_file: Path) -> None:
    assert tawny("night").code == 0
    env_file.write_text(env_file.read_text() + '[jobs.number]\ntitles = "Alien"\n')
    assert [line.split()[:2] for line in tawny("plan", "--run-date", "1998-04-23").out.splitlines() if "run" in line][
        :2
    ] == [
        ["number", "runs"],
        ["evaluate", "may"],
    ]
    assert tawny("night").code == 0
    assert len(_jobs_kept(env)) == 4


def test_a_night_is_run_again_as_a_whole_where_it_is_asked_for(tawny: Tawny, env: Env) -> None:
    assert tawny("night").code == 0
    assert tawny("night", "--again").code == 0
    assert len(_jobs_kept(env)) == 4


def test_a_night_cannot_start_at_a_job_it_does_not_have(tawny: Tawny) -> None:
    ended = tawny("night", "--from", "nobody")
    assert ended.code == 2
    assert "--from: the first task must be one of number, evaluate. Received: nobody." in ended.err


def test_a_backfill_does_every_day_in_order(tawny: Tawny, env: Env) -> None:
    ended = tawny("backfill", "--from", "1998-04-22", "--to", "1998-04-23", "--job", "number")
    assert ended.code == 0
    lines = [line.rpartition(",")[0] for line in ended.out.splitlines()]
    assert lines == ["1998-04-22: 1 jobs run, 0 current", "1998-04-23: 1 jobs run, 0 current"]
    lake = ArrowLake(env.root)
    days = lake.read(CATALOG, lake.version(CATALOG), ())["run_date"].to_pylist()
    assert sorted(days) == [date(1998, 4, 22)] * 2 + [date(1998, 4, 23)] * 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--from", "1998-04-23", "--to", "1998-04-22"), "the last day must not be before the first."),
        (("--from", "1998-04-22", "--to", "1998-04-22", "--job", "nobody"), "--job must be one of number, evaluate."),
    ],
)
def test_a_wrong_backfill_does_nothing(tawny: Tawny, arguments: tuple[str, ...], text: str) -> None:
    ended = tawny("backfill", *arguments)
    assert ended.code == 2
    assert text in ended.err


def test_a_night_claims_no_metric_of_a_few_lists(tawny: Tawny, jobs_folder: Path) -> None:
    (jobs_folder / "evaluate.py").write_text(re.sub(r'"n_judged": \d+', '"n_judged": 4', EVALUATE))
    out = tawny("night").out
    assert "Nothing is claimed of how good the lists are: only 4 lists could be judged, 100 are needed for a number" in out
    assert "On the test window" not in out
    assert "0.5000" not in out


@pytest.mark.parametrize(("kind", "said"), [("ConfigError", ""), ("CheckError", " (after the cause is removed)")])
def test_going_on_is_offered_where_it_helps(tawny: Tawny, jobs_folder: Path, kind: str, said: str) -> None:
    failure = f'{kind}(where="x", rule="r.", came="c", do="d.")'
    broken = f"    from tawny.core.errors import {kind}\n    raise {failure}\n    run.write("
    (jobs_folder / "evaluate.py").write_text(EVALUATE.replace("    run.write(", broken))
    lines = [line for line in tawny("night").err.splitlines() if line.startswith("Go on with:")]
    assert [line.partition("1998-04-23")[2] for line in lines] == ([said] if kind != "ConfigError" else [])


def test_a_night_is_refused_before_its_first_job_by_what_the_check_sees(tawny: Tawny, env: Env, env_file: Path) -> None:
    env_file.write_text(env_file.read_text() + '[spark]\ndriver_memory = "9000g"\n')
    (Path(env.landing) / "events.csv").write_text("visitor,item_id\n")
    ended = tawny("night")
    assert (ended.code, ended.out) == (2, "")
    assert "driver_memory = 9000g: Spark's memory must fit into that of the machine." in ended.err
    assert not Path(env.root).exists()


def test_new_landing_files_are_inspected_before_the_first_job(tawny: Tawny, env: Env) -> None:
    (Path(env.landing) / "events.csv").write_text("visitor,item_id\nu,i\n")
    (Path(env.landing) / "items.csv").write_text("")
    ended = tawny("night")
    assert ended.code == 3
    assert "events.csv:1: events need the columns" in ended.err
    assert "And 1 more: (2) items.csv: the file must not be empty." in ended.err
    assert not Path(env.root).exists()
