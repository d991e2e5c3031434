"""The conditional logit against choices that were drawn by known weights, and against its likelihood written out."""

import numpy as np
import pytest

from tawny.core.arrays import Bools, Doubles, Ints, Ragged
from tawny.ranking.answers import Answers
from tawny.ranking.conditional_logit import fit_weights

TRUE = np.array([1.5, 0.0, 0.5])


def _answers(chosen: Ints, n_items: int, values: list[float] | None = None) -> Answers:
    """Of rows whose shortlists are all items, each with these answers, int [U, A]."""
    items = np.tile(np.arange(n_items, dtype=np.int32), (len(chosen), 1))
    answers = Ragged.from_rows([sorted(own) for own in chosen.tolist()])
    return Answers.of(items, answers, np.array(values or [1.0] * len(answers.values), np.float32), 10)


def _drawn(n_rows: int, n_items: int = 20) -> tuple[Doubles, Bools, Answers]:
    """Sources of noise, and one choice per row with the odds that the true weights give."""
    rng = np.random.default_rng(5)
    sources = rng.normal(size=(n_rows, n_items, len(TRUE)))
    utilities = sources @ TRUE + rng.gumbel(size=(n_rows, n_items))
    return sources, np.ones((n_rows, n_items), np.bool_), _answers(utilities.argmax(axis=1)[:, None], n_items)


def test_it_finds_the_weights_by_which_choices_were_made() -> None:
    np.testing.assert_allclose(fit_weights(*_drawn(4000)), TRUE, atol=0.08)


def test_the_scale_of_a_source_is_found_whatever_its_unit() -> None:
    sources, is_listed, answers = _drawn(500)
    units = np.array([1000.0, 1.0, 0.001])
    np.testing.assert_allclose(
        fit_weights(sources * units, is_listed, answers) * units, fit_weights(sources, is_listed, answers), atol=1e-4
    )


def test_no_other_weights_have_a_higher_posterior() -> None:
    """The likelihood, written out: of each answer among itself and the items that are none, by its share of the gains."""
    rng = np.random.default_rng(1)
    sources, is_listed = rng.normal(size=(6, 8, 2)), np.ones((6, 8), np.bool_)
    is_listed[:, 7] = False
    chosen = np.array([[0, 3], [1, 4], [2, 6], [5, 6], [0, 1], [2, 3]])
    answers = _answers(chosen, 8, [1.0, 3.0] * 6)
    deviations = np.array([sources[row, item] for row in range(6) for item in range(7) if item not in chosen[row]]).std(
        axis=0
    )

    def posterior(weights: Doubles) -> float:
        total = -0.5 * float(((weights * deviations) ** 2).sum())
        for row, own in enumerate(chosen):
            others = sum(np.exp(sources[row, item] @ weights) for item in range(7) if item not in own)
            for item, share in zip(own, (0.25, 0.75), strict=True):
                odds = np.exp(sources[row, item] @ weights)
                total += share * np.log(odds / (odds + others))
        return total

    found = fit_weights(sources, is_listed, answers)
    assert (found >= 0).all()
    best = posterior(found)
    nearby = [np.maximum(found + step, 0) for step in rng.normal(scale=0.05, size=(200, 2))]
    assert max(map(posterior, nearby)) <= best + 1e-6


def test_an_item_in_the_padding_and_a_row_without_an_answer_change_nothing() -> None:
    sources, is_listed, answers = _drawn(50)
    wider = np.concatenate([sources, np.full((50, 3, 3), 9.0)], axis=1)
    more = np.concatenate([wider, np.full((1, 23, 3), 5.0)])
    listed = np.zeros((51, 23), np.bool_)
    listed[:50, :20] = is_listed
    items = np.where(listed, np.arange(23, dtype=np.int32), -1).astype(np.int32)
    items[50, 0], listed[50, 0] = 0, True
    rows = [[value] for value in answers.positions.values.tolist()]
    padded = Answers.of(items, Ragged.from_rows([*rows, [22]]), np.ones(51, np.float32), 10)
    np.testing.assert_allclose(fit_weights(more, listed, padded), fit_weights(sources, is_listed, answers), atol=1e-6)


def test_a_source_that_tells_all_rows_apart_has_a_finite_weight_and_one_that_says_nothing_none() -> None:
    sources = np.zeros((4, 5, 2))
    sources[:, 2, 0] = 1.0
    sources[:, 1, 0] = 0.5
    found = fit_weights(sources, np.ones((4, 5), np.bool_), _answers(np.full((4, 1), 2), 5))
    assert np.isfinite(found).all()
    assert found[0] > 0
    assert found[1] == pytest.approx(0.0, abs=1e-6)


def test_without_a_listed_answer_all_weights_are_zero() -> None:
    answers = Answers.of(np.array([[0, 1]], np.int32), Ragged.from_rows([[5]]), np.ones(1, np.float32), 2)
    assert fit_weights(np.ones((1, 2, 4)), np.ones((1, 2), np.bool_), answers).tolist() == [0.0] * 4
