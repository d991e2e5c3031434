"""The counting models on Spark are the same models as in one process."""

import numpy as np
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.core.errors import CheckError
from tawny.fitting.counting import choose, fit_counting
from tawny.fitting.gather import gather, sample_of_users
from tawny.fitting.tune import Exam
from tawny.metrics.hits import Relevant
from tawny.models import neighbours, transitions
from tawny.testing.lists import sequence_frame
from tawny.testing.worlds import chains, histories, trend


@pytest.mark.parametrize(
    ("kind", "pairs", "settings"),
    [
        (neighbours.ItemNeighbours, neighbours.pairs, neighbours.ItemNeighboursConfig(n_neighbours=7)),
        (transitions.Transitions, transitions.pairs, transitions.TransitionsConfig(n_followers=7, backward_weight=0.3)),
    ],
)
def test_summed_over_tasks_the_matrix_is_that_of_one_process(
    spark: SparkSession, kind: type, pairs: object, settings: object
) -> None:
    world = chains(np.random.default_rng(3), n_users=80)
    sequences = sequence_frame(spark, world.users).repartition(3)
    each = sequences.select("user_id", F.explode(F.array_distinct("item_indices")).alias("item_index"))
    interactions = each.withColumn("weight", F.lit(1.0))

    fitted = fit_counting(kind, pairs, settings, sequences, interactions, world.n_items, n_tasks=2)
    alone = kind.fit(world.users, world.n_items, settings)

    np.testing.assert_array_equal(fitted.matrix.indptr, alone.matrix.indptr)
    np.testing.assert_array_equal(fitted.matrix.indices, alone.matrix.indices)
    np.testing.assert_allclose(fitted.matrix.data, alone.matrix.data, rtol=1e-5)


def test_the_settings_that_find_the_answers_are_chosen() -> None:
    world = chains(np.random.default_rng(5), n_users=200)
    answers = Relevant(np.arange(201), world.withheld.astype(np.int32))
    seen = Relevant(world.users.indptr, world.users.items)
    exam = Exam(world.users, world.users, seen, answers, k=5)
    grid = [{"window": 1, "position_power": 8.0}]  # only what follows the last item counts: the foreign item misleads less
    chosen = choose(
        transitions.Transitions, {"window": 1, "position_power": 0.0, "target_damping": 3.0}, grid, exam, world.n_items
    )
    assert chosen.position_power == 8.0


def test_without_examined_users_the_first_settings_stay() -> None:
    nobody = histories([])
    nothing = Relevant(np.zeros(1, np.int64), np.zeros(0, np.int32))
    exam = Exam(trend(np.random.default_rng(0)).users, nobody, nothing, nothing, k=5)
    assert choose(transitions.Transitions, {"window": 4}, [{"window": 9}], exam, 60).window == 4


def test_more_rows_than_the_bound_do_not_come_to_one_process(spark: SparkSession) -> None:
    with pytest.raises(CheckError, match="one process holds at most 3 rows"):
        gather(spark.range(4), 3, "some rows")


def test_a_sample_of_users_does_not_depend_on_partitions(spark: SparkSession) -> None:
    users = spark.range(100).selectExpr("concat('u', id) AS user_id")
    one = sample_of_users(users.repartition(5), 10, seed=1).toArrow()["user_id"].to_pylist()
    other = sample_of_users(users.coalesce(1), 10, seed=1).toArrow()["user_id"].to_pylist()
    assert one == other
    assert len(set(one)) == 10
