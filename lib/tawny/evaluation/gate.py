"""The gate: how good the final lists must be before they may be published."""

from collections.abc import Iterable
from dataclasses import dataclass

from tawny.core.errors import CheckError, ConfigError
from tawny.evaluation.metrics.registry import AccuracyMetric, metrics
from tawny.evaluation.spec import EVERYONE, EvaluationRow


@dataclass(frozen=True)
class Gate:
    """The metric that decides, and how far it may fall below the champion's.

    Attributes:
        metric: the name of an accuracy metric; higher is better.
        k: length of the lists.
        tolerance_share: how far below the champion's value a challenger may lie, as a share of that value, in [0, 1).
        segment: the users that count.

    Raises:
        ConfigError: the metric is not an accuracy metric, or the share is outside [0, 1).
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
        """Return, or raise because these lists must not be published.

        Args:
            final: rows of the final lists.
            floor: rows of the popularity lists, on the same users.
            champion: rows of the lists published now; None before the first publication.
            where: table and run_date, for the error.

        Raises:
            CheckError: a subject has no value of this metric, the floor was measured on other users, or the final lists are
                below the floor or, by more than the tolerance, below the champion.
        """
        value, n_users = self._read(final, "final lists", where)
        floor_value, n_floor_users = self._read(floor, "floor", where)
        if n_users != n_floor_users:
            raise CheckError(
                where=where,
                rule=f"the floor's {self._name} must be measured on the users of the final lists.",
                came=f"{n_floor_users} users beside {n_users}",
                do="Evaluate both on the same holdout.",
            )
        self._check_not_below(value, floor_value, "the floor (popularity)", where)
        if champion is not None:
            champion_value, _ = self._read(champion, "champion", where)
            self._check_not_below(
                value, (1.0 - self.tolerance_share) * champion_value, f"the champion less {self.tolerance_share:.1%}", where
            )

    @property
    def _name(self) -> str:
        return f"{self.metric}@{self.k} of segment {self.segment!r}"

    def _read(self, rows: Iterable[EvaluationRow], subject: str, where: str) -> tuple[float, int]:
        """The subject's value and its number of users."""
        key = (self.segment, self.metric, self.k)
        values = [
            (row.value, row.n_users) for row in rows if (row.segment, row.metric, row.k) == key and row.value is not None
        ]
        if len(values) != 1:
            raise CheckError(
                where=where,
                rule=f"the {subject} must have exactly one value of {self._name}.",
                came=f"{len(values)} rows with a value",
                do="Run the evaluation with this metric, k and segment, on a holdout that has users.",
            )
        return values[0]

    def _check_not_below(self, value: float, least: float, whose: str, where: str) -> None:
        if not value >= least:  # not `<`, so that NaN is refused
            raise CheckError(
                where=where,
                rule=f"{self._name} must not be below {whose}.",
                came=f"{value:.6f} against {least:.6f}",
                do="Keep what is published; compare the evaluation's rows by source to find which part got worse.",
            )
