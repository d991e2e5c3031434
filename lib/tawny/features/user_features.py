"""A user's attributes, whatever they are, hashed into a vector of a fixed length."""

from collections.abc import Collection

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import FEATURES, FOLD, KNOWN_FROM, USER_ID
from tawny.features.as_of import as_of


def user_features(
    sequences: DataFrame, users: DataFrame, cutoffs: DataFrame, n_features: int, ignored: Collection[str] = ()
) -> DataFrame:
    """One row per fold and user of `sequences`: the columns of user_features_v2, as of the fold's cutoff.

    Zeros for a user who is not described, or was not yet.

    Args:
        sequences: sequences_v2, for its folds and users.
        users: users_v2.
        cutoffs: fold, cutoff_ts (labelled.fold_cutoffs).
        n_features: length of the vector.
        ignored: names of attributes to leave out.
    """
    known = as_of(users.select(USER_ID, KNOWN_FROM, "attributes"), cutoffs, USER_ID)
    vector = attribute_vector(_without(F.col("attributes"), ignored), n_features).alias(FEATURES)
    return sequences.select(FOLD, USER_ID).distinct().join(known, [FOLD, USER_ID], "left").select(FOLD, USER_ID, vector)


def _without(attributes: Column, ignored: Collection[str]) -> Column:
    return F.map_filter(attributes, lambda name, value: ~name.isin(*ignored)) if ignored else attributes


def attribute_vector(attributes: Column, n_features: int) -> Column:
    """array<float> [n_features], from map<string,string>, without a list of attribute names.

    An attribute that is a number v adds v / (|v| + 30) to the position that its name hashes to; any other adds 1 to the
    position that `name=value` hashes to. Zeros for a user without attributes.

    Source: Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009; without their signs. Made for
    some ten attributes.
    """
    known = F.coalesce(attributes, F.create_map().cast("map<string,string>"))
    parts = F.transform(F.map_entries(known), lambda entry: _part(entry["key"], entry["value"], n_features))
    slots = F.sequence(F.lit(0), F.lit(n_features - 1))
    summed = F.transform(slots, lambda slot: _sum_of(F.filter(parts, lambda part: part["slot"] == slot)))
    return summed.cast("array<float>")


def _part(key: Column, value: Column, n_features: int) -> Column:
    number = value.try_cast("double")
    is_number = number.isNotNull() & ~F.isnan(number) & (F.abs(number) < 1e30)
    name = F.when(is_number, key).otherwise(F.concat(key, F.lit("="), F.coalesce(value, F.lit(""))))
    part = F.when(is_number, number / (F.abs(number) + 30)).otherwise(1.0)
    return F.struct(F.pmod(F.xxhash64(name), F.lit(n_features)).cast("int").alias("slot"), part.alias("part"))


def _sum_of(parts: Column) -> Column:
    return F.aggregate(parts, F.lit(0.0), lambda total, part: total + part["part"])
