"""MLlib's factors and our folding-in belong together."""

import numpy as np
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.models.als.settings import AlsSettings
from tawny.models.als.spark import fit_als, with_user_number
from tawny.testing.frames import sequence_frame
from tawny.testing.worlds import chains, histories


def test_a_user_folded_in_has_the_factors_that_training_gave(spark: SparkSession) -> None:
    world = chains(np.random.default_rng(1), n_users=40)
    each = sequence_frame(spark, world.users).select("user_id", F.explode("item_indices").alias("item_index")).distinct()
    interactions = each.withColumn("weight", F.lit(1.0).cast("float")).persist()
    settings = AlsSettings(rank=8, iterations=3, regularisation=0.1, alpha=5.0)

    fitted = fit_als(interactions, world.n_items, settings, n_blocks=2, seed=7)

    numbers = with_user_number(interactions).select("user_id", "user_number").distinct()
    als = ALS(
        rank=8, maxIter=3, regParam=0.1, alpha=5.0, implicitPrefs=True, seed=7, numUserBlocks=2, numItemBlocks=2,
        userCol="user_number", itemCol="item_index", ratingCol="weight",
    )  # fmt: skip
    rated = with_user_number(interactions).select("user_number", "item_index", "weight").sort("user_number", "item_index")
    users = als.fit(rated).userFactors.join(numbers, F.col("id") == F.col("user_number"))
    theirs = {row["user_id"]: row["features"] for row in users.collect()}
    ours = fitted.user_factors(world.users)
    for user in range(40):
        np.testing.assert_allclose(ours[user], theirs[f"u{user}"], rtol=2e-3, atol=2e-4)
    interactions.unpersist()


def test_every_user_has_a_number_of_its_own(spark: SparkSession) -> None:
    users = spark.range(5000).selectExpr("concat('user ', id) AS user_id", "1 AS item_index")
    numbers = (
        with_user_number(users).agg(F.count_distinct("user_number").alias("n"), F.max("user_number").alias("most")).first()
    )
    assert numbers is not None
    assert numbers["n"] == 5000
    assert numbers["most"] < 10_000


def test_an_item_that_nobody_took_has_no_factors(spark: SparkSession) -> None:
    rows = [("a", 0, 1.0), ("a", 1, 1.0), ("b", 0, 1.0)]
    interactions = spark.createDataFrame(rows, "user_id string, item_index int, weight float")
    fitted = fit_als(interactions, 3, AlsSettings(rank=2, iterations=1), n_blocks=1, seed=0)
    assert np.isnan(fitted.item_factors[2]).all()
    assert np.isfinite(fitted.item_factors[:2]).all()


def test_without_a_rating_no_item_is_known(spark: SparkSession) -> None:
    nothing = spark.createDataFrame([], "user_id string, item_index int, weight float")
    fitted = fit_als(nothing, 3, AlsSettings(rank=2, iterations=1), n_blocks=1, seed=0)
    assert np.isnan(fitted.item_factors).all()
    assert np.isneginf(fitted.score(histories([[0, 1]]))).all()
