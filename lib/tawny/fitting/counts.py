"""Counts per item of the catalogue, from a Spark frame.

Shapes: I items.
"""

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.fitting.gather import gather
from tawny.models.base import Floats


def users_per_item(interactions: DataFrame, n_items: int) -> Floats:
    """float32 [I]: users with a positive relation to each item; interactions_v1 has one row per user and item."""
    counted = interactions.where("weight > 0").groupBy("item_index").agg(F.count("*").alias("n"))
    return dense(counted, "n", n_items)


def dense(rows: DataFrame, column: str, n_items: int) -> Floats:
    """float32 [I] of one column of a frame with item_index; 0 where there is no row."""
    table = gather(rows.select("item_index", column), n_items, f"{column} per item")
    values = np.zeros(n_items, np.float32)
    values[table["item_index"].to_numpy()] = table[column].to_numpy()
    return values
