"""Fits counting models on a sample of users, again and again with other settings: what did not change is not counted again.

Shapes: I items.
"""

from collections import OrderedDict
from typing import Any

from scipy import sparse

from tawny.core.arrays import Histories
from tawny.evaluation.settings import TuningSettings
from tawny.evaluation.tuning import Tuned, tune
from tawny.evaluation.validate import ValidationSample
from tawny.models.counting.matrix import CountingModel, item_counts

_KEPT = 3
"""Matrices kept of each kind: of 3,000 items with pairs in every cell, each is some 100 MB."""


class SampleFits:
    """Models of one class fitted on the same histories.

    All histories are used in every round of a race: the dampings that are best depend on how often items were taken.
    """

    def __init__(self, model_class: type[CountingModel], users: Histories, n_items: int) -> None:
        """`users` are those to learn from; `n_items` is I."""
        self._class, self._users, self._n_items = model_class, users, n_items
        self._item_counts = item_counts(users, n_items)
        self._counts: OrderedDict[tuple[Any, ...], sparse.csr_array] = OrderedDict()
        self._matrices: OrderedDict[tuple[Any, ...], sparse.csr_array] = OrderedDict()

    def __call__(self, settings: Any, share: float = 1.0) -> CountingModel:
        """The model with these settings."""
        of_matrix = tuple(v for name, v in settings if name not in self._class.entry_settings)
        if of_matrix not in self._matrices:
            counts = self._counted(settings)
            _keep(self._matrices, of_matrix, self._class.from_counts(counts, self._item_counts, settings).matrix)
        return self._class(self._matrices[of_matrix], settings)

    def _counted(self, settings: Any) -> sparse.csr_array:
        of_pairs = tuple(getattr(settings, name) for name in self._class.pair_settings)
        if of_pairs not in self._counts:
            _keep(self._counts, of_pairs, self._class.counted(self._users, self._n_items, settings))
        return self._counts[of_pairs]


def tune_counting(
    model_class: type[CountingModel],
    start: Any,
    tuning: TuningSettings,
    users: Histories,
    sample: ValidationSample,
    n_items: int,
) -> Tuned[Any]:
    """The best settings of a counting model.

    Args:
        model_class: the model's class.
        start: settings of the model.
        tuning: what to try.
        users: histories to fit on.
        sample: validation rows.
        n_items: I.
    """
    return tune(model_class.name, start, tuning, SampleFits(model_class, users, n_items), sample)


def _keep(kept: OrderedDict[tuple[Any, ...], sparse.csr_array], key: tuple[Any, ...], matrix: sparse.csr_array) -> None:
    kept[key] = matrix
    while len(kept) > _KEPT:
        kept.popitem(last=False)
