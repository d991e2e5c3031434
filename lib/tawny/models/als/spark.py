"""Fits ALS for every fold, in this process, on histories that Spark gathers."""

from dataclasses import replace

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.arrays import Histories
from tawny.core.columns import FOLD, FOLDS, Fold
from tawny.evaluation.spark import validation_sample
from tawny.evaluation.tuning import Tuned, enough_candidates
from tawny.lake.spark import gather, sample_users
from tawny.models.als.model import Als
from tawny.models.als.settings import AlsSettings, TrainAlsSettings
from tawny.models.als.tuning import tune_als


def fit_every_fold(
    settings: TrainAlsSettings,
    sequences: DataFrame,
    holdouts: DataFrame,
    interactions: DataFrame,
    n_items: int,
    seed: int,
) -> tuple[dict[Fold, Als], Tuned[AlsSettings]]:
    """The model of every fold, with the settings that are best on `validation`; and how those were found.

    Args:
        settings: of the job.
        sequences, holdouts, interactions: rows of sequences_v2, holdouts_v2 and interactions_v3, of all folds.
        n_items: I.
        seed: of the samples of users, and of the random starts.
    """
    past, answers = (frame.where(F.col(FOLD) == "validation") for frame in (sequences, holdouts))
    tuning, n_threads = settings.tuning, settings.n_threads
    sample = validation_sample(past, answers, n_users=tuning.n_rows, seed=seed, half=0)
    users = {
        fold: rated(interactions.where((F.col(FOLD) == fold) & (F.col("weight") > 0)), settings.max_users, seed)
        for fold in FOLDS
    }
    some = users["validation"].take(np.arange(min(tuning.n_users, users["validation"].n_users)))
    tuned = tune_als(settings.model, tuning, some, sample, n_items, seed, n_threads)
    models = {
        fold: Als.fit(own, n_items, tuned.settings, np.random.default_rng(seed), n_threads) for fold, own in users.items()
    }
    return models, replace(tuned, n_candidates=enough_candidates(models["validation"].score, sample))


def rated(interactions: DataFrame, max_users: int, seed: int) -> Histories:
    """What users took, each item once with its weight, in an order of users that says nothing.

    Args:
        interactions: user_id, item_index and a positive weight, one row per user and item.
        max_users: with more users, a sample: items have factors from the users in it, and all users are folded in.
        seed: of the sample.
    """
    taken = F.sort_array(F.collect_list(F.struct("item_index", "weight"))).alias("taken")
    own = sample_users(interactions.groupBy("user_id").agg(taken), max_users, seed)
    unzipped = own.select(
        F.col("taken.item_index").alias("item_indices"),
        F.col("taken.weight").alias("weights"),
        F.transform("taken", lambda _: F.lit(0.0).cast("float")).alias("ages_days"),
    )
    return Histories.from_arrow(gather(unzipped, max_users, "users of ALS"))
