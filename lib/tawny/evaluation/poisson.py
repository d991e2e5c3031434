"""How often each bootstrap resample draws each user, from the user's key alone.

Shapes: U users, R resamples, W 64-bit words.
"""

from math import exp, factorial

import numpy as np
from numpy.typing import NDArray

MAX_DRAWS = 8

_STEP = np.uint64(0x9E3779B97F4A7C15)
_DRAWS_PER_WORD = 4


def _table() -> NDArray[np.uint8]:
    """uint8 [65536]: Poisson(1) by its inverse distribution function, each probability rounded to 1 / 65536."""
    below = np.cumsum([exp(-1) / factorial(n) for n in range(MAX_DRAWS)])
    counts = np.diff(np.rint(below * 65536), prepend=0, append=65536).astype(np.int64)
    return np.repeat(np.arange(MAX_DRAWS + 1, dtype=np.uint8), counts)


_TABLE = _table()


def poisson_weights(keys: NDArray[np.uint64], n_resamples: int, seed: int) -> NDArray[np.uint8]:
    """uint8 [U, R]: independent Poisson(1) draws, at most 8; a row depends on its key and the seed, never on other rows.

    A resample of n users with replacement draws each of them Binomial(n, 1 / n) times, nearly independently: Poisson(1).
    So every partition can resample its own users, and the partitions' sums add up to those of one resample.

    Args:
        keys: uint64 [U], different for different users.
        n_resamples: R.
        seed: any integer; its lowest 64 bits count.

    Source: Hanley and MacGibbon, Creating non-parametric bootstrap samples using Poisson frequencies (2006); Chamandy et
    al., Estimating uncertainty for massive data streams (Google, 2012). The bits are SplitMix64: Steele, Lea and Flood,
    Fast splittable pseudorandom number generators (OOPSLA 2014). Four draws of 16 bits per word: 8 and more draws have
    probability 1.02e-5, so a finer table would change nothing that 1,000 resamples can show.
    """
    n_words = -(-n_resamples // _DRAWS_PER_WORD)
    mixed_seed = _mix(np.array([seed % 2**64], np.uint64) + _STEP)
    starts = _mix(keys ^ mixed_seed)
    words = _mix(starts[:, None] + _STEP * np.arange(1, n_words + 1, dtype=np.uint64))
    weights: NDArray[np.uint8] = _TABLE[words.astype("<u8").view("<u2")][:, :n_resamples]
    return weights


def _mix(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's output function; numpy's unsigned arrays wrap, as it needs."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
