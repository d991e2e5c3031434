import numpy as np
from scipy import sparse

from tawny.core.arrays import Floats
from tawny.models.als.solve import Ratings, improve

RNG = np.random.default_rng(0)
FACTORS = RNG.normal(size=(9, 4)).astype(np.float32)
EXCESS = sparse.random_array((6, 9), density=0.4, rng=RNG, format="csr", dtype=np.float32)


def exact(row: int, regularisation: float) -> Floats:
    """The row's normal equations over all columns, dense."""
    excess = EXCESS.toarray()[row]
    confidence = np.diag(1 + excess)
    ridge = regularisation * (9 + excess.sum()) * np.eye(4)
    solved: Floats = np.linalg.solve(FACTORS.T @ confidence @ FACTORS + ridge, FACTORS.T @ confidence @ (excess > 0))
    return solved


def test_rows_are_moved_to_the_solution_of_their_normal_equations() -> None:
    solved = np.zeros((6, 4), np.float32)
    for _ in range(8):  # of three steps each
        improve(Ratings.from_matrix(EXCESS, 0.1), FACTORS, solved)
    np.testing.assert_allclose(solved, [exact(row, 0.1) for row in range(6)], rtol=1e-3, atol=1e-4)


def test_a_row_without_a_rating_becomes_zeros() -> None:
    solved = np.ones((2, 4), np.float32)
    improve(Ratings.from_matrix(sparse.csr_array((2, 9), dtype=np.float32), 0.1), FACTORS, solved)
    assert not solved.any()


def test_a_row_does_not_depend_on_the_other_rows() -> None:
    together, alone = np.ones((6, 4), np.float32), np.ones((1, 4), np.float32)
    improve(Ratings.from_matrix(EXCESS, 0.1), FACTORS, together)
    improve(Ratings.from_matrix(EXCESS[[3]], 0.1), FACTORS, alone)
    assert alone[0].tobytes() == together[3].tobytes()
