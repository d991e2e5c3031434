"""The reasons of a listed item, worked out by hand."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from tawny.core.arrays import Ints
from tawny.models.base import Model
from tawny.models.popularity.model import Popularity
from tawny.models.popularity.settings import PopularitySettings
from tawny.models.transitions.model import Transitions
from tawny.models.transitions.settings import TransitionsSettings
from tawny.ranking.reasons import Reasons, reasons
from tawny.testing.worlds import histories


def _models(*pairs: tuple[int, int]) -> Sequence[Model]:
    """Popularity, which names no past item, and transitions from each pair's first item to its second, all alike."""
    rows, columns = np.array(pairs).T
    matrix = sparse.csr_array((np.ones(len(pairs), np.float32), (rows, columns)), shape=(11, 11))
    popularity = Popularity(np.ones(11, np.float32), PopularitySettings())
    return popularity, Transitions(matrix, TransitionsSettings(position_power=0.0))


def _of_one_item(
    history: list[int], item: int, strengths: tuple[float, float], models: Sequence[Model], min_share: float = 0.0
) -> list[tuple[int, int, float]]:
    """The reasons of one listed item as (source, past item, share), the padding included."""
    found = reasons(
        histories([history]),
        np.array([[item]], np.int32),
        np.array([[strengths]], np.float32),
        models,
        n=3,
        min_share=min_share,
    )
    shares = found.share[0, 0].astype(float).round(6).tolist()
    return list(zip(found.source[0, 0].tolist(), found.item[0, 0].tolist(), shares, strict=True))


PADDING = (-1, -1, 0.0)


def test_a_past_item_that_does_not_contribute_is_no_reason() -> None:
    assert _of_one_item([0, 1], 2, (0.0, 1.0), _models((0, 2))) == [(1, 0, 1.0), PADDING, PADDING]


def test_what_no_past_item_explains_is_a_reason_of_its_source_alone() -> None:
    found = _of_one_item([0, 1], 2, (0.25, 0.75), _models((0, 2), (1, 2)))
    assert found == [(1, 0, 0.375), (1, 1, 0.375), (0, -1, 0.25)]


def test_a_weak_reason_is_left_out_but_never_the_strongest() -> None:
    models = _models((0, 2))
    assert _of_one_item([0], 2, (0.98, 0.02), models, min_share=0.05) == [(0, -1, 0.98), PADDING, PADDING]
    assert _of_one_item([0], 2, (0.98, 0.02), models, min_share=0.99) == [(0, -1, 0.98), PADDING, PADDING]


def test_the_items_of_a_long_history_are_compared_as_a_sum() -> None:
    """Ten past items with 5 % each are half of what speaks for the item, so none of them is too weak."""
    models = _models(*[(past, 10) for past in range(10)])
    found = _of_one_item(list(range(10)), 10, (0.5, 0.5), models, min_share=0.1)
    assert found == [(0, -1, 0.5), (1, 0, 0.05), (1, 1, 0.05)]


def test_padding_of_a_list_gets_no_reason() -> None:
    listed: Ints = np.array([[2, -1]], np.int32)
    strengths = np.array([[[0.0, 1.0], [0.0, 0.0]]], np.float32)
    found = reasons(histories([[0]]), listed, strengths, _models((0, 2)), n=1)
    assert found.source.tolist() == [[[1], [-1]]]


def test_no_reasons_have_the_shape_of_the_lists() -> None:
    found = Reasons.none(3, 2)
    assert (found.source.shape, found.item.shape, found.share.shape) == ((3, 2, 0),) * 3
