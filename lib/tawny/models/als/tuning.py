"""Fits ALS on a sample of users with one setting after the other, and chooses."""

import numpy as np

from tawny.core.arrays import Histories
from tawny.evaluation.settings import TuningSettings
from tawny.evaluation.tuning import Tuned, tune
from tawny.evaluation.validate import ValidationSample
from tawny.models.als.model import Als
from tawny.models.als.settings import AlsSettings


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

    def fit(settings: AlsSettings, share: float) -> Als:
        # On fewer users a stronger regularisation is best, so no round takes less than half of them.
        some = users.take(np.arange(int(np.ceil(max(share, 0.5) * users.n_users))))
        return Als.fit(some, n_items, settings, np.random.default_rng(seed), n_threads)

    return tune(Als.name, start, tuning, fit, sample)
