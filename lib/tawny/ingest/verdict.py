"""Rules and what they found: the first rule that a row breaks names its reason."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import DETAIL, REASON, SOURCE_FILE, SOURCE_LINE
from tawny.ingest.reasons import Reason


@dataclass(frozen=True)
class Rule:
    """`broken` is true where a row is refused; `detail` says on what, as text."""

    reason: Reason
    broken: Column
    detail: Column


def told(column: str, value: Column | None = None) -> Column:
    """`column=value`, for people."""
    return F.concat(F.lit(f"{column}="), F.coalesce((F.col(column) if value is None else value).cast("string"), F.lit("")))


def missing(*columns: str) -> list[Rule]:
    """A rule for each column that must hold something."""
    return [Rule(Reason.MISSING_VALUE, F.col(column).isNull(), told(column)) for column in columns]


def too_long(max_length: int, *columns: str) -> list[Rule]:
    """A rule for each id."""
    return [Rule(Reason.ID_TOO_LONG, F.length(column) > max_length, told(column)) for column in columns]


def unread(column: str, came: str) -> Rule:
    """The rule that what came could be read as the column's type."""
    return Rule(Reason.WRONG_TYPE, F.col(column).isNull() & F.col(came).isNotNull(), told(column, F.col(came)))


def judge(frame: DataFrame, rules: list[Rule]) -> DataFrame:
    """The frame with `reason` and `detail`: what the reader found (`fault`), else the first broken rule, else null."""
    found = F.coalesce(
        F.when(F.col("fault").isNotNull(), F.struct(F.col("fault").alias(REASON), F.col("fault_detail").alias(DETAIL))),
        *[
            F.when(rule.broken, F.struct(F.lit(rule.reason.value).alias(REASON), rule.detail.alias(DETAIL)))
            for rule in rules
        ],
    )
    judged = frame.withColumn("verdict", found)
    return judged.withColumns({REASON: F.col("verdict.reason"), DETAIL: F.col("verdict.detail")}).drop("verdict")


def refuse(frame: DataFrame, reason: Reason, broken: Column, detail: Column) -> DataFrame:
    """The frame judged by one more rule, for the rows that no earlier rule refused."""
    also = F.col(REASON).isNull() & broken
    return frame.withColumns(
        {
            REASON: F.when(also, F.lit(reason.value)).otherwise(F.col(REASON)),
            DETAIL: F.when(also, detail).otherwise(F.col(DETAIL)),
        }
    )


def place() -> Column:
    """string: where a row came from, which no other row shares."""
    return F.concat_ws(":", SOURCE_FILE, SOURCE_LINE)
