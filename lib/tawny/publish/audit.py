"""The audit: what must hold of all lists before any of them is published."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.errors import CheckError

# Every rule is a condition on one list (a row with items, seen_indices); the first that fails is named.
_RULES = {
    "a list is for an eligible user": "seen_indices IS NOT NULL",
    "a list has at most {k} items": "cardinality(items) <= {k}",
    "the items of a list are unique": "cardinality(array_distinct(items.item_index)) = cardinality(items)",
    "a list is ordered by score, ties by item": (
        "transform(items, i -> struct(-i.score AS s, i.item_index AS x))"
        " = array_sort(transform(items, i -> struct(-i.score AS s, i.item_index AS x)))"
    ),
    "scores are finite and within [{low}, {high}]": (
        "forall(items, i -> NOT isnan(i.score) AND i.score BETWEEN {low} AND {high})"
    ),
    "nothing is listed that the seen rule forbids": "NOT arrays_overlap(items.item_index, seen_indices)",
    "every listed item has a source": "forall(items, i -> cardinality(i.sources) > 0)",
}


@dataclass(frozen=True)
class Limits:
    """What the audit measures against.

    Attributes:
        k: longest list.
        low, high: range of scores.
        min_coverage_share: of the eligible users, this share must have a list with at least one item.
        max_drop_share: of the users served yesterday and still eligible, at most this share may be without one today.
    """

    k: int
    low: float = 0.0
    high: float = 100.0
    min_coverage_share: float = 1.0
    max_drop_share: float = 0.0


def audit(lists: DataFrame, users: DataFrame, catalog: DataFrame, earlier: DataFrame, limits: Limits, where: str) -> None:
    """Pass, or name the check that failed and one list that failed it.

    Args:
        lists: user_id, items (rankings_v1, fold serve).
        users: user_id, seen_indices of all eligible users.
        catalog: item_index, item_id, is_available.
        earlier: user_id, run_date of the lists published before.
        limits: see there.
        where: table and run_date, for the error.

    Raises:
        CheckError: a check failed.
    """
    joined = users.join(lists, "user_id", "full_outer").persist()
    try:
        _check_each(joined.where("items IS NOT NULL"), limits, where)
        _check_available(joined.where("items IS NOT NULL"), catalog, where)
        _check_coverage(joined, earlier, limits, where)
    finally:
        joined.unpersist()


def _check_each(lists: DataFrame, limits: Limits, where: str) -> None:
    names = {"k": limits.k, "low": limits.low, "high": limits.high}
    rules = {rule.format(**names): sql.format(**names) for rule, sql in _RULES.items()}
    failed = [F.min(F.when(~F.coalesce(F.expr(sql), F.lit(False)), F.col("user_id"))) for sql in rules.values()]
    found = lists.agg(*failed).first() or ()
    for rule, user in zip(rules, found, strict=True):
        if user is not None:
            raise _refused(where, f"{rule}.", f"the list of user {user}")


def _check_available(lists: DataFrame, catalog: DataFrame, where: str) -> None:
    hidden = catalog.where("NOT is_available").select("item_index", "item_id")
    listed = lists.select("user_id", F.explode("items.item_index").alias("item_index"))
    if found := listed.join(F.broadcast(hidden), "item_index").first():
        came = f"item {found['item_id']} in the list of user {found['user_id']}"
        raise _refused(where, "every listed item is available and not blocked.", came)


def _check_coverage(joined: DataFrame, earlier: DataFrame, limits: Limits, where: str) -> None:
    latest = earlier.agg(F.max("run_date").alias("run_date"))
    served = earlier.join(latest, "run_date").select("user_id").distinct().withColumn("was_served", F.lit(True))
    is_served = F.coalesce(F.cardinality("items") > 0, F.lit(False))
    both = joined.where("seen_indices IS NOT NULL").join(served, "user_id", "left").withColumn("is_served", is_served)
    lost = F.expr("was_served AND NOT is_served")
    counts = both.agg(
        F.count("*").alias("n"), F.count_if("is_served").alias("served"), F.count_if("was_served").alias("before"),
        F.count_if(lost).alias("lost"),
        F.min(F.when(~F.col("is_served"), F.col("user_id"))).alias("example"),
    ).first()  # fmt: skip
    if counts is None or counts["n"] == 0:
        raise _refused(where, "there must be eligible users.", "none")
    if counts["served"] < limits.min_coverage_share * counts["n"]:
        rule = f"at least {limits.min_coverage_share:.2%} of the eligible users have a list."
        raise _refused(where, rule, f"{counts['served']} of {counts['n']}; user {counts['example']} has none")
    if counts["lost"] > limits.max_drop_share * counts["before"]:
        rule = f"at most {limits.max_drop_share:.2%} of the users served before are left without a list."
        raise _refused(where, rule, f"{counts['lost']} of {counts['before']}; user {counts['example']} has none")


def _refused(where: str, rule: str, came: str) -> CheckError:
    do = "Nothing was published; the previous lists stay. Look at rankings_v1 and at the night's settings."
    return CheckError(where=f"audit of {where}", rule=rule, came=came, do=do)
