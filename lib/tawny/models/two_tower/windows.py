"""What the user tower reads of a history: its newest entries, as padded arrays. For training and for serving.

Shapes: N history entries of the batch, R rows, L window.
"""

import numpy as np

from tawny.core.arrays import Counts, Floats, Histories, Ints

PADDED = np.float32(-1e9)
"""The log-weight of a position of the window without an entry."""


def windows(users: Histories, starts: Counts, ends: Counts, length: int) -> tuple[Ints, Floats]:
    """The newest `length` entries of each range `[start, end)` of the batch's entries, the newest first.

    Args:
        users: the batch.
        starts, ends: int64 [R], one range per row; it may be empty.
        length: L.

    Returns:
        items int32 [R, L], 0 where there is no entry; log-weights float32 [R, L], `PADDED` there.
    """
    entries = ends[:, None] - 1 - np.arange(length)
    present = entries >= starts[:, None]
    entries = np.where(present, entries, 0)
    if len(users.items) == 0:
        return np.zeros(present.shape, np.int32), np.full(present.shape, PADDED)
    items = np.where(present, users.items[entries], np.int32(0))
    weights = np.where(present, users.weights[entries], np.float32(1))
    return items, np.where(present, np.log(weights), PADDED)
