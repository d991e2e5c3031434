"""What an evaluation asks, of whom, and the form of its answers.

Shapes: U users of a batch, K list, I items.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tawny.metrics.hits import Bools, Counts, Lists, Relevant
from tawny.metrics.registry import CatalogueMetric, metrics

EVERYONE = "all"


@dataclass(frozen=True)
class EvaluationRow:
    """One number about one subject (a model, a source, the final list).

    Attributes:
        segment: of users; `all` is everyone.
        metric: its name.
        k: places of the list that were judged.
        value: the mean over `n_users`, or the catalogue metric; None where there was nobody to judge.
        ci_low, ci_high: of the value, 95 %; None where there is no value, and for catalogue metrics, which are no mean.
        n_users: counted in the value.
        n_left_out: of whom the metric can say nothing: without relevant items, or (list and catalogue metrics) without a
            list.
    """

    segment: str
    metric: str
    k: int
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n_users: int
    n_left_out: int


@dataclass(frozen=True)
class Plan:
    """What is asked of every subject of one evaluation; the same object goes to every partition.

    Attributes:
        ks: lengths at which lists are judged, ascending.
        popularity: int64 [I], how often each item of the catalogue was chosen before the cutoff.
        seed: of the resamples.
        segments: names of the groups reported beside everyone.
        n_resamples: bootstrap resamples.

    Raises:
        ValueError: on `ks` that are not positive and ascending, a segment named twice or `all`, an empty catalogue, or no
            resamples.
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
        """(metric, k) of every value a user has, in the order of the columns."""
        per_user = [name for name, metric in metrics().items() if not isinstance(metric, CatalogueMetric)]
        return tuple((name, k) for name in per_user for k in self.ks)

    def header(self) -> dict[str, Any]:
        """What two summaries must agree in to be added, JSON-serialisable."""
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
class Batch:
    """What a batch of users was shown, and what they went on to choose.

    Attributes:
        keys: uint64 [U], a stable hash of each user's id: a user's share in the resamples depends on it and on nothing else.
        lists: int32 [U, K], best first, padded with -1.
        relevant: of the same users.
        segments: bool [U] by name, as many as the plan names.

    Raises:
        ValueError: when these are not about the same number of users.
    """

    keys: NDArray[np.uint64]
    lists: Lists
    relevant: Relevant
    segments: Mapping[str, Bools] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = {"keys": len(self.keys), "lists": len(self.lists), "relevant": self.relevant.n_users}
        sizes |= {f"segment {name!r}": len(member) for name, member in self.segments.items()}
        if len(set(sizes.values())) != 1:
            raise ValueError(f"all parts of a batch must have one entry per user. Received: {sizes}.")
