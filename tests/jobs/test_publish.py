"""write_lists, publish and roll_back over tables written by hand: no reader ever sees a list that was not audited."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from tawny.core.errors import CheckError
from tawny.core.table import TableSpec
from tawny.lake.schema import arrow_schema
from tawny.publish.pointer import published_now, published_rows
from tawny.tables.catalog import CATALOG
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.published import PUBLISHED
from tawny.tables.rankings import RANKINGS
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.sequences import SEQUENCES

from .small_lake import SmallLake, new_lake

D1, D2 = date(2024, 3, 1), date(2024, 3, 2)
N_ITEMS = 4
LISTS = {"ann": [1, 2], "bob": [0]}


def _write(shop: SmallLake, spec: TableSpec, day: date, rows: list[dict[str, Any]]) -> None:
    filled = [{"run_date": day, **row} for row in rows]
    shop.lake.arrow.write(spec, pa.Table.from_pylist(filled, schema=arrow_schema(spec)), {"run_date": day}, f"test/{day}")


def _rank(shop: SmallLake, day: date, lists: dict[str, list[int]], score: float = 0.5) -> None:
    """Write rankings_v2 of a day; an item is its index, and each scores less than the one before."""
    item = {"sources": ["als"], "reasons": [{"source": "als", "item_index": 3, "share": 1.0}]}
    as_of = datetime.combine(day, time(), UTC)
    rows = [
        {"user_id": user, "as_of_ts": as_of, "items": [{**item, "item_index": n, "score": score - n / 100} for n in items]}
        for user, items in lists.items()
    ]
    _write(shop, RANKINGS, day, [{**row, "fold": "serve", "model_version": "m"} for row in rows])


def _evaluate(shop: SmallLake, day: date, final: float, n_judged: int = 500) -> None:
    """Write evaluations_v2 of a day: the final list beside popularity at 0.3, each give or take 0.01."""
    of = {
        "kind": "backtest",
        "list_date": day,
        "segment": "all",
        "metric": "ndcg",
        "k": 20,
        "versus": "",
        "n_judged": n_judged,
        "n_left_out": 0,
    }
    rows = [
        {**of, "subject": subject, "value": value, "ci_low": value - 0.01, "ci_high": value + 0.01}
        for subject, value in (("final", final), ("popularity", 0.3))
    ]
    _write(shop, EVALUATIONS, day, rows)


@pytest.fixture
def shop(spark: SparkSession, tmp_path: Path) -> SmallLake:
    """Four items and two users, who have seen item 3, on two days; lists are ranked and evaluated, and none is written."""
    shop = new_lake(spark, tmp_path)
    for day in (D1, D2):
        items = [{"item_index": n, "item_id": f"i{n}"} for n in range(N_ITEMS)]
        _write(shop, CATALOG, day, [{**item, "categories": [], "is_blocked": False} for item in items])
        counts = {"fold": "serve", "categories": [], **{name: 1 for name in ITEM_FEATURES.columns if name.startswith("n_")}}
        features = [{**counts, "item_index": n, "is_listable": True} for n in range(N_ITEMS)]
        _write(shop, ITEM_FEATURES, day, features)
        none: dict[str, Any] = {"item_indices": [], "weights": [], "ages_days": [], "types": []}
        row = {
            "fold": "serve",
            "as_of_ts": datetime.combine(day, time(), UTC),
            **none,
            "seen_indices": [3],
            "is_training": True,
            "is_target": True,
        }
        users = [{"user_id": user, **row} for user in LISTS]
        _write(shop, SEQUENCES, day, users)
        _rank(shop, day, LISTS)
        _evaluate(shop, day, 0.4)
    return shop


def _night(shop: SmallLake, day: date = D1) -> str:
    """Write and publish; what readers follow then."""
    shop.run("write_lists", day)
    shop.run("publish", day)
    return _followed(shop)


def _followed(shop: SmallLake) -> str:
    return published_now(published_rows(shop.lake.arrow)).list_id


def _seen(shop: SmallLake) -> list[tuple[Any, ...]]:
    """What a reader sees now."""
    now = published_now(published_rows(shop.lake.arrow))
    found = shop.values(RECOMMENDATIONS, "user_id", "rank", "item_id", run_date=now.run_date, list_id=now.list_id)
    return sorted(found)


def test_a_list_is_published_with_what_audit_and_gate_found(shop: SmallLake) -> None:
    record = shop.run("write_lists")
    assert shop.rows(PUBLISHED) == []  # written, and nobody follows it
    assert record.rows_written == {"recommendations_v2": 3}
    run_id = shop.run("publish").run_id
    (row,) = shop.rows(PUBLISHED)
    (list_id,) = {one["list_id"] for one in shop.rows(RECOMMENDATIONS)}
    assert len(list_id) == 16
    assert row == {
        "list": "main", "run_date": D1, "list_id": list_id, "model_version": "m", "status": "published", "sequence": 1,
        "n_users": 2, "n_listed": 2, "n_exhausted": 0, "metric": "ndcg@20 of all", "n_judged": 500, "value": 0.4,
        "ci_low": 0.4 - 0.01, "ci_high": 0.4 + 0.01, "floor": 0.3, "run_id": run_id,
    }  # fmt: skip
    assert _seen(shop) == [("ann", 1, "i1"), ("ann", 2, "i2"), ("bob", 1, "i0")]


def test_the_same_again_commits_nothing(shop: SmallLake) -> None:
    _night(shop)
    before = shop.versions(RECOMMENDATIONS, PUBLISHED)
    _night(shop)
    assert shop.versions(RECOMMENDATIONS, PUBLISHED) == before


def test_a_published_day_that_is_written_again_changes_nothing_under_its_readers(shop: SmallLake) -> None:
    """Fault 2: readers saw the new rows before the pointer moved."""
    first = _night(shop)
    before = _seen(shop)
    _rank(shop, D1, {"ann": [0, 1], "bob": [2]})
    shop.run("write_lists")
    assert (_followed(shop), _seen(shop)) == (first, before)
    shop.run("publish")
    assert _seen(shop) == [("ann", 1, "i0"), ("ann", 2, "i1"), ("bob", 1, "i2")]
    assert shop.rows(RECOMMENDATIONS, list_id=first) != []  # a reader in the middle of it finishes it


def test_a_list_that_the_audit_refuses_is_never_seen(shop: SmallLake) -> None:
    first = _night(shop)
    before, rows = _seen(shop), shop.rows(PUBLISHED)
    _rank(shop, D1, {"ann": [3], "bob": [0]})
    with pytest.raises(CheckError, match=r"audit of recommendations_v2 2024-03-01: nothing is listed that the seen rule"):
        _night(shop)
    assert (_followed(shop), _seen(shop), shop.rows(PUBLISHED)) == (first, before, rows)


def test_rows_that_come_back_are_the_same_list_again_and_published_again(shop: SmallLake) -> None:
    first = _night(shop)
    _rank(shop, D1, {"ann": [0], "bob": [1]})
    second = _night(shop)
    _rank(shop, D1, LISTS)
    assert [first, second, first] == [first, second, _night(shop)]
    assert first != second


def test_users_served_yesterday_must_be_served_today_whatever_list_was_written_last(shop: SmallLake) -> None:
    _night(shop)
    _rank(shop, D1, {"ann": [3]})
    shop.run("write_lists", D1)  # never published: it does not say who was served
    _rank(shop, D2, {"ann": [1]})
    lenient = shop.with_settings("publish", min_coverage_share=0.5)
    lenient.run("write_lists", D2)
    with pytest.raises(CheckError, match=r"served before are left without a list\. Received: 1 of 2; user bob has none"):
        lenient.run("publish", D2)


def test_a_worse_list_is_refused_by_the_gate_and_passes_knowingly(shop: SmallLake) -> None:
    first = _night(shop)
    _evaluate(shop, D2, 0.2)
    with pytest.raises(CheckError, match=r"gate of recommendations_v2 2024-03-02: .* must reach the floor, popularity"):
        _night(shop, D2)
    _evaluate(shop, D2, 0.32)  # above the floor, and below 0.39 less a tenth
    with pytest.raises(CheckError, match=r"must reach the published list less 10\.0%"):
        _night(shop, D2)
    assert _followed(shop) == first
    shop.with_settings("publish", gate={"is_enabled": False}).run("publish", D2)
    assert published_now(published_rows(shop.lake.arrow)).run_date == D2


def test_with_few_evaluated_users_the_gate_blocks_nobody(shop: SmallLake) -> None:
    _evaluate(shop, D1, 0.1, n_judged=60)
    _night(shop)
    assert shop.values(PUBLISHED, "n_judged", "value", "floor") == [(60, None, None)]


def test_an_older_date_never_takes_the_pointer(shop: SmallLake) -> None:
    """Fault 3, first part."""
    newer = _night(shop, D2)
    rows = shop.rows(PUBLISHED)
    assert _night(shop, D1) == newer
    assert shop.rows(PUBLISHED) == rows


def test_a_rerun_after_a_rollback_does_not_publish_the_bad_list_again(shop: SmallLake) -> None:
    """Fault 3, second part."""
    first, bad = _night(shop, D1), _night(shop, D2)
    shop.with_settings("roll_back", withdraw=bad).run("roll_back", D2)
    assert _followed(shop) == first
    rows = shop.rows(PUBLISHED)
    assert _night(shop, D2) == first
    shop.with_settings("roll_back", withdraw=bad).run("roll_back", D2)
    assert shop.rows(PUBLISHED) == rows
    shop.run("roll_back", D2)
    assert _followed(shop) == bad
    shop.run("roll_back", D1)
    assert _followed(shop) == first
    assert _night(shop, D2) == first
