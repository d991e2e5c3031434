"""Text to typed values, as column expressions: what cannot be read is null."""

from pyspark.sql import Column
from pyspark.sql import functions as F

# Java's parser also takes "1d" and "0x1p3"; these are not numbers here.
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_NOT_FINITE = r"(?i)^[+-]?(nan|inf|infinity)$"
# Spark's cast reads "12:30" as today and "2024" as New Year: a time needs its date.
_ISO = r"^\d{4}-\d{1,2}-\d{1,2}([T ].*)?$"
_UNITS_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000}


def bare(value: Column) -> Column:
    """The text without blanks, tabs and line ends around it."""
    return F.trim(value, F.lit(" \t\r\n"))


def text(column: str) -> Column:
    """The bare text; null where nothing is left."""
    trimmed = bare(F.col(column))
    return F.when(trimmed != "", trimmed)


def number(value: Column) -> Column:
    """double: a decimal number, or nan and inf, which the range rules refuse."""
    return F.when(value.rlike(_NUMBER) | value.rlike(_NOT_FINITE), value.try_cast("double"))


def instant(value: Column, unit: Column) -> Column:
    """timestamp: seconds (milli-, microseconds, as `unit` says) since 1970, or ISO 8601; without a zone it is UTC."""
    micros = value.try_cast("decimal(38,6)") * _by_unit(unit)
    epoch = F.timestamp_micros(micros.try_cast("bigint"))
    return F.when(value.rlike(_NUMBER), epoch).when(value.rlike(_ISO), value.try_cast("timestamp"))


def _by_unit(unit: Column) -> Column:
    """Microseconds in a unit."""
    found = F.lit(None).cast("decimal(7,0)")
    for name, per_second in _UNITS_PER_SECOND.items():
        found = F.when(unit == name, F.lit(1_000_000 // per_second).cast("decimal(7,0)")).otherwise(found)
    return found


def tidy_map(column: str) -> Column:
    """map<string,string>: without empty values; null where nothing is left."""
    kept = F.map_filter(F.col(column), lambda _, value: bare(value) != "")
    return F.when(F.cardinality(kept) > 0, kept)
