"""Fits counting models on a sample of users, again and again with other settings: what did not change is not counted again.

Shapes: I items.
"""

from collections.abc import Iterable
from functools import lru_cache
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
        self._counted, self._matrix = (lru_cache(_KEPT)(make) for make in (self._count, self._damp))

    def __call__(self, settings: Any, share: float = 1.0) -> CountingModel:
        """The model with these settings."""
        return self._class(self._matrix(_without(settings, self._class.entry_settings)), settings)

    def _damp(self, settings: Any) -> sparse.csr_array:
        others = set(type(settings).model_fields) - set(self._class.pair_settings)
        counts = self._counted(_without(settings, others))
        return self._class.from_counts(counts, self._item_counts, settings).matrix

    def _count(self, settings: Any) -> sparse.csr_array:
        return self._class.counted(self._users, self._n_items, settings)


def _without(settings: Any, names: Iterable[str]) -> Any:
    """The settings with nothing under these names: what is made with them cannot depend on these, and may be kept."""
    return settings.model_copy(update=dict.fromkeys(names))


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
