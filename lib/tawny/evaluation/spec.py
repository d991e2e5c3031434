"""What an evaluation measures, and its rows.

Shapes: I items, U lists of a batch.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np

from tawny.core.arrays import Bools, Counts, Ints
from tawny.evaluation.metrics.registry import CatalogMetric, metrics

EVERYONE = "all"

HISTORY_SEGMENTS: dict[str, tuple[int, int | None]] = {
    "warm": (1, None), "cold": (0, 0), "1-2": (1, 2), "3-10": (3, 10), "11+": (11, None),
}  # fmt: skip
"""Segments by the number of entries of the history: the least and the most; None: any number."""


def by_history(lengths: Ints) -> dict[str, Bools]:
    """bool [U] by name of HISTORY_SEGMENTS: which lists belong to each.

    Args:
        lengths: int32 [U], entries of the history that the list was made from.

    >>> {name: member.tolist() for name, member in by_history(np.array([0, 2, 11], np.int32)).items() if member[1]}
    {'warm': [False, True, True], '1-2': [False, True, False]}
    """
    return {
        name: (lengths >= least) & (lengths <= (np.inf if most is None else most))
        for name, (least, most) in HISTORY_SEGMENTS.items()
    }


@dataclass(frozen=True)
class EvaluationSpec:
    """What is measured for every subject of one evaluation; the same object goes to every partition.

    Attributes:
        ks: lengths at which lists are evaluated, ascending.
        popularity: int64 [I], how often each item of the catalog was chosen before the cutoff.
        seed: of the resamples.
        segments: names of the groups reported beside everyone.
        n_resamples: bootstrap resamples.

    Raises:
        ValueError: `ks` are not positive and ascending, a segment is named twice or `all`, the catalog is empty, or there
            are no resamples.
    """

    ks: tuple[int, ...]
    popularity: Counts = field(repr=False)
    seed: int
    segments: tuple[str, ...] = ()
    n_resamples: int = 1000

    def __post_init__(self) -> None:
        if not self.ks or self.ks[0] < 1 or list(self.ks) != sorted(set(self.ks)):
            raise ValueError(f"`ks` must be positive and ascending. Received: ks = {self.ks}.")
        if len({EVERYONE, *self.segments}) != 1 + len(self.segments):
            raise ValueError(f"segments must differ from each other and from {EVERYONE!r}. Received: {self.segments}.")
        if self.n_items < 1 or self.n_resamples < 1:
            raise ValueError(
                f"an evaluation needs items and resamples. Received: {self.n_items} items, {self.n_resamples} resamples."
            )

    @property
    def n_items(self) -> int:
        """I."""
        return len(self.popularity)

    @property
    def all_segments(self) -> tuple[str, ...]:
        """`all`, then the named ones."""
        return (EVERYONE, *self.segments)

    @property
    def columns(self) -> tuple[tuple[str, int], ...]:
        """(metric, k) of every value of a user, in the order of the columns."""
        per_user = [name for name, metric in metrics().items() if not isinstance(metric, CatalogMetric)]
        return tuple((name, k) for name in per_user for k in self.ks)

    def header(self) -> dict[str, Any]:
        """What two sums must have in common to be added; JSON-serialisable."""
        return {
            "columns": [list(column) for column in self.columns],
            "ks": list(self.ks),
            "segments": list(self.segments),
            "n_items": self.n_items,
            "popularity": sha256(self.popularity.astype("<i8").tobytes()).hexdigest(),
            "n_resamples": self.n_resamples,
            "seed": self.seed,
        }


@dataclass(frozen=True)
class EvaluationRow:
    """One number about one subject (a source, the final list), or about the difference of two.

    Attributes:
        segment: of users; `all` is everyone.
        metric: its name.
        k: length of the evaluated lists.
        value: the mean over `n_judged`, the difference of two such means, or the catalog metric; None where no list counts.
        ci_low, ci_high: the 95 % interval of the value; None without a value, and for catalog metrics, which are no mean.
        n_judged: lists counted in the value.
        n_left_out: lists to which the metric does not apply: without answers, or (list and catalog metrics) empty.
    """

    segment: str
    metric: str
    k: int
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n_judged: int
    n_left_out: int
