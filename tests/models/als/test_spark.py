"""ALS on Spark is ALS on what Spark gathered, whatever the partitions."""

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tawny.core.columns import FOLDS
from tawny.models.als.model import Als
from tawny.models.als.settings import AlsSettings, AlsTuning, TrainAlsSettings
from tawny.models.als.spark import fit_every_fold, rated
from tawny.models.base import history_matrix
from tawny.testing.frames import as_of, sequence_frame
from tawny.testing.worlds import World, chains, histories

SETTINGS = TrainAlsSettings(model=AlsSettings(rank=8, iterations=3), tuning=AlsTuning(axes=(({"rank": 4},),)), n_threads=1)
RATED = "user_id string, item_index int, weight float"


def taken(spark: SparkSession, world: World) -> DataFrame:
    each = sequence_frame(spark, world.users).select("user_id", F.explode("item_indices").alias("item_index"))
    return each.groupBy("user_id", "item_index").agg(F.count("*").cast("float").alias("weight"))


def test_what_users_took_is_gathered_with_its_weights_in_an_order_without_a_meaning(spark: SparkSession) -> None:
    world = chains(np.random.default_rng(1), n_users=40)
    gathered = rated(taken(spark, world), 100, seed=7)
    theirs, ours = (history_matrix(users, world.n_items).toarray() for users in (world.users, gathered))
    assert sorted(map(tuple, ours)) == sorted(map(tuple, theirs))
    again = rated(taken(spark, world).repartition(5), 100, seed=7)
    assert history_matrix(again, world.n_items).toarray().tolist() == ours.tolist()


def test_with_more_users_than_allowed_a_sample_is_taken(spark: SparkSession) -> None:
    world = chains(np.random.default_rng(1), n_users=40)
    assert rated(taken(spark, world), 15, seed=7).n_users == 15


def test_every_fold_is_fitted_alike_with_the_settings_that_validation_chose(spark: SparkSession) -> None:
    world = chains(np.random.default_rng(1), n_users=60)
    every_fold = spark.createDataFrame([(fold,) for fold in FOLDS], "fold string")
    sequences = sequence_frame(spark, world.users).crossJoin(every_fold)
    interactions = taken(spark, world).crossJoin(every_fold)
    chosen = [(f"u{user}", [int(item)], [1.0], True, "validation") for user, item in enumerate(world.withheld)]
    schema = "user_id string, item_indices array<int>, values array<float>, is_warm boolean, fold string"
    holdouts = as_of(spark.createDataFrame(chosen, schema))

    models, tuned = fit_every_fold(SETTINGS, sequences, holdouts, interactions, world.n_items, seed=3)

    assert list(models) == list(FOLDS)
    assert {trial.settings.get("rank", 8) for trial in tuned.trials} == {4, 8}
    assert tuned.n_candidates is not None
    users = rated(taken(spark, world), 100, seed=3)
    alone = Als.fit(users, world.n_items, tuned.settings, np.random.default_rng(3))
    for model in models.values():
        assert model.item_factors.tobytes() == alone.item_factors.tobytes()


def test_an_item_that_nobody_took_has_no_factors_and_nothing_at_all_gives_no_scores(spark: SparkSession) -> None:
    users = rated(spark.createDataFrame([("a", 0, 1.0)], RATED), 9, seed=0)
    one = Als.fit(users, 2, AlsSettings(rank=2), np.random.default_rng(0))
    assert np.isfinite(one.item_factors).all(axis=1).tolist() == [True, False]
    nothing = rated(spark.createDataFrame([], RATED), 9, seed=0)
    fitted = Als.fit(nothing, 3, AlsSettings(rank=2, iterations=1), np.random.default_rng(0))
    assert np.isneginf(fitted.score(histories([[0, 1]]))).all()
