"""Writes that lost against another writer are done again, others are not."""

import pytest

from tawny.lake.retry import ATTEMPTS, retry


class CollisionError(Exception):
    """Another writer won."""


class Losing:
    """Fails the first `n_losses` times."""

    def __init__(self, n_losses: int, error: type[Exception] = CollisionError) -> None:
        self.n_losses, self.error, self.n_calls = n_losses, error, 0

    def __call__(self) -> str:
        self.n_calls += 1
        if self.n_calls <= self.n_losses:
            raise self.error(f"loss {self.n_calls}")
        return "won"


def test_a_collision_is_retried_until_the_write_succeeds() -> None:
    act = Losing(3)
    assert retry(CollisionError, act) == "won"
    assert act.n_calls == 4


def test_after_the_last_attempt_the_collision_is_raised() -> None:
    act = Losing(ATTEMPTS + 1)
    with pytest.raises(CollisionError, match=f"loss {ATTEMPTS}"):
        retry(CollisionError, act)


def test_any_other_error_is_raised_at_once() -> None:
    act = Losing(1, ValueError)
    with pytest.raises(ValueError, match="loss 1"):
        retry((CollisionError, KeyError), act)
    assert act.n_calls == 1
