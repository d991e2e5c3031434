"""Training examples from histories: what came before, and what was taken next.

Shapes: U users, N history entries, E examples, L window.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tawny.models.base import Floats, Histories, Ints
from tawny.models.two_tower import windows

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Examples:
    """Every entry of every history is once the answer, and the entries before it are the question.

    The order is by user, then from the oldest answer to the newest: a function of the histories alone.

    Attributes:
        users: the histories.
        rows: int64 [E], each example's user, a row of `users`.
        starts: int64 [E], the user's first entry.
        answers: int64 [E], the entry to be foretold.
    """

    users: Histories
    rows: Positions
    starts: Positions
    answers: Positions

    def __len__(self) -> int:
        """E."""
        return len(self.answers)

    def targets(self, examples: Positions) -> Ints:
        """int32 [B]: the items to be foretold in the given examples, int64 [B]."""
        return self.users.items[self.answers[examples]]

    def histories(self, examples: Positions, length: int) -> tuple[Ints, Floats]:
        """The window of `length` entries before each answer, as `windows` gives it: items and log-weights, [B, L].

        A weight that decays with age has the same ratio between two entries whatever the cutoff, and the user tower uses
        ratios only; so the weights at the fold's cutoff serve for the earlier moment of the example as well.
        """
        return windows(self.users, self.starts[examples], self.answers[examples], length)

    def features(self, examples: Positions) -> Floats:
        """float32 [B, F]: the features of each example's user; F is 0 where there are none."""
        if self.users.features is None:
            return np.zeros((len(examples), 0), np.float32)
        return self.users.features[self.rows[examples]]


def next_item_examples(users: Histories) -> Examples:
    """The examples of a batch of histories.

    A user's first entry is an answer only where there are features: without them nothing came before it to learn from.

    >>> users = Histories(np.array([0, 3, 4]), np.array([7, 8, 9, 5], np.int32), np.ones(4, np.float32), np.zeros(4))
    >>> next_item_examples(users).answers
    array([1, 2])
    """
    rows = users.rows
    starts = np.asarray(users.indptr[rows], np.int64)
    entries = np.arange(len(users.items), dtype=np.int64)
    has_features = users.features is not None and users.features.shape[1] > 0
    kept = np.flatnonzero(entries >= starts + (not has_features))
    return Examples(users, rows[kept], starts[kept], entries[kept])
