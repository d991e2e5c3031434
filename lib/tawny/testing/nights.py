"""Nights that were never run: their small tables, for tests of the report and to look at it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from deltalake import write_deltalake

from tawny.core.table import TableSpec, spec_of
from tawny.evaluation.metrics.registry import CatalogMetric, metrics
from tawny.lake.arrow import ArrowLake
from tawny.lake.schema import arrow_schema
from tawny.runner.plan import Task
from tawny.tables.catalog import CATALOG
from tawny.tables.changes import CHANGES, MEASURES
from tawny.tables.consistency import CONSISTENCY
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.events import EVENTS_QUARANTINE
from tawny.tables.landings import LANDINGS
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.registry import all_tables
from tawny.tables.runs import RUNS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.splits import SPLITS

K = 20
SUBJECTS = {"final": 0.215, "two_tower": 0.205, "transitions": 0.19, "als": 0.15, "popularity": 0.12}
"""NDCG of all users, in the mean over nights."""

SEGMENTS = {"all": 1.0, "warm": 1.1, "cold": 0.6, "1-2": 0.9, "3-10": 1.05, "11+": 1.2}
_SIZES = {"all": 2_400, "warm": 2_000, "cold": 400, "1-2": 700, "3-10": 800, "11+": 500}
_OF_NDCG = {"ndcg": 1.0, "recall": 1.4, "hit_rate": 2.1, "mrr": 0.8, "average_precision": 0.7, "precision": 0.15,
            "coverage": 1.9, "novelty": 38.0}  # fmt: skip


@dataclass(frozen=True)
class MadeNights:
    """What was made.

    Attributes:
        last: run_date of the last night.
        list_id: of its list.
    """

    last: date
    list_id: str
    n_nights: int


def write_nights(
    lake: ArrowLake, tasks: Sequence[Task], last: date, n_nights: int = 60, *, seed: int = 7, is_bad: bool = True,
    title: str = "Arno Camera",
) -> MadeNights:  # fmt: skip
    """Write the tables that a report reads, as if nights had run up to `last`.

    Args:
        lake: an empty one.
        tasks: of a night.
        last: run_date of the last night.
        n_nights: so many, a day each.
        seed: of the noise.
        is_bad: the last night is worse than the others: quality falls, a third of the rows is refused, a job is slow.
        title: of the first item.
    """
    rng = np.random.default_rng(seed)
    lake.ensure(list(all_tables().values()))
    days = [last - timedelta(days=n) for n in range(n_nights - 1, -1, -1)]
    list_id, runs, files, lists = "", list[dict[str, Any]](), list[dict[str, Any]](), list[dict[str, Any]]()
    for at, day in enumerate(days):
        bad = is_bad and day == last
        quality = (1 + 0.04 * np.sin(at / 9) + 0.02 * rng.standard_normal()) * (0.8 if bad else 1.0)
        backtest = list(_evaluations(quality, rng))
        _write(lake, EVALUATIONS, [{"kind": "backtest", "list_date": day, **row} for row in backtest], day)
        _write(lake, CHANGES, list(_changes(at, day, rng, is_bad=bad)), day)
        _write(lake, SPLITS, [_split(day)], day)
        runs += _runs(tasks, day, rng, is_bad=bad)
        files.append(_file(at, day, rng, is_bad=bad))
        if day == last:
            list_id = _last_night(lake, day, title)
        final = next(row for row in backtest if (row["subject"], row["segment"], row["metric"]) == ("final", "all", "ndcg"))
        lists.append(_published(at, day, list_id or f"{at:016x}", final, is_last=day == last))
    lake.write(RUNS, pa.Table.from_pylist(runs, schema=arrow_schema(RUNS)), {}, "runs_v2/made")
    lake.update(LANDINGS, lambda _: pa.Table.from_pylist(files, schema=arrow_schema(LANDINGS)))
    lake.update(PUBLISHED, lambda _: pa.Table.from_pylist(lists, schema=arrow_schema(PUBLISHED)))
    if is_bad:
        refused = [_refused(files[-1], line) for line in range(2, 400)]
        write_deltalake(
            lake.path(EVENTS_QUARANTINE),
            pa.Table.from_pylist(refused, schema=arrow_schema(EVENTS_QUARANTINE)),
            mode="append",
        )
    return MadeNights(last, list_id, n_nights)


def _write(lake: ArrowLake, spec: TableSpec, rows: list[dict[str, Any]], day: date, **owned: Any) -> None:
    schema = arrow_schema(spec)
    table = pa.Table.from_pylist([{"run_date": day, **row} for row in rows], schema=schema)
    lake.write(spec, table, {"run_date": day, **owned}, f"{spec.name}/{day}", {"job": "made"})


def _evaluations(quality: float, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    for segment, factor in SEGMENTS.items():
        n = _SIZES[segment]
        base = {"segment": segment, "k": K, "n_judged": n, "n_left_out": 12}
        half = 0.3 / np.sqrt(n)
        for subject, ndcg in SUBJECTS.items():
            value = ndcg * quality * factor + 0.1 * half * rng.standard_normal()
            for metric in metrics():
                of = value * _OF_NDCG[metric]
                has_interval = not isinstance(metrics()[metric], CatalogMetric)
                ends = (of - half * _OF_NDCG[metric], of + half * _OF_NDCG[metric]) if has_interval else (None, None)
                yield {**base, "subject": subject, "versus": "", "metric": metric, "value": of, "ci_low": ends[0],
                       "ci_high": ends[1]}  # fmt: skip
            if subject != "final":
                ahead = (SUBJECTS["final"] - ndcg) * quality * factor
                yield {**base, "subject": "final", "versus": subject, "metric": "ndcg", "value": ahead,
                       "ci_low": ahead - 0.7 * half, "ci_high": ahead + 0.7 * half}  # fmt: skip


def _changes(at: int, day: date, rng: np.random.Generator, *, is_bad: bool) -> Iterator[dict[str, Any]]:
    week = 1 + 0.25 * np.sin(2 * np.pi * at / 7)
    n_events = 5_000 * week * (1 + 0.05 * rng.standard_normal()) * (0.3 if is_bad else 1.0)
    of_type = {"all": 1.0, "view": 0.8, "cart": 0.14, "purchase": 0.06}
    values: dict[tuple[str, str], tuple[float, float | None]] = {
        ("new_events", "all"): (n_events + 40, None), ("late_events", "all"): (40 + 10 * rng.standard_normal(), None),
        ("day_users", "all"): (n_events / 6, 830.0), ("new_users", "all"): (n_events / 90, 55.0),
        ("new_items", "all"): (4, None), ("gone_items", "all"): (2 + 60 * is_bad, None),
        ("drift_types", "all"): (0.01 + 0.3 * is_bad, 0.004), ("drift_hours", "all"): (0.03, 0.02),
        ("drift_scores", "all"): (0.02 + 0.01 * rng.random(), 0.001), ("drift_sources", "all"): (0.01, 0.001),
        ("lists_changed_share", "all"): (0.6, None), ("lists_changed_share", "active"): (0.97, None),
        ("lists_changed_share", "quiet"): (0.45 + 0.02 * rng.standard_normal(), None),
        ("list_overlap", "all"): (0.82 + 0.02 * rng.standard_normal(), None), ("list_top_overlap", "all"): (0.8, None),
        ("new_lists", "all"): (55, None), ("lost_lists", "all"): (0, None), ("listed_items_share", "all"): (0.61, 0.6),
        ("source_share", "two_tower"): (0.5, 0.48), ("source_share", "transitions"): (0.3, 0.3),
        ("source_share", "als"): (0.2, 0.22), ("value_median", "purchase"): (24.9, 25.5),
        ("drift_values", "purchase"): (0.04, 0.03),
        **{("day_events", name): (n_events * share, 5_000 * share) for name, share in of_type.items()},
    }  # fmt: skip
    for (measure, segment), (value, usual) in values.items():
        assert measure in MEASURES
        value = value if measure.startswith(("drift", "list", "source", "value")) else round(value)
        yield {"measure": measure, "segment": segment, "value": value, "usual": usual, "n": 10_000,
               "list_date": day - timedelta(days=1)}  # fmt: skip
    for metric, value in {"ndcg": 0.11, "hit_rate": 0.3, "recall": 0.16}.items():
        value *= 1 + 0.04 * rng.standard_normal()
        yield {"measure": f"before_{metric}", "segment": "all", "value": value, "ci_low": 0.9 * value,
               "ci_high": 1.1 * value, "n": 830, "list_date": day - timedelta(days=1)}  # fmt: skip


def _split(day: date) -> dict[str, Any]:
    end = datetime(day.year, day.month, day.day, tzinfo=UTC)
    own = {"fold": "serve", "kind": "mornings", "cutoff_ts": end, "end_ts": end, "mornings": [end], "horizon_days": 1}
    shared = {"n_answers": 0, "n_warm_answers": 0, "is_ordered": True, "targets": [("purchase", 1.0)], "seen_types": []}
    return {**own, **shared, "reason": "asked for: purchase; 7 mornings of 1 day"}


def _runs(tasks: Sequence[Task], day: date, rng: np.random.Generator, *, is_bad: bool) -> Iterator[dict[str, Any]]:
    start = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    for at, task in enumerate(tasks):
        seconds = (2 + (at * 7) % 11) * (1 + 0.05 * rng.standard_normal())
        seconds *= 30 if is_bad and task.task_id == "train_als" else 1
        name = spec_of(task.writes).name
        row = {
            "run_id": f"{day}-{task.task_id}", "run_date": day, "job": task.job.name, "variant": task.variant,
            "started_ts": start + timedelta(minutes=at), "versions_read": [], "rows_read": [], "n_quarantined": 0,
            "config": "{}", "config_hash": "0" * 12, "code_version": "0.1.0", "seed": 42,
        }  # fmt: skip
        yield {**row, "status": "started", "seconds": 0.0, "versions_written": [], "rows_written": []}
        yield {
            **row, "status": "succeeded", "seconds": seconds, "versions_written": [(name, at + 100)],
            "rows_written": [(name, 1_000 * at)], "peak_memory_bytes": int((1.2 + 0.05 * at) * 2**30),
        }  # fmt: skip


def _file(at: int, day: date, rng: np.random.Generator, *, is_bad: bool) -> dict[str, Any]:
    n_rows = 1_200 if is_bad else 5_100
    n_refused = 398 if is_bad else int(20 + 5 * rng.random())
    modified = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {
        "kind": "events", "path": f"events/{day}.csv", "digest": f"{at:064x}", "parser": "{}", "n_bytes": 60 * n_rows,
        "modified_ts": modified, "delivery": at + 1, "known_from": day, "status": "read", "n_rows": n_rows,
        "n_accepted": n_rows - n_refused, "n_refused": n_refused, "names": ["user_id"], "run_date": day, "run_id": "made",
    }  # fmt: skip


def _refused(file: dict[str, Any], line: int) -> dict[str, Any]:
    reason, detail = ("unknown_type", "event_type = <b>veiw</b>") if line % 3 else ("bad_time", "event_time = 31.02.2026")
    return {"source_digest": file["digest"], "source_line": line, "source_file": file["path"], "reason": reason,
            "detail": detail, "raw": f"customer-{line:04d},sku-0001,veiw,<script>alert({line})</script>"}  # fmt: skip


def _published(at: int, day: date, list_id: str, final: dict[str, Any], *, is_last: bool) -> dict[str, Any]:
    return {
        "list": "main", "run_date": day, "list_id": list_id, "model_version": f"{at:012x}",
        "status": "published" if is_last else "superseded", "sequence": at + 1, "n_users": 12_000 + 50 * at,
        "n_listed": 11_990 + 50 * at, "n_exhausted": 10, "metric": f"ndcg@{K} of all", "n_judged": final["n_judged"],
        "value": final["value"], "ci_low": final["ci_low"], "ci_high": final["ci_high"], "floor": 0.12, "run_id": "made",
    }  # fmt: skip


def _last_night(lake: ArrowLake, day: date, title: str) -> str:
    """Lists, catalog and histories of 40 users; the id of the list."""
    titles = [title, *(f"Item number {n}" for n in range(1, 60))]
    items = [
        {"item_index": n, "item_id": f"sku-{n:04d}", "title": name, "categories": [], "is_blocked": False}
        for n, name in enumerate(titles)
    ]
    _write(lake, CATALOG, items, day)
    users = [f"customer-{n:04d}" for n in range(40)]
    end = datetime(day.year, day.month, day.day, tzinfo=UTC)
    rows = [
        {"fold": "serve", "user_id": user, "as_of_ts": end, "is_training": True, "is_target": True,
         "item_indices": [(at + n) % 60 for n in range(at % 9)], "weights": [1.0] * (at % 9), "ages_days": [1.0] * (at % 9),
         "types": [1] * (at % 9), "seen_indices": []}
        for at, user in enumerate(users)
    ]  # fmt: skip
    _write(lake, SEQUENCES, rows, day, fold="serve")
    listed = [
        {"list_id": "", "user_id": user, "rank": rank, "item_id": f"sku-{(7 * at + rank - 1) % 60:04d}",
         "score": 1.0 / rank, "sources": ["two_tower"], "model_version": "0" * 12,
         "reasons": [{"source": "two_tower", "item_id": f"sku-{at % 60:04d}", "share": 1.0}]}
        for at, user in enumerate(users)
        for rank in range(1, 13)
    ]  # fmt: skip
    _write(lake, RECOMMENDATIONS, listed, day)
    before = {"list_date": day - timedelta(days=1), "list_id": "0" * 16, "is_same_code": True, "n_users": 100,
              "n_rows": 2_000, "n_missing": 0, "n_extra": 0, "n_mismatched": 0}  # fmt: skip
    _write(lake, CONSISTENCY, [before], day)
    commit = lake.commits(RECOMMENDATIONS).newest({"run_date": day})
    assert commit is not None
    return str(commit.note["partition"]["list_id"])
