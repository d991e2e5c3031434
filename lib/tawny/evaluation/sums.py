"""The state of an evaluation: sums that each partition makes alone, and that add up to the same bits in any order.

Shapes: S segments, M columns (metric and k), R resamples, k lengths, I items, U lists of a batch.

Values are summed as whole multiples of 2**-30, so that addition is exact, and the rows do not depend on the partitions. The
size depends on segments, metrics, resamples and the catalog, not on the number of users.
"""

import io
import json
from collections.abc import Iterator
from typing import Self

import numpy as np

from tawny.core.arrays import Bools, Counts, Doubles, Ints
from tawny.evaluation.metrics.registry import CatalogMetric, metrics
from tawny.evaluation.per_user import UserBatch, per_user
from tawny.evaluation.poisson import poisson_weights
from tawny.evaluation.spec import EvaluationRow, EvaluationSpec

_UNITS = 2.0**30
_LARGEST = 64.0
CONFIDENCE_SHARE = 0.95

# 1024 users * 8 draws * 64 * 2**30 = 2**49: whole numbers a float64 holds exactly, so BLAS may add them in any order.
_USERS_AT_ONCE = 1024


class Sums:
    """A running sum over lists: start empty, `add` batches, `merge` other sums, read `rows` or the `rows_less` of another.

    A user may have several lists, each made for another day: a resample draws a user with all of them. Made for 100 million
    lists, some 20 columns, 1,000 resamples, 100,000 items: a few MB for each segment.
    """

    def __init__(self, spec: EvaluationSpec) -> None:
        """An empty sum."""
        n_segments, n_columns = len(spec.all_segments), len(spec.columns)
        draws = (n_segments, n_columns, 1 + spec.n_resamples)  # the first is the sample itself
        self.spec = spec
        self._state: dict[str, Counts] = {
            "sums": np.zeros(draws, np.int64),
            "counts": np.zeros(draws, np.int64),
            "n_left_out": np.zeros((n_segments, n_columns), np.int64),
            "times_listed": np.zeros((n_segments, len(spec.ks), spec.n_items), np.int64),
            "n_listed": np.zeros(n_segments, np.int64),
            "n_unlisted": np.zeros(n_segments, np.int64),
        }

    def add(self, batch: UserBatch) -> None:
        """Count the lists of a batch. A list must occur once in the whole evaluation.

        Raises:
            ValueError: the batch's segments are not the spec's, a list names an item twice or one that is not in the
                catalog, or a metric's value is not between -64 and 64.
        """
        member = self._members(batch)
        columns = per_user(batch, self.spec).columns
        values = np.stack([column.to_numpy(zero_copy_only=False) for column in columns], axis=1)
        if not np.all(np.isnan(values) | (np.abs(values) <= _LARGEST)):
            raise ValueError(
                f"values must lie within {_LARGEST} of 0. Received: {np.nanmin(values)} to {np.nanmax(values)}."
            )
        for start in range(0, len(values), _USERS_AT_ONCE):
            users = slice(start, start + _USERS_AT_ONCE)
            weights = poisson_weights(batch.keys[users], self.spec.n_resamples, self.spec.seed)
            self._add_values(values[users], weights.astype(np.float64), member[:, users])
        self._add_lists(batch.lists, member)

    def merge(self, other: Self) -> None:
        """Count the lists of another sum, none of which are in this one.

        Raises:
            ValueError: the two are of different specs.
        """
        self._must_fit(other)
        for name, array in self._state.items():
            array += other._state[name]

    def rows(self) -> list[EvaluationRow]:
        """One row for every segment, metric and k."""
        return [row for s in range(len(self.spec.all_segments)) for row in (*self._user_rows(s), *self._catalog_rows(s))]

    def rows_less(self, other: Self) -> list[EvaluationRow]:
        """One row for every segment, metric of users and k: the mean of this subject less that of the other.

        The interval is of a paired bootstrap. Which users a resample draws hangs on their keys alone, so resample r of both
        subjects holds the same users, and the difference of its means is the mean of its users' differences. There is no
        value where the two means are of other lists: novelty, where one of the subjects listed nothing for some users.

        Raises:
            ValueError: the two are of different specs.
        """
        self._must_fit(other)
        return [row for s in range(len(self.spec.all_segments)) for row in self._differences(s, other)]

    def to_bytes(self) -> bytes:
        """The sums as a compressed .npz without pickle."""
        header = np.frombuffer(json.dumps(self.spec.header()).encode(), np.uint8)
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, header=header, **self._state)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, spec: EvaluationSpec, data: bytes) -> Self:
        """The sums that `to_bytes` wrote.

        Raises:
            ValueError: they were made with another spec.
        """
        sums = cls(spec)
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            header = json.loads(file["header"].tobytes())
            if header != spec.header():
                raise ValueError(
                    f"sums must be read with their own spec. Received: {spec.header()}; they were made with {header}."
                )
            sums._state = {name: file[name] for name in sums._state}
        return sums

    def _must_fit(self, other: Self) -> None:
        if self.spec.header() != other.spec.header():
            raise ValueError(
                f"only sums of one spec can be added. Received: {other.spec.header()} beside {self.spec.header()}."
            )

    def _members(self, batch: UserBatch) -> Bools:
        """bool [S, U]."""
        if set(batch.segments) != set(self.spec.segments):
            raise ValueError(
                f"a batch must name the segments {sorted(self.spec.segments)}. Received: {sorted(batch.segments)}."
            )
        everyone = np.ones(len(batch.keys), np.bool_)
        return np.stack([everyone, *(batch.segments[name] for name in self.spec.segments)])

    def _add_values(self, values: Doubles, weights: Doubles, member: Bools) -> None:
        known = ~np.isnan(values)
        units = np.rint(np.where(known, values, 0.0) * _UNITS)
        draws = np.concatenate([np.ones((len(values), 1)), weights], axis=1)
        for s, rows in enumerate(member):
            self._state["sums"][s] += (units[rows].T @ draws[rows]).astype(np.int64)
            self._state["counts"][s] += (known[rows].T.astype(np.float64) @ draws[rows]).astype(np.int64)
            self._state["n_left_out"][s] += (~known[rows]).sum(axis=0)

    def _add_lists(self, lists: Ints, member: Bools) -> None:
        listed = (lists >= 0).any(axis=1)
        for s, rows in enumerate(member):
            self._state["n_listed"][s] += np.count_nonzero(listed & rows)
            self._state["n_unlisted"][s] += np.count_nonzero(~listed & rows)
            for i, k in enumerate(self.spec.ks):
                places = lists[rows, :k]
                self._state["times_listed"][s, i] += np.bincount(places[places >= 0], minlength=self.spec.n_items)

    def _user_rows(self, s: int) -> Iterator[EvaluationRow]:
        segment = self.spec.all_segments[s]
        for m, (name, k) in enumerate(self.spec.columns):
            sums, counts = self._state["sums"][s, m], self._state["counts"][s, m]
            value, low, high = _mean_and_interval(sums, counts)
            yield EvaluationRow(segment, name, k, value, low, high, int(counts[0]), int(self._state["n_left_out"][s, m]))

    def _differences(self, s: int, other: Self) -> Iterator[EvaluationRow]:
        segment = self.spec.all_segments[s]
        for m, (name, k) in enumerate(self.spec.columns):
            counts, left_out = self._state["counts"][s, m], int(self._state["n_left_out"][s, m])
            if np.array_equal(counts, other._state["counts"][s, m]):  # in every resample: the same lists are judged
                sums = self._state["sums"][s, m] - other._state["sums"][s, m]
                yield EvaluationRow(segment, name, k, *_mean_and_interval(sums, counts), int(counts[0]), left_out)
            else:
                yield EvaluationRow(segment, name, k, None, None, None, 0, int(counts[0]) + left_out)

    def _catalog_rows(self, s: int) -> Iterator[EvaluationRow]:
        segment = self.spec.all_segments[s]
        n_users, left_out = int(self._state["n_listed"][s]), int(self._state["n_unlisted"][s])
        for name, metric in metrics().items():
            if isinstance(metric, CatalogMetric):
                for i, k in enumerate(self.spec.ks):
                    value = metric.compute(self._state["times_listed"][s, i]) if n_users else None
                    yield EvaluationRow(segment, name, k, value, None, None, n_users, left_out)


def _mean_and_interval(sums: Counts, counts: Counts) -> tuple[float | None, float | None, float | None]:
    """The mean of the sample (entry 0) and the interval of the resamples' means; a resample without users has no mean."""
    if counts[0] == 0:
        return None, None, None
    means = sums[counts > 0] / (counts[counts > 0] * _UNITS)
    low, high = percentile_interval(means[1:] if len(means) > 1 else means, CONFIDENCE_SHARE)
    return float(means[0]), low, high


def percentile_interval(means: Doubles, confidence_share: float) -> tuple[float, float]:
    """The low and high end of the central `confidence_share` of the resampled means, float64 [R].

    The central half of 0, 1, ..., 100 lies between 25 and 75.

    >>> percentile_interval(np.arange(101.0), 0.5)
    (25.0, 75.0)
    """
    tail = (1.0 - confidence_share) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return float(low), float(high)
