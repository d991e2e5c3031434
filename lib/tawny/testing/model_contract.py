"""What every model promises, as checks that take a fitted model: each raises AssertionError with what broke."""

import numpy as np

from tawny.models.base import Floats, Histories, Model
from tawny.models.files import from_files, to_files
from tawny.models.topk import top_k
from tawny.testing.worlds import World


def hit_share(model: Model, world: World, k: int) -> float:
    """The share of users in [0, 1] whose withheld item is among their `k` best unseen ones."""
    items, _ = top_k(unseen(model.score(world.users), world.users), k)
    return float((items == world.withheld[:, None]).any(axis=1).mean())


def unseen(scores: Floats, users: Histories) -> Floats:
    """A copy of `scores`, float32 [U, I], with -inf at what the user already has."""
    scores = scores.copy()
    scores[users.rows, users.items] = -np.inf
    return scores


def check_scores(model: Model, users: Histories) -> None:
    """Scores are float32, one row per user, never NaN or +inf, and a user's row does not depend on the rest of the batch."""
    scores = model.score(users)
    assert scores.dtype == np.float32, f"{model.name}: scores must be float32. Received: {scores.dtype}."
    assert scores.shape[0] == users.n_users, f"{model.name}: {users.n_users} users got {scores.shape[0]} rows of scores."
    assert not np.isnan(scores).any(), f"{model.name}: scores must not hold NaN."
    assert not np.isposinf(scores).any(), f"{model.name}: scores must not hold +inf."
    backwards = np.arange(users.n_users)[::-1]
    np.testing.assert_allclose(
        model.score(users.take(backwards)), scores[backwards], rtol=1e-5, atol=1e-6, err_msg=f"{model.name}: batch order"
    )


def check_saves_and_loads_the_same(model: Model, users: Histories) -> None:
    """The loaded model has the same files to the byte, and the same scores to the bit."""
    files = to_files(model)
    loaded = from_files(files)
    assert type(loaded) is type(model), f"{model.name}: loaded as {type(loaded).__name__}."
    assert to_files(loaded) == files, f"{model.name}: saved again, the files differ."
    np.testing.assert_array_equal(loaded.score(users), model.score(users), err_msg=f"{model.name}: scores after loading")


def check_contributions(model: Model, users: Histories, k: int = 5) -> None:
    """One finite number per history entry and listed item; 0 for padding; one user's do not depend on the others'."""
    items, _ = top_k(model.score(users), k)
    found = model.contributions(users, items)
    assert found.shape == (len(users.items), k), f"{model.name}: contributions must be [N, K]. Received: {found.shape}."
    assert found.dtype == np.float32, f"{model.name}: contributions must be float32. Received: {found.dtype}."
    assert np.isfinite(found).all(), f"{model.name}: contributions must be finite."
    assert (found[items[users.rows] < 0] == 0).all(), f"{model.name}: padding must get no contribution."
    last = np.array([users.n_users - 1])
    alone = model.contributions(users.take(last), items[last])
    np.testing.assert_allclose(alone, found[users.rows == last[0]], rtol=1e-4, atol=1e-6, err_msg=model.name)


def check_users_without_history(model: Model, users: Histories) -> None:
    """A user without history gets either the same list for all, or nothing; and may be the whole batch."""
    nobody = Histories(np.zeros(3, np.int64), users.items[:0], users.weights[:0], users.ages_days[:0])
    scores = model.score(nobody)
    assert scores.shape[0] == 2, f"{model.name}: two users without history must get two rows."
    np.testing.assert_array_equal(scores[0], scores[1], err_msg=f"{model.name}: users without history differ")
    assert model.contributions(nobody, np.zeros((2, 3), np.int32)).shape == (0, 3), f"{model.name}: contributions of nothing"
