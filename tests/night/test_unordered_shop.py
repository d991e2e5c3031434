"""A shop in which the order of events says nothing: transitions list nobody, and the night makes its lists without them."""

import json
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import tawny_jobs
from tawny.cli.report import show_night
from tawny.core.columns import FOLDS
from tawny.models.store import TUNING_FILE, load_model, saved_files
from tawny.models.transitions.settings import TransitionsSettings
from tawny.runner.local import LocalRunner
from tawny.runner.night import Night, run_night
from tawny.runner.plan import load_jobs
from tawny.tables.candidates import CANDIDATES
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.models import MODELS
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.shortlists import SHORTLISTS
from tawny.tables.splits import SPLITS
from tawny.testing.shops import write_shop
from tawny.testing.worlds import histories

from .conftest import ENV, D

pytestmark = pytest.mark.spark

SOURCES = ("popularity", "neighbours", "transitions")


def write_unordered_shop(landing: Path) -> None:
    """A shop whose users took their items in a random order."""
    rng = np.random.default_rng(3)
    write_shop(landing, rng, last_day=D - timedelta(days=1))
    events = pq.read_table(landing / "events.parquet")
    users, items = (events[name].to_numpy(zero_copy_only=False) for name in ("user_id", "item_id"))
    for user in set(users):
        items[users == user] = rng.permutation(items[users == user])
    pq.write_table(events.set_column(events.column_names.index("item_id"), "item_id", [items]), landing / "events.parquet")


@pytest.fixture(scope="module")
def unordered(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The runner after the shop's night."""
    folder: Path = tmp_path_factory.mktemp("unordered")
    write_unordered_shop(folder / "landing")
    text = ENV.format(root=folder / "lake", landing=folder / "landing")
    (folder / "env.toml").write_text(text.replace("[night]\n", f"[night]\nsources = {json.dumps(SOURCES)}\n"))
    runner = LocalRunner(load_jobs(tawny_jobs), folder / "env.toml")
    run_night(runner, Night(D, runner.tasks()), lambda name: nullcontext())
    return runner


def rows(runner: Any, spec: Any, **where: Any) -> list[dict[str, Any]]:
    found = runner.arrow.read(spec, runner.arrow.version(spec), tuple((name, "=", value) for name, value in where.items()))
    return list(found.to_pylist())


def test_the_split_says_that_order_says_nothing(unordered: Any) -> None:
    assert {row["is_ordered"] for row in rows(unordered, SPLITS)} == {False}


def test_the_model_of_every_fold_is_empty_and_its_tuning_says_why(unordered: Any) -> None:
    table = MODELS["transitions"].spec
    saved = unordered.arrow.read(table, unordered.arrow.version(table), (("model", "=", "transitions"),))
    files = {fold: saved_files(saved, "transitions", fold) for fold in FOLDS}
    for own in files.values():
        model = load_model(own)
        assert model.settings == TransitionsSettings()
        assert np.isneginf(model.score(histories([[0, 1], []]))).all()
    tuning = json.loads(files["validation"][TUNING_FILE])
    assert tuning["untried"] == "the order of events says nothing, so the models are empty"
    assert (tuning["trials"], tuning["n_candidates"]) == ([], None)


def test_the_source_lists_nobody_and_the_shortlists_are_those_of_the_others(unordered: Any) -> None:
    listed = {source: rows(unordered, CANDIDATES, source=source) for source in SOURCES}
    assert len(listed["transitions"]) == len(listed["popularity"]) > 0
    assert not any(row["items"] for row in listed["transitions"])
    items = [item for row in rows(unordered, SHORTLISTS) for item in row["items"]]
    place = SOURCES.index("transitions")
    assert np.isnan([item["scores"][place] for item in items]).all()
    assert {item["ranks"][place] for item in items} == {0}


def test_it_is_measured_as_a_source_that_finds_nothing(unordered: Any) -> None:
    backtest = [row for row in rows(unordered, EVALUATIONS, kind="backtest") if row["segment"] == "all" and row["k"] == 5]
    value = {(row["subject"], row["versus"], row["metric"]): row["value"] for row in backtest}
    assert value["transitions", "", "ndcg"] == 0
    assert value["transitions", "", "coverage"] is None  # of no lists
    assert value["final", "transitions", "ndcg"] == value["final", "", "ndcg"] > 0


def test_the_report_says_why_and_shows_it_with_nothing_found(
    unordered: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = {**unordered.env.jobs, "publish": {"gate": {"min_judged": 1}}}  # else so few lists are not shown
    monkeypatch.setattr(unordered, "env", unordered.env.model_copy(update={"jobs": judged}))
    show_night(unordered, Night(D, unordered.tasks()), 1.0)
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("The night was asked for") and "the order of events says nothing" in line for line in lines)
    assert any(line.split()[:3] == ["transitions", "0.0000", "0.0000–0.0000"] for line in lines)


def test_every_user_has_a_list_of_the_other_sources(unordered: Any) -> None:
    found = rows(unordered, RECOMMENDATIONS)
    assert {row["user_id"] for row in found} == {f"customer-{n:04d}" for n in range(60)}
    assert {source for row in found for source in row["sources"]} <= {"popularity", "neighbours"}
