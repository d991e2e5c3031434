"""The audit: the checks that a list, as it was written, must pass before readers see it."""

import logging
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.errors import CheckError
from tawny.publish.settings import AuditSettings

logger = logging.getLogger(__name__)

# Every rule is a condition on one user's list (a row with items in the order of their ranks, and seen_indices); the error
# names the first that fails.
_RULES = {
    "a list is for an eligible user": "seen_indices IS NOT NULL",
    "a list has at most {k} items": "cardinality(items) <= {k}",
    "the ranks of a list are 1, 2, 3 ...": "items.rank = sequence(1, cardinality(items))",
    "every listed item is in the catalog of the day": "forall(items, i -> i.item_index IS NOT NULL)",
    "the items of a list are unique": "cardinality(array_distinct(items.item_id)) = cardinality(items)",
    "a list is ordered by score, ties by item": (
        "transform(items, i -> struct(-i.score AS s, i.item_id AS x))"
        " = array_sort(transform(items, i -> struct(-i.score AS s, i.item_id AS x)))"
    ),
    "scores are finite and within [{low}, {high}]": (
        "forall(items, i -> NOT isnan(i.score) AND i.score BETWEEN {low} AND {high})"
    ),
    "nothing is listed that the seen rule excludes": "NOT arrays_overlap(items.item_index, seen_indices)",
    "every listed item has a source": "forall(items, i -> cardinality(i.sources) > 0)",
}


@dataclass(frozen=True)
class Audited:
    """What was audited, and what the audit counted.

    Attributes:
        list_id, model_version: of all rows.
        n_users: eligible users.
        n_listed: of them, users with a list.
        n_exhausted: of them, users without one because they have seen all that is available.
    """

    list_id: str
    model_version: str
    n_users: int
    n_listed: int
    n_exhausted: int


def audit(
    lists: DataFrame,
    users: DataFrame,
    items: DataFrame,
    served_before: DataFrame,
    k: int,
    settings: AuditSettings,
    where: str,
) -> Audited:
    """The counts, or the first check that failed and a list that failed it.

    Args:
        lists: rows of recommendations_v2 of one list.
        users: user_id, seen_indices of all eligible users.
        items: item_index, item_id, is_listable of the catalog.
        served_before: user_id of users who have a list in what readers followed before; may hold a user more than once.
        k: longest list.
        settings: see there.
        where: table and run_date, for the error.

    Raises:
        CheckError: a check failed.
    """
    list_id, model_version = _identity(lists, where)
    joined = users.select("user_id", "seen_indices").join(_by_user(lists, items), "user_id", "full_outer").persist()
    try:
        _check_each(joined.where("items IS NOT NULL"), k, settings, where)
        _check_listable(joined.where("items IS NOT NULL"), items, where)
        counts = _check_coverage(joined, items, served_before, k, settings, where)
    finally:
        joined.unpersist()
    if not list_id:
        raise _refused(where, "a list must have rows.", "none: every user has had every item", do=_LIST_AGAIN)
    audited = Audited(list_id, model_version, *counts)
    logger.info(
        "audit of %s, list %s: n_users=%d n_listed=%d n_exhausted=%d",
        where, list_id, audited.n_users, audited.n_listed, audited.n_exhausted,
    )  # fmt: skip
    return audited


def _identity(lists: DataFrame, where: str) -> tuple[str, str]:
    """The one list_id and the one model_version of all rows; empty where there is no row."""
    names = ("list_id", "model_version")
    ends = lists.agg(*(end(name).alias(f"{end.__name__}_{name}") for name in names for end in (F.min, F.max))).first()
    for name in names:
        if ends is not None and ends[f"min_{name}"] != ends[f"max_{name}"]:
            came = f"{ends[f'min_{name}']} and {ends[f'max_{name}']}"
            raise _refused(where, f"the lists of all users have one {name}.", came)
    list_id, model_version = (ends[f"min_{name}"] if ends else None for name in names)
    return list_id or "", model_version or ""


def _by_user(lists: DataFrame, items: DataFrame) -> DataFrame:
    """user_id, items array<struct<rank, item_id, item_index, score, sources>> in the order of the ranks."""
    indices = F.broadcast(items.select("item_id", "item_index"))
    item = F.struct("rank", "item_id", "item_index", "score", "sources")
    known = lists.select("user_id", "rank", "item_id", "score", "sources").join(indices, "item_id", "left")
    return known.groupBy("user_id").agg(F.array_sort(F.collect_list(item)).alias("items"))


def _check_each(lists: DataFrame, k: int, settings: AuditSettings, where: str) -> None:
    names = {"k": k, "low": settings.low, "high": settings.high}
    rules = {rule.format(**names): sql.format(**names) for rule, sql in _RULES.items()}
    failed = [F.min(F.when(~F.coalesce(F.expr(sql), F.lit(False)), F.col("user_id"))) for sql in rules.values()]
    failing_users = lists.agg(*failed).first() or ()
    for rule, user in zip(rules, failing_users, strict=True):
        if user is not None:
            raise _refused(where, f"{rule}.", f"the list of user {user}")


def _check_listable(lists: DataFrame, items: DataFrame, where: str) -> None:
    hidden = items.where("NOT is_listable").select("item_index", "item_id")
    listed = lists.select("user_id", F.explode("items.item_index").alias("item_index"))
    if wrong := listed.join(F.broadcast(hidden), "item_index").first():
        came = f"item {wrong['item_id']} in the list of user {wrong['user_id']}"
        raise _refused(where, "every listed item is available and not blocked.", came)


def _check_coverage(
    joined: DataFrame, items: DataFrame, served_before: DataFrame, k: int, settings: AuditSettings, where: str
) -> tuple[int, int, int]:
    """Eligible users, those with a list, and those who have seen all that is available."""
    counts = _count(joined, items, served_before).first()
    if counts is None or counts["n"] == 0:
        raise _refused(where, "there must be eligible users.", "none")
    n, exhausted = counts["n"], counts["exhausted"]
    # Of fewer items than a list is long, users have soon seen all: no sign that something is wrong.
    is_small = 0 < counts["n_available"] <= k
    if not is_small and exhausted > settings.max_exhausted_share * n:
        rule = f"at most {settings.max_exhausted_share:.2%} of the eligible users have seen all items that are available."
        came = f"{exhausted} of {n}; as user {counts['exhausted_user']}"
        do = f"{_LIST_AGAIN} Is the items' availability right? The limit: [jobs.publish] max_exhausted_share."
        raise _refused(where, rule, came, do=do)
    if counts["served"] < settings.min_coverage_share * (n - exhausted):
        rule = f"at least {settings.min_coverage_share:.2%} of the eligible users with something left to list have a list."
        raise _refused(where, rule, f"{counts['served']} of {n - exhausted}; user {counts['unserved_user']} has none")
    if counts["lost"] > settings.max_drop_share * counts["before"]:
        rule = f"at most {settings.max_drop_share:.2%} of the users served before are left without a list."
        raise _refused(where, rule, f"{counts['lost']} of {counts['before']}; user {counts['lost_user']} has none")
    return n, counts["served"], exhausted


def _count(joined: DataFrame, items: DataFrame, served_before: DataFrame) -> DataFrame:
    """One row: how many eligible users there are, are served, are exhausted, and were served before, in one pass."""
    served = served_before.select("user_id").distinct().withColumn("was_served", F.lit(True))
    is_served = F.coalesce(F.cardinality("items") > 0, F.lit(False))
    available = items.where("is_listable").agg(F.collect_list("item_index").alias("available"))
    eligible = joined.where("seen_indices IS NOT NULL").join(served, "user_id", "left").crossJoin(F.broadcast(available))
    # The arrays are compared for the few users without a list who have seen enough items, not for all.
    may_be_exhausted = "NOT is_served AND cardinality(seen_indices) >= cardinality(available)"
    nothing_left = "cardinality(array_except(available, seen_indices)) = 0"
    exhausted = F.expr(f"CASE WHEN {may_be_exhausted} THEN {nothing_left} ELSE false END")
    users = eligible.withColumn("is_served", is_served).withColumn("is_exhausted", exhausted)
    unserved, lost = (
        F.expr("NOT is_served AND NOT is_exhausted"),
        F.expr("was_served AND NOT is_served AND NOT is_exhausted"),
    )
    return users.agg(
        F.count("*").alias("n"), F.count_if("is_served").alias("served"), F.count_if("was_served").alias("before"),
        F.count_if("is_exhausted").alias("exhausted"), F.count_if(lost).alias("lost"),
        F.min(F.when(unserved, F.col("user_id"))).alias("unserved_user"),
        F.min(F.when(F.col("is_exhausted"), F.col("user_id"))).alias("exhausted_user"),
        F.min(F.when(lost, F.col("user_id"))).alias("lost_user"),
        F.coalesce(F.max(F.cardinality("available")), F.lit(0)).alias("n_available"),
    )  # fmt: skip


_LIST_AGAIN = 'Land the whole catalog, or list again what users had: [night.events] seen_types = ["hide"].'


def _refused(where: str, rule: str, came: str, do: str = "Check recommendations_v2 and the night's settings.") -> CheckError:
    do = f"Nothing was published; the previous lists stay. {do}"
    return CheckError(where=f"audit of {where}", rule=rule, came=came, do=do)
