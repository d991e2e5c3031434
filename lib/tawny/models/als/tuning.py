"""Fits ALS on a sample of users with one setting after the other, and chooses."""

from functools import lru_cache

import numpy as np

from tawny.core.arrays import Floats, Histories
from tawny.evaluation.settings import TuningSettings
from tawny.evaluation.tuning import Tuned, tune
from tawny.evaluation.validate import ValidationSample
from tawny.models.als.model import Als
from tawny.models.als.settings import AlsSettings

_KEPT = 8
"""Item factors kept: of 100,000 items at 128 factors each is 50 MB."""


def tune_als(
    start: AlsSettings,
    tuning: TuningSettings,
    users: Histories,
    sample: ValidationSample,
    n_items: int,
    seed: int,
    n_threads: int | None,
) -> Tuned[AlsSettings]:
    """The best settings of ALS: in the first rounds fitted on half of the histories.

    Args:
        start: settings of the model.
        tuning: what to try.
        users: histories to fit on, in an order that says nothing.
        sample: validation rows.
        n_items: I.
        seed: of the random start, the same for all options.
        n_threads: see Als.fit.
    """

    @lru_cache(_KEPT)
    def factors(settings: AlsSettings, share: float) -> Floats:
        some = users.take(np.arange(int(np.ceil(share * users.n_users))))
        return Als.fit(some, n_items, settings, np.random.default_rng(seed), n_threads).item_factors

    def fit(settings: AlsSettings, share: float) -> Als:
        # On fewer users a stronger regularisation is best, so no round takes less than half of them.
        of_training = settings.model_copy(update={"position_power": 0.0})  # the only one that training does not read
        return Als(factors(of_training, max(share, 0.5)), settings)

    return tune(Als.name, start, tuning, fit, sample)
