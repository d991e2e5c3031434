"""What an evaluation measures, and its rows.

Shapes: I items.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tawny.core.arrays import Counts
from tawny.evaluation.metrics.registry import CatalogMetric, metrics

EVERYONE = "all"


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
    """One number about one subject (a source, the final list).

    Attributes:
        segment: of users; `all` is everyone.
        metric: its name.
        k: length of the evaluated lists.
        value: the mean over `n_users`, or the catalog metric; None where no user counts.
        ci_low, ci_high: the 95 % interval of the value; None without a value, and for catalog metrics, which are no mean.
        n_users: users counted in the value.
        n_left_out: users to whom the metric does not apply: without relevant items, or (list and catalog metrics) without
            a list.
    """

    segment: str
    metric: str
    k: int
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n_users: int
    n_left_out: int
