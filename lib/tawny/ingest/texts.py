"""How numbers and times are written in landing files: the same for the ingest in Spark and the check in Arrow."""

from decimal import Decimal

# Java's parser also takes "1d" and "0x1p3"; these are not numbers here.
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
NOT_FINITE = r"(?i)^[+-]?(nan|inf|infinity)$"
# Spark's cast reads "12:30" as today and "2024" as New Year: a time needs its date.
ISO = r"^\d{4}-\d{1,2}-\d{1,2}([T ].*)?$"

MICROS = {"s": Decimal(1_000_000), "ms": Decimal(1_000), "us": Decimal(1), "ns": Decimal("0.001")}
"""Microseconds in a unit of time."""

BELOW = {"s": 1e11, "ms": 1e14, "us": 1e17}
"""Where the unit is found by the size of a number: those below count in it. The instants lie between 1973 and 5138."""
