"""What the user tower reads of a user: entries of the history, as padded arrays, and features. For training and serving.

Shapes: N history entries of the batch, R rows, L window, U users, F user features.
"""

import numpy as np

from tawny.core.arrays import Bools, Counts, Floats, Histories, Ints

PADDED = np.float32(-1e9)
"""The log-weight of a position of the window without an entry."""

_LEAST_SPREAD = np.float32(0.1)
_BOUND = np.float32(3)
"""Features lie in [-1, 1] (features/user_features.py). What few users of the training had weighs as if a tenth had it."""


def windows(users: Histories, starts: Counts, ends: Counts, length: int) -> tuple[Ints, Floats]:
    """The newest `length` entries of each range `[start, end)` of the batch's entries, the newest first.

    Args:
        users: the batch.
        starts, ends: int64 [R], one range per row; it may be empty.
        length: L.

    Returns:
        as `padded`.
    """
    entries = ends[:, None] - 1 - np.arange(length)
    return padded(users, entries, entries >= starts[:, None])


def padded(users: Histories, entries: Counts, is_present: Bools) -> tuple[Ints, Floats]:
    """The given entries of the batch, int64 [R, L], where `is_present`, bool [R, L].

    Returns:
        items int32 [R, L], 0 where there is no entry; log-weights float32 [R, L], `PADDED` there.
    """
    if len(users.items) == 0:
        return np.zeros(is_present.shape, np.int32), np.full(is_present.shape, PADDED)
    entries = np.where(is_present, entries, 0)
    items = np.where(is_present, users.items[entries], np.int32(0))
    weights = np.where(is_present, users.weights[entries], np.float32(1))
    return items, np.where(is_present, np.log(weights), PADDED)


def feature_gain(features: Floats) -> Floats:
    """float32 [F]: what deviations from the mean are multiplied by, given the features of the users of a training [U, F].

    0 where all users had the same value: nothing was learned of such a feature, so it must not change a score.
    """
    is_constant = features.min(axis=0) == features.max(axis=0)
    gain = 1 / np.maximum(features.std(axis=0), _LEAST_SPREAD)
    return np.asarray(np.where(is_constant, 0, gain), np.float32)


def standardised(features: Floats, mean: Floats, gain: Floats) -> Floats:
    """float32 [U, F]: the features by the mean and gain of a training, float32 [F]; bounded."""
    return np.asarray(np.clip((features - mean) * gain, -_BOUND, _BOUND), np.float32)
