"""A user's features as vectors of a fixed length, in about [-1, 1], for the deep models."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import EVENT_TYPES, FEATURES

RECENT_DAYS = 30
LOG_SCALE = 10


def behaviour_vector(categories: Sequence[str], value_scale: float) -> Column:
    """array<float> [6 + 10 + 24 + n_categories], from the columns of user_features_v1. In order:

    log(1 + n) / 10 of n_events, n_events_7d and n_events_30d; 2**(-recency_days / 30), 0 without events;
    log(1 + tenure_days) / 10; mean_value / value_scale, at most 1 either side of 0, 0 without ratings; the share of each of
    core.columns.EVENT_TYPES among the events; the shares of the 24 UTC hours; the shares of `categories`.
    """
    log_counts = [F.log1p(F.col(name)) / LOG_SCALE for name in ("n_events", "n_events_7d", "n_events_30d")]
    recency = F.pow(F.lit(2.0), -F.col("recency_days") / RECENT_DAYS)
    tenure = F.log1p(F.col("tenure_days")) / LOG_SCALE
    value = _clipped(F.col("mean_value") / F.lit(value_scale))
    numbers = F.array(*log_counts, *(F.coalesce(part, F.lit(0.0)) for part in (recency, tenure, value)))
    types = _looked_up("n_by_type", EVENT_TYPES, F.greatest(F.col("n_events"), F.lit(1)))
    shares = _looked_up("category_shares", categories, F.lit(1))
    return F.concat(numbers, types, F.col("hour_shares").cast("array<double>"), shares).cast("array<float>")


def attribute_vector(attributes: Column, n_slots: int) -> Column:
    """array<float> [n_slots]: what a source says of its users (users_v1.attributes), whatever it is, without a list of it.

    An attribute that reads as a number v adds v / (|v| + 30) to the slot that its name hashes to; any other adds 1 to the
    slot that `name=value` hashes to. Zeros for a user without attributes.
    """
    known = F.coalesce(attributes, F.create_map().cast("map<string,string>"))
    parts = F.transform(F.map_entries(known), lambda entry: _part(entry["key"], entry["value"], n_slots))
    slots = F.sequence(F.lit(0), F.lit(n_slots - 1))
    summed = F.transform(slots, lambda slot: _sum_of(F.filter(parts, lambda part: part["slot"] == slot)))
    return summed.cast("array<float>")


def most_frequent(categories_by_item: Iterable[Sequence[str]], n: int) -> list[str]:
    """The `n` categories that most items have, the most frequent first, ties by name.

    >>> most_frequent([["b", "c"], ["a"], ["a", "b"]], 2)
    ['a', 'b']
    """
    counted = Counter(chain.from_iterable(categories_by_item))
    return sorted(counted, key=lambda name: (-counted[name], name))[:n]


def with_vectors(
    features: DataFrame, users: DataFrame, *, categories: Sequence[str], value_scale: float, n_slots: int
) -> DataFrame:
    """The features with `features` (behaviour_vector) and `attribute_features` (attribute_vector); `users` is users_v1."""
    vectors = {
        FEATURES: behaviour_vector(categories, value_scale),
        "attribute_features": attribute_vector(F.col("attributes"), n_slots),
    }
    return features.join(users.select("user_id", "attributes"), "user_id", "left").withColumns(vectors).drop("attributes")


def _clipped(value: Column) -> Column:
    """At most 1 either side of 0; null stays null (greatest and least would skip it)."""
    return F.when(value.isNotNull(), F.greatest(F.lit(-1.0), F.least(F.lit(1.0), value)))


def _looked_up(column: str, keys: Sequence[str], divisor: Column) -> Column:
    values = [F.coalesce(F.element_at(F.col(column), F.lit(key)), F.lit(0)).cast("double") / divisor for key in keys]
    return F.array(*values).cast("array<double>")


def _part(key: Column, value: Column, n_slots: int) -> Column:
    number = value.try_cast("double")
    is_number = number.isNotNull() & ~F.isnan(number) & (F.abs(number) < 1e30)
    name = F.when(is_number, key).otherwise(F.concat(key, F.lit("="), F.coalesce(value, F.lit(""))))
    part = F.when(is_number, number / (F.abs(number) + 30)).otherwise(1.0)
    return F.struct(F.pmod(F.xxhash64(name), F.lit(n_slots)).cast("int").alias("slot"), part.alias("part"))


def _sum_of(parts: Column) -> Column:
    return F.aggregate(parts, F.lit(0.0), lambda total, part: total + part["part"])
