"""Counting models (neighbours, transitions): the settings chosen on `validation`, the pairs summed over all users.

Shapes: I items.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy import sparse

from tawny.core.columns import FOLD, FOLDS, Fold
from tawny.fitting.counts import users_per_item
from tawny.fitting.pairs import fit_matrix
from tawny.fitting.settings import CountingConfig
from tawny.fitting.tune import Exam, best_of, take_exam
from tawny.models.base import Histories
from tawny.models.item_matrix import ItemMatrixModel
from tawny.models.registry import Saved


@dataclass(frozen=True)
class Inputs:
    """Rows of all folds of sequences_v1, holdouts_v1 and interactions_v1."""

    sequences: DataFrame
    holdouts: DataFrame
    interactions: DataFrame


PairsOf = Callable[[Histories, Any], tuple[Any, Any, Any]]
# A catalogue of 100,000 items with 500 neighbours each.
_MAX_PAIRS = 50_000_000


def fit_every_fold(
    kind: Any, pairs: PairsOf, config: CountingConfig, inputs: Inputs, n_items: int, seed: int
) -> dict[Fold, Saved]:
    """The model of every fold, with the settings that do best on `validation`."""
    sequences, holdouts, interactions = inputs.sequences, inputs.holdouts, inputs.interactions
    is_validation = F.col(FOLD) == "validation"
    exam = take_exam(
        sequences.where(is_validation), holdouts.where(is_validation), config.k, config.n_learners, config.n_examined, seed
    )
    settings = choose(kind, config.settings, config.grid, exam, n_items)
    models: dict[Fold, Saved] = {}
    for fold in FOLDS:
        of_fold = F.col(FOLD) == fold
        users, relations = sequences.where(of_fold), interactions.where(of_fold)
        models[fold] = fit_counting(kind, pairs, settings, users, relations, n_items, config.n_tasks)
    return models


def choose(kind: Any, base: Mapping[str, Any], grid: Sequence[Mapping[str, Any]], exam: Exam, n_items: int) -> Any:
    """The settings of `kind` that do best in the exam: `base`, and `base` with each entry of `grid` laid on it."""
    options = [kind.config_class(**base), *(kind.config_class(**{**base, **option}) for option in grid)]
    return best_of(options, lambda settings: kind.fit(exam.learners, n_items, settings), exam, kind.name)


def fit_counting(
    kind: Any, pairs: PairsOf, settings: Any, sequences: DataFrame, interactions: DataFrame, n_items: int, n_tasks: int
) -> ItemMatrixModel:
    """The model of one fold.

    Args:
        kind: the model's class; its `from_counts` works on whole rows.
        pairs: what a batch of histories contributes.
        sequences, interactions: rows of the fold.
        n_tasks: tasks that share the rows of the matrix.
    """
    n_users = users_per_item(interactions, n_items)

    def finish(counts: sparse.csr_array) -> sparse.csr_array:
        return kind.from_counts(counts, n_users, settings).matrix

    users = sequences.where("cardinality(item_indices) > 1").select("item_indices", "weights", "ages_days")
    matrix = fit_matrix(users, lambda batch: pairs(batch, settings), finish, n_items, n_tasks, _MAX_PAIRS)
    fitted: ItemMatrixModel = kind(matrix, settings)
    return fitted
