"""The promises of a night, on a shop with string ids, no titles, and users who arrived in the last days."""

import hashlib
from datetime import date
from typing import Any

import pytest

from tawny.core.errors import CheckError
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.events import EVENTS, EVENTS_QUARANTINE
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.registry import all_tables
from tawny.tables.runs import RUNS

pytestmark = [pytest.mark.spark, pytest.mark.horovod]


def _rows(shop: Any, spec: Any) -> list[dict[str, Any]]:
    return list(shop.runner.arrow.read(spec, shop.runner.arrow.version(spec), ()).to_pylist())


def _content(shop: Any) -> dict[str, tuple[int, str]]:
    """Rows and a content hash of every table but the manifest, which keeps every run."""
    found = {}
    for name, spec in all_tables().items():
        if name != RUNS.name:
            rows = sorted(repr(sorted(row.items(), key=lambda item: item[0])) for row in _rows(shop, spec))
            found[name] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return found


def test_every_user_has_a_list_new_ones_too(shop: Any) -> None:
    rows = _rows(shop, RECOMMENDATIONS)
    assert {row["user_id"] for row in rows} == {f"customer-{n:04d}" for n in range(shop.n_users)}
    for user in {row["user_id"] for row in rows}:
        own = sorted((row for row in rows if row["user_id"] == user), key=lambda row: row["rank"])
        assert [row["rank"] for row in own] == [1, 2, 3, 4, 5]
        assert len({row["item_id"] for row in own}) == 5
        assert [row["score"] for row in own] == sorted((row["score"] for row in own), reverse=True)


def test_nothing_is_listed_that_the_user_has_seen(shop: Any) -> None:
    seen = {(row["user_id"], row["item_id"]) for row in _rows(shop, EVENTS)}
    assert not seen & {(row["user_id"], row["item_id"]) for row in _rows(shop, RECOMMENDATIONS)}


def test_every_landed_row_is_accepted_or_quarantined(shop: Any) -> None:
    assert len(_rows(shop, EVENTS)) + len(_rows(shop, EVENTS_QUARANTINE)) == shop.n_events


def test_every_source_and_the_final_list_are_evaluated(shop: Any) -> None:
    rows = [row for row in _rows(shop, EVALUATIONS) if row["kind"] == "backtest"]
    assert {row["subject"] for row in rows} == {*shop.runner.night.sources, "final"}
    ndcg = {row["subject"]: row["value"] for row in rows if (row["metric"], row["k"], row["segment"]) == ("ndcg", 5, "all")}
    # Items follow each other in this shop: what follows what must beat what is popular.
    assert ndcg["transitions"] > ndcg["popularity"]


def test_every_published_row_can_be_traced(shop: Any) -> None:
    last = {(row["job"], row["variant"]): row for row in _rows(shop, RUNS) if row["status"] != "started"}
    ranked, listed, published = (dict(last[job, None]) for job in ("rank", "write_lists", "publish"))
    assert dict(listed["versions_read"])["rankings_v2"] == dict(ranked["versions_written"])["rankings_v2"]
    assert dict(published["versions_read"])["recommendations_v2"] == dict(listed["versions_written"])["recommendations_v2"]
    (row,) = _rows(shop, PUBLISHED)
    assert {one["list_id"] for one in _rows(shop, RECOMMENDATIONS)} == {row["list_id"]}
    assert (row["run_id"], row["n_users"], row["n_listed"]) == (published["run_id"], shop.n_users, shop.n_users)
    assert all(row["status"] == "succeeded" and len(row["config_hash"]) == 12 for row in last.values())
    assert {row["model_version"] for row in _rows(shop, RECOMMENDATIONS)} == {row["model_version"]}
    for row in _rows(shop, RECOMMENDATIONS):
        assert row["sources"]
        assert row["reasons"]


def test_a_failed_audit_publishes_nothing(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _content(shop)
    publish = shop.runner.task("publish")
    strict = shop.runner.env.model_copy(update={"jobs": {**shop.runner.env.jobs, "publish": {"high": 0.0}}})
    monkeypatch.setattr(shop.runner, "env", strict)
    with pytest.raises(CheckError, match="scores are finite and within"):
        shop.runner.run(publish, shop.run_date)
    assert _content(shop) == before
    assert _rows(shop, RUNS)[-1]["status"] == "failed" or any(row["status"] == "failed" for row in _rows(shop, RUNS))


def test_the_same_night_again_changes_no_row(shop: Any) -> None:
    before = _content(shop)
    shop.do()
    assert _content(shop) == before


def test_an_earlier_night_changes_nothing_of_a_later_one(shop: Any) -> None:
    def later(content: Any) -> list[dict[str, Any]]:
        return sorted((row for row in content if row["run_date"] == shop.run_date), key=repr)

    before = later(_rows(shop, RECOMMENDATIONS))
    shop.do(run_date=date(2026, 11, 20))
    rows = _rows(shop, RECOMMENDATIONS)
    assert later(rows) == before
    assert {row["run_date"] for row in rows} == {shop.run_date, date(2026, 11, 20)}
    assert [(row["run_date"], row["status"]) for row in _rows(shop, PUBLISHED)] == [(shop.run_date, "published")]
