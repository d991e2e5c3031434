"""The gate: what the final lists must be worth before they may be published."""

from collections.abc import Iterable
from dataclasses import dataclass

from tawny.core.errors import CheckError, ConfigError
from tawny.evaluation.plan import EVERYONE, EvaluationRow
from tawny.metrics.registry import AccuracyMetric, metrics


@dataclass(frozen=True)
class Gate:
    """The number that decides, and how much of the champion's may be lost.

    Attributes:
        metric: the name of an accuracy metric; higher is better.
        k: the length at which it is read.
        tolerance_share: how far below the champion's value a challenger may lie, as a share of that value, in [0, 1).
        segment: of whom it is read.

    Raises:
        ConfigError: on a metric that is no accuracy metric, or a share outside [0, 1).
    """

    metric: str
    k: int
    tolerance_share: float = 0.02
    segment: str = EVERYONE

    def __post_init__(self) -> None:
        if not isinstance(metrics().get(self.metric), AccuracyMetric):
            raise ConfigError(
                where="gate: metric",
                rule="the gate must read an accuracy metric.",
                came=repr(self.metric),
                do=f"Name one of {[name for name, metric in metrics().items() if isinstance(metric, AccuracyMetric)]}.",
            )
        if not 0.0 <= self.tolerance_share < 1.0:
            raise ConfigError(
                where="gate: tolerance_share",
                rule="the share that may be lost must be in [0, 1).",
                came=str(self.tolerance_share),
                do="Give 0.02 for two percent of the champion's value.",
            )

    def check(
        self,
        final: Iterable[EvaluationRow],
        floor: Iterable[EvaluationRow],
        champion: Iterable[EvaluationRow] | None,
        *,
        where: str,
    ) -> None:
        """Pass, or say why these lists must not be published.

        Args:
            final: rows of the final lists.
            floor: rows of the popularity lists, on the same users.
            champion: rows of what is published now; None before the first publication.
            where: table and run_date, for the error.

        Raises:
            CheckError: when a subject has no row of this metric with a value, the floor was measured on other users, or the
                final lists are below the floor or, by more than the tolerance, below the champion.
        """
        value, n_users = self._read(final, "final lists", where)
        lowest, n_floor_users = self._read(floor, "floor", where)
        if n_users != n_floor_users:
            raise CheckError(
                where=where,
                rule=f"the floor's {self._name} must be measured on the users of the final lists.",
                came=f"{n_floor_users} users beside {n_users}",
                do="Evaluate both on the same holdout.",
            )
        self._not_below(value, lowest, "the floor (popularity)", where)
        if champion is not None:
            best, _ = self._read(champion, "champion", where)
            self._not_below(
                value, (1.0 - self.tolerance_share) * best, f"the champion less {self.tolerance_share:.1%}", where
            )

    @property
    def _name(self) -> str:
        return f"{self.metric}@{self.k} of segment {self.segment!r}"

    def _read(self, rows: Iterable[EvaluationRow], subject: str, where: str) -> tuple[float, int]:
        """The subject's value and its number of users."""
        asked = (self.segment, self.metric, self.k)
        found = [
            (row.value, row.n_users) for row in rows if (row.segment, row.metric, row.k) == asked and row.value is not None
        ]
        if len(found) != 1:
            raise CheckError(
                where=where,
                rule=f"the {subject} must have exactly one value of {self._name}.",
                came=f"{len(found)} rows with a value",
                do="Run the evaluation with this metric, k and segment, on a holdout that has users.",
            )
        return found[0]

    def _not_below(self, value: float, bar: float, whose: str, where: str) -> None:
        if not value >= bar:  # so that NaN is refused
            raise CheckError(
                where=where,
                rule=f"{self._name} must not be below {whose}.",
                came=f"{value:.6f} against {bar:.6f}",
                do="Keep what is published; compare the evaluation's rows by source to find which part got worse.",
            )
