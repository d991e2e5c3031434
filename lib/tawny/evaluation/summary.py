"""The state of an evaluation: sums that partitions make alone and that add up to the same bits in any order.

Shapes: S segments, M columns (metric and k), R resamples, k lengths, I items, U users of a batch.

Values are summed as whole multiples of 2**-30, so that addition is exact: a night run again on other partitions writes the
same rows. The size depends on segments, metrics, resamples and the catalogue, never on the number of users.
"""

import io
import json
from collections.abc import Iterator
from typing import Self

import numpy as np

from tawny.evaluation.per_user import per_user
from tawny.evaluation.plan import Batch, EvaluationRow, Plan
from tawny.evaluation.poisson import poisson_weights
from tawny.metrics.bootstrap import percentile_interval
from tawny.metrics.hits import Bools, Counts, Lists, Values
from tawny.metrics.registry import CatalogueMetric, metrics

_UNITS = 2.0**30
_LARGEST = 64.0
# 1024 users * 8 draws * 64 * 2**30 = 2**49: whole numbers a float64 holds exactly, so BLAS may add them in any order.
_USERS_AT_ONCE = 1024
_CONFIDENCE_SHARE = 0.95


class Summary:
    """A running sum over users. Start empty, `add` batches, `merge` other sums, read `rows`.

    Made for 100 million users, some 20 columns, 1,000 resamples, 100,000 items: a few MB for each segment.
    """

    def __init__(self, plan: Plan) -> None:
        """The sum over nobody."""
        n_segments, n_columns = len(plan.all_segments), len(plan.columns)
        draws = (n_segments, n_columns, 1 + plan.n_resamples)  # the first is the sample itself
        self.plan = plan
        self._state: dict[str, Counts] = {
            "sums": np.zeros(draws, np.int64),
            "counts": np.zeros(draws, np.int64),
            "n_left_out": np.zeros((n_segments, n_columns), np.int64),
            "times_listed": np.zeros((n_segments, len(plan.ks), plan.n_items), np.int64),
            "n_listed": np.zeros(n_segments, np.int64),
            "n_unlisted": np.zeros(n_segments, np.int64),
        }

    def add(self, batch: Batch) -> None:
        """Count the users of a batch, each of whom must come once in the whole evaluation.

        Raises:
            ValueError: when the batch's segments are not the plan's, a list names an item twice or one that is not in the
                catalogue, or a metric's value is not between -64 and 64.
        """
        member = self._members(batch)
        columns = per_user(batch, self.plan).columns
        values = np.stack([column.to_numpy(zero_copy_only=False) for column in columns], axis=1)
        if not np.all(np.isnan(values) | (np.abs(values) <= _LARGEST)):
            raise ValueError(
                f"values must lie within {_LARGEST} of 0. Received: {np.nanmin(values)} to {np.nanmax(values)}."
            )
        for start in range(0, len(values), _USERS_AT_ONCE):
            users = slice(start, start + _USERS_AT_ONCE)
            weights = poisson_weights(batch.keys[users], self.plan.n_resamples, self.plan.seed)
            self._add_values(values[users], weights.astype(np.float64), member[:, users])
        self._add_lists(batch.lists, member)

    def merge(self, other: Self) -> None:
        """Count the users of another summary, none of whom are in this one.

        Raises:
            ValueError: when the two are of different plans.
        """
        if self.plan.header() != other.plan.header():
            raise ValueError(
                f"only summaries of one plan can be added. Received: {other.plan.header()} beside {self.plan.header()}."
            )
        for name, array in self._state.items():
            array += other._state[name]

    def rows(self) -> list[EvaluationRow]:
        """Every segment, metric and k."""
        return [row for s in range(len(self.plan.all_segments)) for row in (*self._user_rows(s), *self._catalogue_rows(s))]

    def to_bytes(self) -> bytes:
        """The summary as a compressed .npz without pickle."""
        header = np.frombuffer(json.dumps(self.plan.header()).encode(), np.uint8)
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, header=header, **self._state)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, plan: Plan, data: bytes) -> Self:
        """The summary that `to_bytes` wrote.

        Raises:
            ValueError: when it was made with another plan.
        """
        summary = cls(plan)
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            header = json.loads(file["header"].tobytes())
            if header != plan.header():
                raise ValueError(f"a summary must be read with its own plan. Received: {plan.header()}; it was {header}.")
            summary._state = {name: file[name] for name in summary._state}
        return summary

    def _members(self, batch: Batch) -> Bools:
        """bool [S, U]."""
        if set(batch.segments) != set(self.plan.segments):
            raise ValueError(
                f"a batch must name the segments {sorted(self.plan.segments)}. Received: {sorted(batch.segments)}."
            )
        everyone = np.ones(len(batch.keys), np.bool_)
        return np.stack([everyone, *(batch.segments[name] for name in self.plan.segments)])

    def _add_values(self, values: Values, weights: Values, member: Bools) -> None:
        known = ~np.isnan(values)
        units = np.rint(np.where(known, values, 0.0) * _UNITS)
        draws = np.concatenate([np.ones((len(values), 1)), weights], axis=1)
        for s, rows in enumerate(member):
            self._state["sums"][s] += (units[rows].T @ draws[rows]).astype(np.int64)
            self._state["counts"][s] += (known[rows].T.astype(np.float64) @ draws[rows]).astype(np.int64)
            self._state["n_left_out"][s] += (~known[rows]).sum(axis=0)

    def _add_lists(self, lists: Lists, member: Bools) -> None:
        listed = (lists >= 0).any(axis=1)
        for s, rows in enumerate(member):
            self._state["n_listed"][s] += np.count_nonzero(listed & rows)
            self._state["n_unlisted"][s] += np.count_nonzero(~listed & rows)
            for i, k in enumerate(self.plan.ks):
                places = lists[rows, :k]
                self._state["times_listed"][s, i] += np.bincount(places[places >= 0], minlength=self.plan.n_items)

    def _user_rows(self, s: int) -> Iterator[EvaluationRow]:
        segment = self.plan.all_segments[s]
        for m, (name, k) in enumerate(self.plan.columns):
            sums, counts = self._state["sums"][s, m], self._state["counts"][s, m]
            value, low, high = _mean_and_interval(sums, counts)
            yield EvaluationRow(segment, name, k, value, low, high, int(counts[0]), int(self._state["n_left_out"][s, m]))

    def _catalogue_rows(self, s: int) -> Iterator[EvaluationRow]:
        segment = self.plan.all_segments[s]
        n_users, left_out = int(self._state["n_listed"][s]), int(self._state["n_unlisted"][s])
        for name, metric in metrics().items():
            if isinstance(metric, CatalogueMetric):
                for i, k in enumerate(self.plan.ks):
                    value = metric.of(self._state["times_listed"][s, i]) if n_users else None
                    yield EvaluationRow(segment, name, k, value, None, None, n_users, left_out)


def _mean_and_interval(sums: Counts, counts: Counts) -> tuple[float | None, float | None, float | None]:
    """The mean of the sample (entry 0) and the interval of the resamples' means; a resample of nobody has none."""
    if counts[0] == 0:
        return None, None, None
    means = sums[counts > 0] / (counts[counts > 0] * _UNITS)
    low, high = percentile_interval(means[1:] if len(means) > 1 else means, _CONFIDENCE_SHARE)
    return float(means[0]), low, high
