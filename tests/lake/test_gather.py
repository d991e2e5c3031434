"""What one process may hold of a frame."""

import pytest
from pyspark.sql import SparkSession

from tawny.core.errors import CheckError
from tawny.lake.spark import gather, sample_users


def test_more_rows_than_the_bound_do_not_come_to_one_process(spark: SparkSession) -> None:
    with pytest.raises(CheckError, match="one process holds at most 3 rows"):
        gather(spark.range(4), 3, "some rows")


def test_a_sample_of_users_does_not_depend_on_partitions(spark: SparkSession) -> None:
    users = spark.range(100).selectExpr("concat('u', id) AS user_id")
    one = sample_users(users.repartition(5), 10, seed=1).toArrow()["user_id"].to_pylist()
    other = sample_users(users.coalesce(1), 10, seed=1).toArrow()["user_id"].to_pylist()
    assert one == other
    assert len(set(one)) == 10
