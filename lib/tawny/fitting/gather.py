"""The one place where rows of a Spark frame come to one process, and only so many."""

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.errors import CheckError


def gather(frame: DataFrame, max_rows: int, what: str) -> pa.Table:
    """The frame as an Arrow table.

    Raises:
        CheckError: more than `max_rows` rows: nothing that grows with the users may be held by one process.
    """
    table = frame.limit(max_rows + 1).toArrow()
    if table.num_rows > max_rows:
        rule = f"one process holds at most {max_rows} rows."
        raise CheckError(where=what, rule=rule, came="more", do="Sample the rows, or sum them in Spark.")
    return table


def sample_of_users(frame: DataFrame, n_users: int, seed: int) -> DataFrame:
    """At most `n_users` rows of a frame with one row per user_id: those whose hash is smallest, whatever the partitions."""
    return frame.orderBy(F.xxhash64(F.col("user_id"), F.lit(seed)), "user_id").limit(n_users)
