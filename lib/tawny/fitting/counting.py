"""Counting models (neighbours, transitions): the settings chosen on `validation`, the pairs summed over all users.

Shapes: I items.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from scipy import sparse

from tawny.fitting.counts import users_per_item
from tawny.fitting.pairs import fit_matrix
from tawny.fitting.tune import Exam, best_of
from tawny.models.base import Histories
from tawny.models.item_matrix import ItemMatrixModel

PairsOf = Callable[[Histories, Any], tuple[Any, Any, Any]]
# A catalogue of 100,000 items with 500 neighbours each.
_MAX_PAIRS = 50_000_000


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
