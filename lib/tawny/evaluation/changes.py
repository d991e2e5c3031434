"""What changed between two nights, as rows of changes_v1: events, items, lists, and how the list before did.

Everything is summed by Spark; what comes to the driver are counts by event type, source or group of users.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.arrays import Counts
from tawny.core.columns import RUN_DATE, USER_ID
from tawny.evaluation.spec import EVERYONE
from tawny.evaluation.stability import chance_index, stability_index
from tawny.lake.schema import arrow_schema
from tawny.tables.changes import CHANGES

USUAL_DAYS = 28
"""Whole weeks, so that every day of the week counts alike."""

_DECILES = [share / 10 for share in range(1, 10)]
_ACCURACY = 10_000
_BEFORE_METRICS = ("ndcg", "hit_rate", "recall")

Draws = tuple[int, int]
"""What is independent of each other, then and now: users of a day, not their events; lists, not their items."""

Cell = tuple[str, int, bool]
"""An event type or a source, a bin of values, and whether it is now."""

Row = dict[str, Any]
"""A row of changes_v1 without run_date and list_date."""


def change(measure: str, value: float | None, n: int, segment: str = EVERYONE, **more: float | None) -> Row:
    """A row; `more` are usual, ci_low and ci_high, null where they are left out."""
    none = {"usual": None, "ci_low": None, "ci_high": None}
    return {"measure": measure, "segment": segment, "value": value, "n": n, **none, **more}


def changes_table(rows: Iterable[Row], list_date: date | None) -> pa.Table:
    """The rows in the columns of changes_v1, without run_date."""
    schema = arrow_schema(CHANGES)
    own = [{**row, "list_date": list_date} for row in rows]
    return pa.Table.from_pylist(own, schema.remove(schema.get_field_index(RUN_DATE)))


def last_day(events: DataFrame, run_date: date) -> Iterator[Row]:
    """How unusual the last day was, against the mean of the `USUAL_DAYS` before it.

    Args:
        events: user_id, event_type, event_ts, event_date, value of all events before run_date.
        run_date: the day after the last day.
    """
    day = run_date - timedelta(days=1)
    start = day - timedelta(days=USUAL_DAYS)
    recent = events.where(F.col("event_date") >= F.lit(start)).withColumn("is_day", F.col("event_date") == F.lit(day))
    hours = [F.count_if(F.hour("event_ts") == hour).alias(f"h{hour}") for hour in range(24)]
    values = [F.count("value").alias("n_values"), F.percentile_approx("value", [0.5, *_DECILES], _ACCURACY).alias("q")]
    # Bounded: a row for each event type, of the day and of the days before.
    found = recent.groupBy("event_type", "is_day").agg(F.count("*").alias("n"), *hours, *values).collect()
    by_type = {(str(row["event_type"]), bool(row["is_day"])): row.asDict() for row in found}
    types = sorted({name for name, _ in by_type})
    then, now = (np.array([by_type.get((name, part), {"n": 0})["n"] for name in types], np.int64) for part in (False, True))
    yield change("day_events", float(now.sum()), int(now.sum()), usual=float(then.sum() / USUAL_DAYS))
    for place, name in enumerate(types):
        yield change("day_events", float(now[place]), int(now[place]), name, usual=float(then[place] / USUAL_DAYS))
    users = _users(events, day, start)
    draws = (int(users["then"] or 0), int(users["now"]))
    yield change("day_users", users["now"], users["now"], usual=draws[0] / USUAL_DAYS)
    yield change("new_users", users["new"], users["now"], usual=users["new_then"] / USUAL_DAYS)
    yield drift("drift_types", then, now, draws)
    yield drift("drift_hours", _sum_of_hours(by_type, is_day=False), _sum_of_hours(by_type, is_day=True), draws)
    yield from _values(recent, by_type, draws)


def new_events(events: DataFrame, cutoff: Any, n_now: int, n_then: int) -> Iterator[Row]:
    """Events that came since an earlier night, and which of them came late.

    Args:
        events: all that this night knows.
        cutoff: of the earlier night: an instant.
        n_now, n_then: events that this night knows and that the earlier one knew.
    """
    n_old = events.where(F.col("event_ts") < F.lit(cutoff)).count()
    yield change("new_events", n_now - n_then, n_now)
    yield change("late_events", n_old - n_then, n_now)


def item_changes(items: DataFrame, before: DataFrame) -> Iterator[Row]:
    """Items that came, and items that can be listed no more.

    Args:
        items: item_id, is_listable of the catalog.
        before: the same of the earlier night.
    """
    one, other = items.withColumnRenamed("is_listable", "is_now"), before.withColumnRenamed("is_listable", "was_then")
    row = one.join(other, "item_id", "full_outer").agg(
        F.count("is_now").alias("n"), F.count_if(F.expr("was_then IS NULL")).alias("new"),
        F.count_if("was_then").alias("n_then"), F.count_if(F.expr("was_then AND NOT coalesce(is_now, false)")).alias("gone"),
    ).first()  # fmt: skip
    if row is not None and row["n_then"]:
        yield change("new_items", row["new"], row["n"])
        yield change("gone_items", row["gone"], row["n_then"])


def list_changes(lists: DataFrame, before: DataFrame, active: DataFrame) -> Iterator[Row]:
    """How far each user's list is from the one before.

    The overlap of two lists A and B is |A ∩ B| / max(|A|, |B|). With more weight at the top it is the average overlap: the
    mean over the depths d = 1, 2, ... of |A_d ∩ B_d| / d, where A_d are the first d items.

    Args:
        lists, before: user_id, rank, item_id.
        active: user_id of users with an event since the list before, each once.

    Source: Fagin, Kumar and Sivakumar, Comparing top k lists (SIAM J. Discrete Math. 2003), for the average overlap.
    """
    both = _by_user(lists, "new").join(_by_user(before, "old"), USER_ID, "full_outer")
    is_active = active.withColumn("is_active", F.lit(True))
    length = "greatest(cardinality(new), cardinality(old))"
    at_depth = "cardinality(array_intersect(slice(new, 1, d), slice(old, 1, d))) / d"
    compared = both.join(is_active, USER_ID, "left").select(
        F.coalesce("is_active", F.lit(False)).alias("is_active"), "new", "old",
        F.expr("new IS NOT NULL AND old IS NOT NULL").alias("has_both"),
        F.expr(f"cardinality(array_intersect(new, old)) / {length}").alias("overlap"),
        F.expr(f"aggregate(sequence(1, {length}), 0D, (sum, d) -> sum + {at_depth}) / {length}").alias("top_overlap"),
    )  # fmt: skip
    counts = compared.groupBy("is_active").agg(
        F.count_if("has_both").alias("n"), F.count_if(F.expr("new IS NULL")).alias("lost"),
        F.count_if(F.expr("old IS NULL")).alias("came"), F.count_if(F.expr("has_both AND new != old")).alias("changed"),
        F.sum(F.when(F.col("has_both"), F.col("overlap"))).alias("overlap"),
        F.sum(F.when(F.col("has_both"), F.col("top_overlap"))).alias("top_overlap"),
    )  # fmt: skip
    # Bounded: two rows.
    found = {("active" if row["is_active"] else "quiet"): row.asDict() for row in counts.collect()}
    groups = {EVERYONE: list(found.values()), **{name: [row] for name, row in sorted(found.items())}}
    for segment, rows in groups.items():
        n = sum(row["n"] for row in rows)
        for measure, of in {
            "lists_changed_share": "changed", "list_overlap": "overlap", "list_top_overlap": "top_overlap",
        }.items():  # fmt: skip
            yield change(measure, sum(row[of] or 0.0 for row in rows) / n if n else None, n, segment)
    for measure, of in {"new_lists": "came", "lost_lists": "lost"}.items():
        yield change(measure, sum(row[of] for row in found.values()), sum(row["n"] + row["lost"] for row in found.values()))


def listed_changes(lists: DataFrame, before: DataFrame, n_listable: int) -> Iterator[Row]:
    """How the listed items, their sources and their scores shifted.

    Args:
        lists, before: user_id, item_id, score, sources.
        n_listable: items that can be listed now.
    """
    rows = _listed(before).withColumn("is_now", F.lit(False)).unionByName(_listed(lists).withColumn("is_now", F.lit(True)))
    n_users = F.count_distinct(USER_ID).alias("n_users")
    deciles = F.percentile_approx("value", _DECILES, _ACCURACY).alias("q")
    sides = rows.groupBy("is_now").agg(F.count_distinct("item_id").alias("n_items"), deciles, n_users)
    # Bounded: two rows.
    found = {bool(row["is_now"]): row for row in sides.collect()}
    if len(found) < 2:
        return
    draws = (int(found[False]["n_users"]), int(found[True]["n_users"]))
    share = {part: row["n_items"] / max(1, n_listable) for part, row in found.items()}
    yield change("listed_items_share", share[True], n_listable, usual=share[False])
    cells = _cells(rows.withColumn("bin", _bin(F.col("value"), found[False]["q"])), "source")
    sources = sorted({name for name, _, _ in cells})
    then, now = (_sums(cells, sources, 0, is_now=part) for part in (False, True))
    yield drift("drift_sources", then, now, draws)
    for name, one, other in zip(sources, then, now, strict=True):
        yield change("source_share", float(other / now.sum()), int(now.sum()), name, usual=float(one / then.sum()))
    yield drift("drift_scores", _sums(cells, range(10), 1, is_now=False), _sums(cells, range(10), 1, is_now=True), draws)


def list_before(evaluations: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """How the list before did.

    Args:
        evaluations: rows of evaluations_v2 of that list, of one length.
    """
    for row in evaluations:
        if row["metric"] in _BEFORE_METRICS and row["value"] is not None:
            more = {"ci_low": row["ci_low"], "ci_high": row["ci_high"]}
            yield change(f"before_{row['metric']}", row["value"], row["n_judged"], row["segment"], **more)


def drift(measure: str, usual: Counts, now: Counts, draws: Draws, segment: str = EVERYONE) -> Row:
    """A row with the population stability index; without a value where one side has nothing."""
    if not usual.sum() or not now.sum():
        return change(measure, None, int(now.sum()), segment)
    chance = chance_index(len(usual), *draws)
    return change(measure, stability_index(usual, now), int(now.sum()), segment, usual=chance)


def _listed(lists: DataFrame) -> DataFrame:
    """user_id, item_id, value (the score), source (the strongest)."""
    strongest = F.try_element_at("sources", F.lit(1)).alias("source")
    return lists.select(USER_ID, "item_id", F.col("score").cast("double").alias("value"), strongest)


def _users(events: DataFrame, day: date, start: date) -> Mapping[str, Any]:
    """now: users of the day; then: of each day since `start`, added up; new, new_then: the same of users' first days."""
    first = F.min("event_date").alias("first")
    is_recent = F.col("event_date") >= F.lit(start)
    days = F.collect_set(F.when(is_recent, F.col("event_date"))).alias("days")
    is_day = F.array_contains("days", F.lit(day))
    is_first = F.col("first") == F.lit(day)
    row = events.groupBy(USER_ID).agg(first, days).agg(
        F.count_if(is_day).alias("now"), F.sum(F.size("days") - is_day.cast("int")).alias("then"),
        F.count_if(is_first).alias("new"), F.count_if((F.col("first") >= F.lit(start)) & ~is_first).alias("new_then"),
    ).first()  # fmt: skip
    return row.asDict() if row else {}


def _values(recent: DataFrame, by_type: Mapping[tuple[str, bool], Mapping[str, Any]], draws: Draws) -> Iterator[Row]:
    edges = {
        name: by_type[name, False]["q"][1:]
        for name, is_day in sorted(by_type)
        if is_day and by_type[name, True]["n_values"] and by_type.get((name, False), {}).get("n_values")
    }
    if not edges:
        return
    bins = [F.when(F.col("event_type") == name, _bin(F.col("value"), cuts)) for name, cuts in edges.items()]
    valued = recent.where(F.col("value").isNotNull() & F.col("event_type").isin(*edges))
    cells = _cells(valued.withColumn("bin", F.coalesce(*bins)).withColumnRenamed("is_day", "is_now"), "event_type")
    for name in edges:
        now, then = by_type[name, True], by_type[name, False]
        yield change("value_median", now["q"][0], now["n_values"], name, usual=then["q"][0])
        own = {cell: n for cell, n in cells.items() if cell[0] == name}
        usual, of_day = (_sums(own, range(10), 1, is_now=part) for part in (False, True))
        yield drift("drift_values", usual, of_day, draws, name)


def _sum_of_hours(by_type: Mapping[tuple[str, bool], Mapping[str, Any]], *, is_day: bool) -> Counts:
    rows = [row for (_, part), row in by_type.items() if part == is_day]
    return np.array([sum(row[f"h{hour}"] for row in rows) for hour in range(24)], np.int64)


def _bin(value: Column, edges: Sequence[float]) -> Column:
    """int: how many of the edges are below the value."""
    return sum((value > F.lit(edge)).cast("int") for edge in edges[1:]) + (value > F.lit(edges[0])).cast("int")


def _cells(frame: DataFrame, name: str) -> dict[Cell, int]:
    """How often each value of a column came with each bin, then and now; rows without the value are left out."""
    # Bounded: a row for each event type or source, ten bins, then and now.
    found = frame.where(F.col(name).isNotNull()).groupBy(name, "bin", "is_now").count().collect()
    return {(str(row[name]), int(row["bin"]), bool(row["is_now"])): int(row["count"]) for row in found}


def _sums(cells: Mapping[Cell, int], values: Sequence[Any], place: Literal[0, 1], *, is_now: bool) -> Counts:
    """int64 [B]: the cells of one side added up by value (place 0) or by bin (place 1)."""
    own = [(cell[place], n) for cell, n in cells.items() if cell[2] == is_now]
    return np.array([sum(n for one, n in own if one == value) for value in values], np.int64)


def _by_user(lists: DataFrame, name: Literal["new", "old"]) -> DataFrame:
    """user_id, and the ids of the items, best first."""
    ranked = F.array_sort(F.collect_list(F.struct("rank", "item_id"))).getField("item_id")
    return lists.groupBy(USER_ID).agg(ranked.alias(name))
