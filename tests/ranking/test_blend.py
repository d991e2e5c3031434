"""The blend is learned from Spark's shortlists and holdouts."""

import pytest
from pyspark.sql import SparkSession

from tawny.core.errors import CheckError
from tawny.models.blend import BlendConfig
from tawny.ranking.blend import learn_blend

_SHORTLISTS = "user_id string, is_warm boolean, items array<struct<item_index:int,scores:array<float>>>"
_HOLDOUTS = "user_id string, item_indices array<int>"


def test_the_source_that_finds_the_answers_gets_the_weight(spark: SparkSession) -> None:
    # `good` puts the answer (item 5) first, `bad` last.
    items = [(n, [float(n), float(-n)]) for n in range(6)]
    users = [(f"u{n}", True, items) for n in range(40)]
    shortlists = spark.createDataFrame(users, _SHORTLISTS)
    holdouts = spark.createDataFrame([(f"u{n}", [5]) for n in range(40)], _HOLDOUTS)
    blend = learn_blend(shortlists, holdouts, ("good", "bad"), BlendConfig(k=3), seed=0)
    assert blend.warm.weights[0] > 0.8


def test_without_validation_users_there_is_no_blend(spark: SparkSession) -> None:
    shortlists = spark.createDataFrame([("a", True, [(1, [1.0])])], _SHORTLISTS)
    with pytest.raises(CheckError, match="the validation window must hold users"):
        learn_blend(shortlists, spark.createDataFrame([("b", [1])], _HOLDOUTS), ("one",), BlendConfig(), seed=0)
