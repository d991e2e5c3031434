import numpy as np
import pytest
from scipy.stats import bootstrap, norm

from tawny.metrics import bootstrap as under_test
from tawny.metrics.bootstrap import mean_interval


def test_the_same_generator_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).random(50)
    assert mean_interval(values, np.random.default_rng(7)) == mean_interval(values, np.random.default_rng(7))


def test_the_interval_is_that_of_the_normal_law_for_many_users() -> None:
    values = np.random.default_rng(0).exponential(size=2_000)
    expected = norm.interval(0.95, values.mean(), values.std() / np.sqrt(len(values)))
    low, high = mean_interval(values, np.random.default_rng(1), n_resamples=4_000)
    np.testing.assert_allclose([low, high], expected, atol=0.1 * (high - low))


def test_the_interval_is_close_to_scipys_for_few_skewed_values() -> None:
    values = np.random.default_rng(0).exponential(size=30)
    theirs = bootstrap((values,), np.mean, n_resamples=4_000, method="percentile", rng=3).confidence_interval
    low, high = mean_interval(values, np.random.default_rng(1), n_resamples=4_000)
    np.testing.assert_allclose([low, high], [theirs.low, theirs.high], atol=0.1 * (high - low))


def test_memory_is_bounded_by_drawing_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).random(50)
    whole = mean_interval(values, np.random.default_rng(7))
    monkeypatch.setattr(under_test, "_DRAWS_AT_ONCE", 333)
    assert mean_interval(values, np.random.default_rng(7)) == whole


def test_users_left_out_do_not_count() -> None:
    assert mean_interval(np.array([np.nan, 0.25, np.nan]), np.random.default_rng(0)) == (0.25, 0.25)


def test_an_interval_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match=r"at least one value that is not NaN\. Received: 2 values, all NaN"):
        mean_interval(np.array([np.nan, np.nan]), np.random.default_rng(0))
