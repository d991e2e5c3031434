"""Training examples: an entry of a history is the answer, to be predicted from other entries of the same user.

Where order says something (`NextItems`), these are the entries before it; where it does not (`SetItems`), a random sample
of all others. Examples are ordered by user, then as in the history: a function of the histories alone.

Shapes: E examples, R of them asked for, L window, K keys, X items of a user, F features.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from tawny.core.arrays import Counts, Floats, Histories, Ints, Ragged
from tawny.models.two_tower.windows import PADDED, padded, windows


class View(NamedTuple):
    """What an example shows of its user.

    Attributes:
        window: int32 [R, L], items; 0 where there is no entry.
        log_weights: float32 [R, L], `PADDED` where there is no entry; entries come first.
        taken: int32 [R, X], items that are no negatives of the example; -1 pads.
    """

    window: Ints
    log_weights: Floats
    taken: Ints


@dataclass(frozen=True)
class Examples(ABC):
    """Examples of a batch of histories.

    Attributes:
        users: the histories.
        rows: int64 [E], each example's user, a row of `users`.
        answers: int64 [E], the entry to predict.
        is_ordered: whether the window tells what came when.
    """

    users: Histories
    rows: Counts
    answers: Counts
    is_ordered: ClassVar[bool]

    def __len__(self) -> int:
        """E."""
        return len(self.answers)

    def targets(self, examples: Counts) -> Ints:
        """int32 [R]: the items to predict in the given examples, int64 [R]."""
        return self.users.items[self.answers[examples]]

    def features(self, examples: Counts) -> Floats:
        """float32 [R, F]: the features of each example's user; F is 0 where there are none."""
        if self.users.features is None:
            return np.zeros((len(examples), 0), np.float32)
        return self.users.features[self.rows[examples]]

    @property
    @abstractmethod
    def n_keys(self) -> int:
        """K: how many random numbers an example needs."""

    @abstractmethod
    def view(self, examples: Counts, length: int, keys: Floats) -> View:
        """The windows of L = `length` entries of the given examples; `keys`, float32 [R, K], are uniform in [0, 1)."""


class NextItems(Examples):
    """Each entry is predicted from those before it."""

    is_ordered = True

    @property
    def n_keys(self) -> int:
        """None: nothing is random."""
        return 0

    def view(self, examples: Counts, length: int, keys: Floats) -> View:
        """The newest entries before each answer, the newest first.

        The user tower uses only ratios of weights. Decay by age keeps the ratio of two entries the same at any moment, so
        the weights at the fold's cutoff also hold at the earlier moment of the example.
        """
        starts = self.users.indptr[self.rows[examples]]
        window, log_weights = windows(self.users, starts, self.answers[examples], length)
        return View(window, log_weights, np.where(log_weights > PADDED / 2, window, np.int32(-1)))


class SetItems(Examples):
    """Each entry is predicted from a random sample of the user's entries of other items."""

    is_ordered = False

    @property
    def n_keys(self) -> int:
        """The length of the longest history."""
        return int(self.users.lengths.max(initial=0))

    def view(self, examples: Counts, length: int, keys: Floats) -> View:
        """Entries of other items in random order. No item of the user is a negative, in the window or not."""
        rows, width = self.rows[examples], keys.shape[1]
        entries = self.users.indptr[rows][:, None] + np.arange(width)
        is_own = np.arange(width) < self.users.lengths[rows][:, None]
        entries = np.where(is_own, entries, 0)
        taken = np.where(is_own, self.users.items[entries], np.int32(-1))
        is_other = is_own & (taken != self.targets(examples)[:, None])
        keys = np.where(is_other, keys, np.float32(2))
        if width > length:
            chosen = np.argpartition(keys, length - 1, axis=1)[:, :length]
            keys, entries, is_other = (np.take_along_axis(a, chosen, axis=1) for a in (keys, entries, is_other))
        order = np.argsort(keys, axis=1)
        entries, is_other = (np.take_along_axis(a, order, axis=1) for a in (entries, is_other))
        missing = ((0, 0), (0, max(length - width, 0)))
        return View(*padded(self.users, np.pad(entries, missing), np.pad(is_other, missing)), taken)


def examples_of(users: Histories, *, is_ordered: bool) -> Examples:
    """The examples of a batch of histories: every entry is an answer, but where there is nothing to predict it from.

    With features there always is something. Without them a user's first entry is no answer where the order counts, and
    where it does not, entries of users who have a single item are none.

    >>> users = Histories(np.array([0, 3, 4]), np.array([7, 8, 9, 5], np.int32), np.ones(4, np.float32), np.zeros(4))
    >>> examples_of(users, is_ordered=True).answers, examples_of(users, is_ordered=False).answers
    (array([1, 2]), array([0, 1, 2]))
    """
    rows = users.rows
    entries = np.arange(len(users.items), dtype=np.int64)
    has_features = users.features is not None and users.features.shape[1] > 0
    if is_ordered:
        is_answer = entries >= users.indptr[rows] + (not has_features)
        return NextItems(users, rows[is_answer], entries[is_answer])
    is_answer = has_features | (Ragged(users.indptr, users.items).n_distinct[rows] > 1)
    return SetItems(users, rows[is_answer], entries[is_answer])
