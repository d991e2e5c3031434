"""Shared by events, items and users: text to typed values, and rules on them."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import DETAIL, REASON, SOURCE_FILE, SOURCE_LINE
from tawny.ingest.reasons import Reason
from tawny.ingest.texts import BELOW, ISO, MICROS, NOT_FINITE, NUMBER


@dataclass(frozen=True)
class Rule:
    """`broken` is true where a row is refused; `detail` names the column and the value, as text."""

    reason: Reason
    broken: Column
    detail: Column


def describe(column: str, value: Column | None = None) -> Column:
    """`column=value`, as text."""
    return F.concat(F.lit(f"{column}="), F.coalesce((F.col(column) if value is None else value).cast("string"), F.lit("")))


def missing(*columns: str) -> list[Rule]:
    """A rule for each column that must hold something."""
    return [Rule(Reason.MISSING_VALUE, F.col(column).isNull(), describe(column)) for column in columns]


def too_long(max_length: int, *columns: str) -> list[Rule]:
    """A rule for each id."""
    return [Rule(Reason.ID_TOO_LONG, F.length(column) > max_length, describe(column)) for column in columns]


def too_late(column: str) -> Rule:
    """The rule that a time has a year that Python and Arrow know; sources write the last of them for "forever"."""
    last = F.lit("9999-12-31T23:59:59.999999Z").cast("timestamp")
    return Rule(Reason.OUT_OF_RANGE, F.col(column) > last, describe(column))


def unreadable(column: str, text_column: str) -> Rule:
    """The rule that the text can be read as the column's type."""
    value = F.col(text_column)
    return Rule(Reason.WRONG_TYPE, F.col(column).isNull() & value.isNotNull(), describe(column, value))


def with_reason(frame: DataFrame, rules: list[Rule]) -> DataFrame:
    """The frame with `reason` and `detail`: what the reader found (`fault`), else the first broken rule, else null."""
    first = F.coalesce(
        F.when(F.col("fault").isNotNull(), F.struct(F.col("fault").alias(REASON), F.col("fault_detail").alias(DETAIL))),
        *[
            F.when(rule.broken, F.struct(F.lit(rule.reason.value).alias(REASON), rule.detail.alias(DETAIL)))
            for rule in rules
        ],
    )
    checked = frame.withColumn("first", first)
    return checked.withColumns({REASON: F.col("first.reason"), DETAIL: F.col("first.detail")}).drop("first")


def refuse_also(checked: DataFrame, rule: Rule) -> DataFrame:
    """The frame checked by one more rule, for the rows that no earlier rule refused."""
    also = F.col(REASON).isNull() & rule.broken
    return checked.withColumns(
        {
            REASON: F.when(also, F.lit(rule.reason.value)).otherwise(F.col(REASON)),
            DETAIL: F.when(also, rule.detail).otherwise(F.col(DETAIL)),
        }
    )


def place() -> Column:
    """string, `file:line`: where a row came from; no other row has it."""
    return F.concat_ws(":", SOURCE_FILE, SOURCE_LINE)


_HAS_ZONE = r"[T ]\d.*([+-]\d{1,2}(:?\d{2})?|[A-Za-z])$"


def trimmed(value: Column) -> Column:
    """The text without spaces, tabs and line ends around it."""
    return F.trim(value, F.lit(" \t\r\n"))


def text(column: str) -> Column:
    """The trimmed text; null where nothing is left."""
    value = trimmed(F.col(column))
    return F.when(value != "", value)


def number(value: Column) -> Column:
    """double: a decimal number, or nan and inf, which the range rules refuse."""
    return F.when(value.rlike(NUMBER) | value.rlike(NOT_FINITE), value.try_cast("double"))


def instant(value: Column, unit: Column, zone: Column | None = None) -> Column:
    """timestamp: a number since 1970 (of seconds to nanoseconds, by `unit`, or by its size), or ISO 8601.

    Args:
        value: text.
        unit: a TimeUnit (tawny.ingest.files.file).
        zone: of ISO times that name none; UTC without it.
    """
    decimal = value.try_cast("decimal(28,6)")
    epoch = F.timestamp_micros((decimal * _micros_per(unit, decimal)).try_cast("bigint"))
    iso = value.try_cast("timestamp")
    if zone is not None:
        iso = F.when((zone == "UTC") | value.rlike(_HAS_ZONE), iso).otherwise(F.to_utc_timestamp(iso, zone))
    return F.when(value.rlike(NUMBER), epoch).when(value.rlike(ISO), iso)


def _micros_per(unit: Column, number_of: Column) -> Column:
    """Microseconds in a unit; `auto` is the unit in which a number of this size is an instant of our days."""
    factors = {name: F.lit(micros).cast("decimal(10,3)") for name, micros in MICROS.items()}
    by_size = factors["ns"]
    for name, limit in reversed(BELOW.items()):
        by_size = F.when(F.abs(number_of) < limit, factors[name]).otherwise(by_size)
    chosen = F.when(unit == "auto", by_size)
    for name, micros in factors.items():
        chosen = chosen.when(unit == name, micros)
    return chosen


def tidy_map(column: str) -> Column:
    """map<string,string>: without empty values; null where nothing is left."""
    kept = F.map_filter(F.col(column), lambda _, value: trimmed(value) != "")
    return F.when(F.cardinality(kept) > 0, kept)
