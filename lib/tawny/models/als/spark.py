"""Fits implicit ALS with Spark MLlib. It keeps the item factors; users are folded in when they are scored (model.py)."""

import numpy as np
from pyspark.ml.recommendation import ALS
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tawny.core.arrays import Floats
from tawny.lake.spark import gather
from tawny.models.als.model import Als
from tawny.models.als.settings import AlsSettings

_BUCKETS = 64


def fit_als(interactions: DataFrame, n_items: int, settings: AlsSettings, n_blocks: int, seed: int) -> Als:
    """The model from user_id, item_index and a positive weight; without a row, one that knows no item.

    Rows are sorted first, because MLlib adds floats in the order of the rows.
    """
    if interactions.isEmpty():
        return Als(np.full((n_items, settings.rank), np.nan, np.float32), settings)
    rated = with_user_number(interactions).select("user_number", "item_index", "weight").sort("user_number", "item_index")
    als = ALS(
        rank=settings.rank, maxIter=settings.iterations, regParam=settings.regularisation, alpha=settings.alpha,
        implicitPrefs=True, seed=seed, userCol="user_number", itemCol="item_index", ratingCol="weight",
        numUserBlocks=n_blocks, numItemBlocks=n_blocks, coldStartStrategy="drop",
    )  # fmt: skip
    fitted = als.fit(rated)
    return Als(_factors(fitted.itemFactors, n_items, settings.rank), settings)


def with_user_number(interactions: DataFrame) -> DataFrame:
    """The frame with an int column user_number, one number per user.

    MLlib needs ids below 2**31. Hashes of that length would collide, so users are numbered within hash buckets: no task
    holds more than a bucket, and the numbers stay below about 1.1 times the number of users.
    """
    bucket = F.pmod(F.xxhash64("user_id"), F.lit(_BUCKETS)).cast("int")
    users = interactions.select("user_id").distinct().withColumn("bucket", bucket)
    within = F.row_number().over(Window.partitionBy("bucket").orderBy("user_id"))
    return interactions.join(users.select("user_id", (within * _BUCKETS + F.col("bucket")).alias("user_number")), "user_id")


def _factors(rows: DataFrame, n_items: int, rank: int) -> Floats:
    """float32 [I, D]; NaN for items that nobody rated."""
    table = gather(rows, n_items, "item factors")
    factors = np.full((n_items, rank), np.nan, np.float32)
    if table.num_rows:
        values = table["features"].combine_chunks().flatten().to_numpy().astype(np.float32)
        factors[table["id"].to_numpy()] = values.reshape(-1, rank)
    return factors
