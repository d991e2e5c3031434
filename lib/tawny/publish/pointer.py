"""Where the published pointer goes."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

MAIN = "main"


def moved(published: DataFrame, lists: DataFrame, run_date: date) -> DataFrame:
    """The pointer's row after a night: on `run_date`, unless it is on a later date already.

    Args:
        published: rows of published_v1.
        lists: one row with the model_version of the lists of `run_date`.

    A night run again for the published date leaves the date before it as it was.
    """
    day = F.lit(run_date.isoformat()).cast("date")
    now = published.where(F.col("list") == MAIN).select(
        F.col("run_date").alias("now"), F.col("previous_run_date").alias("before"), F.col("model_version").alias("version")
    )
    both = lists.select("model_version").join(now, F.lit(True), "left")
    is_later = F.coalesce(F.col("now") > day, F.lit(False))
    is_same = F.coalesce(F.col("now") == day, F.lit(False))
    return both.select(
        F.lit(MAIN).alias("list"),
        F.when(is_later, F.col("now")).otherwise(day).alias("run_date"),
        F.when(is_later | is_same, F.col("before")).otherwise(F.col("now")).alias("previous_run_date"),
        F.when(is_later, F.col("version")).otherwise(F.col("model_version")).alias("model_version"),
    )
