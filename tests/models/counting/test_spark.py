"""The counting models on Spark are the same models as in one process."""

import numpy as np
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.core.arrays import Histories
from tawny.core.columns import FOLDS
from tawny.core.config import validate
from tawny.core.errors import CheckError, ConfigError
from tawny.core.settings import Settings
from tawny.models.counting import spark as counting
from tawny.models.counting.matrix import CountingModel, Pairs
from tawny.models.counting.settings import CountingSettings
from tawny.models.counting.spark import fit_counting, fit_every_fold, fit_matrix
from tawny.models.neighbours.model import ItemNeighbours
from tawny.models.neighbours.settings import ItemNeighboursSettings
from tawny.models.transitions.model import Transitions
from tawny.models.transitions.settings import TransitionsSettings, TransitionsTuning
from tawny.testing.frames import as_of, sequence_frame
from tawny.testing.worlds import chains

RNG = np.random.default_rng(0)  # counting draws nothing


class TransitionsJob(CountingSettings):
    """As of a job."""

    model: TransitionsSettings = TransitionsSettings()
    tuning: TransitionsTuning = TransitionsTuning(axes=(({"window": 2},),))


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (ItemNeighbours, ItemNeighboursSettings(n_neighbours=7)),
        (Transitions, TransitionsSettings(n_followers=7, backward_weight=0.3)),
    ],
)
def test_summed_over_tasks_the_matrix_is_that_of_one_process(
    spark: SparkSession, kind: type[CountingModel], settings: Settings
) -> None:
    world = chains(np.random.default_rng(3), n_users=80)
    sequences = sequence_frame(spark, world.users).repartition(3)
    each = sequences.select("user_id", F.explode(F.array_distinct("item_indices")).alias("item_index"))
    interactions = each.withColumn("weight", F.lit(1.0))

    fitted = fit_counting(kind, settings, sequences, interactions, world.n_items, n_tasks=2)
    alone = kind.fit(world.users, world.n_items, settings, RNG)

    np.testing.assert_array_equal(fitted.matrix.indptr, alone.matrix.indptr)
    np.testing.assert_array_equal(fitted.matrix.indices, alone.matrix.indices)
    np.testing.assert_allclose(fitted.matrix.data, alone.matrix.data, rtol=1e-5)


def test_however_the_users_are_partitioned_the_matrix_has_the_same_bits(spark: SparkSession) -> None:
    world = chains(np.random.default_rng(3), n_users=200)
    sequences = sequence_frame(spark, world.users)
    nobody = spark.createDataFrame([], "item_index int, weight double")
    one, other = (
        fit_counting(ItemNeighbours, ItemNeighboursSettings(), frame, nobody, world.n_items, n_tasks=3)
        for frame in (sequences.repartition(5, "ages_days"), sequences.coalesce(1))
    )
    np.testing.assert_array_equal(one.matrix.indices, other.matrix.indices)
    np.testing.assert_array_equal(one.matrix.data, other.matrix.data)


def test_a_matrix_of_many_blocks_arrives_whole(spark: SparkSession) -> None:
    n_items = 1001
    rows, columns = (numbers.ravel().astype(np.int32) for numbers in np.indices((n_items, n_items)))
    values = ((7 * rows + 3 * columns) % 1000 + 1).astype(np.float32)

    def every_pair(users: Histories) -> Pairs:
        return rows, columns, values * users.n_users

    users = sequence_frame(spark, chains(np.random.default_rng(3), n_users=7).users)
    found = fit_matrix(users, every_pair, lambda counts: 2 * counts, n_items, n_tasks=3)
    np.testing.assert_array_equal(found.toarray(), 14 * values.reshape(n_items, n_items))


def test_a_matrix_that_one_process_cannot_hold_is_refused(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    world = chains(np.random.default_rng(3), n_users=20)
    users = sequence_frame(spark, world.users)
    monkeypatch.setattr(counting, "_MAX_VALUES", 10)
    with pytest.raises(CheckError, match=r"a model's matrix: one process holds at most 10 values\. Received: more"):
        fit_matrix(
            users, lambda batch: Transitions.pairs(batch, TransitionsSettings()), lambda counts: counts, world.n_items, 2
        )


def test_without_pairs_the_matrix_is_empty(spark: SparkSession) -> None:
    users = sequence_frame(spark, chains(np.random.default_rng(3), n_users=2).users).where("user_id = 'nobody'")
    found = fit_matrix(users, lambda batch: Transitions.pairs(batch, TransitionsSettings()), lambda counts: counts, 4, 2)
    assert (found.shape, found.nnz) == ((4, 4), 0)


def test_every_fold_gets_a_model_of_its_own_rows_with_the_chosen_settings(spark: SparkSession) -> None:
    world = chains(np.random.default_rng(5), n_users=60)
    users = sequence_frame(spark, world.users)
    # The fold `serve` has learned from half of the users only.
    parts = [(users.where("user_id < 'u3'") if fold == "serve" else users).withColumn("fold", F.lit(fold)) for fold in FOLDS]
    sequences = parts[0].union(parts[1]).union(parts[2])
    each = sequences.select("fold", "user_id", F.explode(F.array_distinct("item_indices")).alias("item_index"))
    chosen = [(f"u{user}", [int(item)], [1.0], True, "validation") for user, item in enumerate(world.withheld)]
    schema = "user_id string, item_indices array<int>, values array<float>, is_warm boolean, fold string"
    holdouts = as_of(spark.createDataFrame(chosen, schema))
    settings = TransitionsJob(
        model=TransitionsSettings(window=1, position_power=0.0, target_damping=3.0),
        # Only what follows the last item counts: the foreign item misleads less.
        tuning=TransitionsTuning(axes=(({"position_power": 8.0},),), k=5),
    )

    models, tuned = fit_every_fold(
        Transitions, settings, sequences, holdouts, each.withColumn("weight", F.lit(1.0)), world.n_items, seed=1
    )

    assert list(models) == list(FOLDS)
    assert tuned.n_candidates == 25  # the shortest: a chain has ten items
    assert {model.settings for model in models.values()} == {tuned.settings}
    assert {tuned.settings} == {settings.model.model_copy(update={"position_power": 8.0})}
    half = np.array([user for user in range(60) if f"u{user}" < "u3"])
    for model, rows in ((models["test"], np.arange(60)), (models["serve"], half)):
        alone = Transitions.fit(world.users.take(rows), world.n_items, model.settings, RNG)
        np.testing.assert_allclose(model.matrix.toarray(), alone.matrix.toarray(), rtol=1e-5)


def test_keys_of_an_axis_are_laid_over_the_models_own_settings() -> None:
    toml = {"model": {"window": 3}, "tuning": {"axes": [[{"shrinkage": 5.0}, {"window": 15}], [{"window": 4}]]}}
    settings = validate(TransitionsJob, toml, where="test")
    assert settings.tuning.axes == (({"shrinkage": 5.0}, {"window": 15}), ({"window": 4},))
    assert settings.tuning.budget_minutes == TransitionsTuning().budget_minutes


@pytest.mark.parametrize("keys", [{"windw": 3}, {"window": -1}])
def test_a_key_that_the_model_has_not_or_a_wrong_value_is_refused(keys: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(keys))):
        validate(TransitionsJob, {"tuning": {"axes": [[keys]]}}, where="test")
