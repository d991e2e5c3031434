"""Of several rows that describe the same thing, the last one counts."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tawny.core.columns import REASON, SOURCE_FILE, SOURCE_LINE
from tawny.ingest.reasons import Reason
from tawny.ingest.verdict import place, refuse


def refuse_superseded(judged: DataFrame, key: str) -> DataFrame:
    """Of the accepted rows with the same key, all but the last by file name and line are refused."""
    same: Column = F.when(F.col(REASON).isNull(), F.col(key))
    last_first = Window.partitionBy(F.coalesce(same, F.lit("")), F.when(same.isNull(), place())).orderBy(
        F.desc(SOURCE_FILE), F.desc(SOURCE_LINE)
    )
    numbered = judged.withColumns({"age": F.row_number().over(last_first), "last": F.first(place()).over(last_first)})
    detail = F.concat(F.lit("described again at "), F.col("last"))
    return refuse(numbered, Reason.SUPERSEDED, F.col("age") > 1, detail).drop("age", "last")
