"""The least-squares step of ALS: every row's factors are found alone, so they depend neither on threads nor on batches.

Shapes: R rows, C columns, V ratings, D factors.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
from scipy import sparse

from tawny.core.arrays import Counts, Floats, Ints

_ROWS_PER_TASK = 1024
_STEPS = 3  # of the conjugate gradients; each starts from the factors of the last iteration (Takács et al. 2011, section 4)


@dataclass(frozen=True)
class Ratings:
    """Ratings by row, with what ALS makes of them.

    Attributes:
        indptr: int64 [R + 1].
        columns: int32 [V].
        excess: float32 [V], the confidence of a rating above that of an empty cell, which is 1.
        ridges: float32 [R], what a row's squared factors cost.
    """

    indptr: Counts
    columns: Ints
    excess: Floats
    ridges: Floats

    @classmethod
    def from_matrix(cls, excess: sparse.csr_array, regularisation: float) -> "Ratings":
        """From the excess confidence of every rating, [R, C]; a row's ridge is its total confidence times regularisation."""
        totals = excess.shape[1] + np.asarray(excess.sum(axis=1)).ravel()
        ridges = (regularisation * totals).astype(np.float32)
        return cls(excess.indptr.astype(np.int64), excess.indices.astype(np.int32), excess.data.astype(np.float32), ridges)


def improve(ratings: Ratings, factors: Floats, solved: Floats, n_threads: int | None = 1) -> None:
    """Move the rows' factors `solved`, [R, D], in place towards those that fit best; a row without a rating becomes zeros.

    Best is the least sum, over all columns, of confidence * (preference - x y)², plus ridge * x².

    Args:
        ratings: by row.
        factors: float32 [C, D], held fixed.
        solved: where to start from.
        n_threads: threads that share the rows, None for one per core; the result is the same with any number.
    """
    gramian = (factors.T @ factors).astype(np.float32)
    starts = range(0, len(solved), _ROWS_PER_TASK)

    def task(start: int) -> None:
        end = min(start + _ROWS_PER_TASK, len(solved))
        parts = (ratings.indptr, ratings.columns, ratings.excess, ratings.ridges)
        _conjugate_gradients(*parts, factors, gramian, solved, start, end)

    with ThreadPoolExecutor(n_threads or os.cpu_count()) as threads:
        list(threads.map(task, starts))


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _conjugate_gradients(
    indptr: Counts,
    columns: Ints,
    excess: Floats,
    ridges: Floats,
    factors: Floats,
    gramian: Floats,
    solved: Floats,
    start: int,
    end: int,
) -> None:
    residual, direction, product = np.empty_like(gramian[0]), np.empty_like(gramian[0]), np.empty_like(gramian[0])
    for row in range(start, end):
        own = slice(indptr[row], indptr[row + 1])
        x = solved[row]
        if own.start == own.stop:
            x[:] = 0
            continue
        _multiply(columns[own], excess[own], ridges[row], factors, gramian, x, residual)
        residual *= np.float32(-1)
        for at in range(own.start, own.stop):
            _add(residual, np.float32(1) + excess[at], factors[columns[at]])
        direction[:] = residual
        norm = np.sum(residual * residual)
        for _ in range(_STEPS):
            if norm < 1e-20:
                break
            _multiply(columns[own], excess[own], ridges[row], factors, gramian, direction, product)
            step = norm / np.sum(direction * product)
            x += step * direction
            residual -= step * product
            before, norm = norm, np.sum(residual * residual)
            direction[:] = residual + (norm / before) * direction


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _multiply(
    columns: Ints, excess: Floats, ridge: np.float32, factors: Floats, gramian: Floats, x: Floats, result: Floats
) -> None:
    """`result` becomes (gramian + sum of excess * y y' + ridge) x."""
    n_factors = len(x)
    for i in range(n_factors):
        total = np.float32(0)
        for j in range(n_factors):
            total += gramian[i, j] * x[j]
        result[i] = total + ridge * x[i]
    for at in range(len(columns)):
        y = factors[columns[at]]
        fit = np.float32(0)
        for j in range(n_factors):
            fit += y[j] * x[j]
        fit *= excess[at]
        _add(result, fit, y)


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _add(result: Floats, factor: np.float32, values: Floats) -> None:
    for i in range(len(result)):
        result[i] += factor * values[i]
