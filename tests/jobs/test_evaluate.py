"""evaluate over tables written by hand: the metrics of lists, and how well the reasons of every source hold."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from scipy import sparse

from tawny.core.config import NightSettings
from tawny.core.table import TableSpec
from tawny.lake.base import Value
from tawny.lake.schema import arrow_schema
from tawny.models.popularity.model import Popularity
from tawny.models.popularity.settings import PopularitySettings
from tawny.models.store import model_rows
from tawny.models.transitions.model import Transitions
from tawny.models.transitions.settings import TransitionsSettings
from tawny.tables.candidates import CANDIDATES
from tawny.tables.catalog import CATALOG
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS
from tawny.tables.rankings import RANKINGS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.splits import SPLITS
from tawny.tables.user_features import USER_FEATURES
from tawny.testing.frames import split_of

from .small_lake import RUN_DATE, SmallLake, new_lake

SOURCES = ("popularity", "transitions")
N_ITEMS = 8
HISTORIES = {"ann": [0, 1, 2, 3], "bob": [3, 1, 0], "cat": [1, 2], "new": []}
LISTED = [5, 6, 7]
AS_OF = datetime(2024, 2, 25, tzinfo=UTC)


def _write(shop: SmallLake, spec: TableSpec, rows: list[dict[str, Any]], **owned: str) -> None:
    filled = [{"run_date": RUN_DATE, **owned, **row} for row in rows]
    part: dict[str, Value] = {"run_date": RUN_DATE, **owned}
    shop.lake.arrow.write(spec, pa.Table.from_pylist(filled, schema=arrow_schema(spec)), part, f"test/{sorted(owned)}")


def _transitions() -> Transitions:
    """Each of the items 0 to 3 leads to each listed one, by a weight of its own, at whatever place it is taken."""
    matrix = np.zeros((N_ITEMS, N_ITEMS), np.float32)
    matrix[:4, 5:8] = np.random.default_rng(0).uniform(1, 2, (4, 3))
    return Transitions(sparse.csr_array(matrix), TransitionsSettings(position_power=0.0))


@pytest.fixture(scope="module")
def shop(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> SmallLake:
    """Four users, of whom two have enough history to say what leads to what, and lists of three items."""
    shop = new_lake(spark, tmp_path_factory.mktemp("evaluate"), NightSettings(sources=SOURCES, k=5))
    shop.run("pin_inputs")
    of_row = [{"fold": "test", "user_id": user, "as_of_ts": AS_OF} for user in HISTORIES]
    models = {
        "popularity": Popularity(np.arange(N_ITEMS, dtype=np.float32), PopularitySettings()),
        "transitions": _transitions(),
    }
    items = [{"item_index": item, "score": 1.0} for item in LISTED]
    for source, model in models.items():
        _write(shop, MODELS, model_rows({"test": model}).to_pylist(), model=source)
        _write(shop, CANDIDATES, [{**row, "items": items} for row in of_row], source=source)
    final = [{**item, "sources": ["popularity"], "reasons": []} for item in items]
    _write(shop, RANKINGS, [{**row, "items": final, "model_version": "m"} for row in of_row])
    _write(shop, SEQUENCES, [
        {**row, "is_training": False, "is_target": True, "item_indices": taken, "weights": [1.0] * len(taken),
         "ages_days": [1.0] * len(taken), "types": [1] * len(taken), "seen_indices": sorted(taken)}
        for row, taken in zip(of_row, HISTORIES.values(), strict=True)
    ])  # fmt: skip
    _write(shop, HOLDOUTS, [
        {**row, "item_indices": [5], "values": [1.0], "history_length": len(taken), "is_warm": bool(taken)}
        for row, taken in zip(of_row, HISTORIES.values(), strict=True)
    ])  # fmt: skip
    _write(shop, USER_FEATURES, [{"fold": "test", "user_id": user, "features": [0.0]} for user in HISTORIES])
    _write(shop, CATALOG, [
        {"item_index": n, "item_id": f"i{n}", "categories": [], "is_blocked": False} for n in range(N_ITEMS)
    ])  # fmt: skip
    counts = {name: 1 for name in ITEM_FEATURES.columns if name.startswith("n_")}
    _write(shop, ITEM_FEATURES, [
        {"fold": fold, "item_index": n, "categories": [], "is_listable": True, **counts}
        for fold in ("test", "serve") for n in range(N_ITEMS)
    ])  # fmt: skip
    split = split_of()
    of_night = {name: getattr(split, name) for name in ("kind", "is_ordered", "targets", "seen_types", "reason")}
    _write(shop, SPLITS, [{"fold": fold, **asdict(own), **of_night} for fold, own in split.folds.items()])
    return shop


def _of_reasons(shop: SmallLake) -> list[dict[str, Any]]:
    return shop.rows(EVALUATIONS, metric="reason_agreement")


def test_every_source_with_reasons_has_their_agreement(shop: SmallLake) -> None:
    shop.run("evaluate")
    # Ann and Bob; Cat has two entries only, and popularity no reasons. What transitions say adds up to its score.
    assert _of_reasons(shop) == [{
        "run_date": RUN_DATE, "kind": "backtest", "list_date": RUN_DATE, "subject": "transitions", "versus": "",
        "segment": "warm", "metric": "reason_agreement", "k": 5, "value": pytest.approx(1), "ci_low": pytest.approx(1),
        "ci_high": pytest.approx(1), "n_judged": 2, "n_left_out": 0,
    }]  # fmt: skip
    assert {row["subject"] for row in shop.rows(EVALUATIONS, metric="ndcg")} == {"final", *SOURCES}


def test_the_same_again_commits_nothing(shop: SmallLake) -> None:
    shop.run("evaluate")
    before = shop.versions(EVALUATIONS), shop.digest([EVALUATIONS])
    shop.run("evaluate")
    assert (shop.versions(EVALUATIONS), shop.digest([EVALUATIONS])) == before


def test_a_sample_is_explained_at_a_length_that_is_evaluated(shop: SmallLake) -> None:
    own = shop.with_settings("evaluate", explained_rows=1, ks=(1, 2, 10))
    own.run("evaluate")
    assert [(row["n_judged"], row["k"]) for row in _of_reasons(own)] == [(1, 2)]


def test_with_no_sample_nothing_is_said_of_reasons(shop: SmallLake) -> None:
    none = shop.with_settings("evaluate", explained_rows=0)
    none.run("evaluate")
    assert _of_reasons(none) == []
    assert none.rows(EVALUATIONS, metric="ndcg")
