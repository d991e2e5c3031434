"""The reasons of a listed item, worked out by hand."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from tawny.core.arrays import Ints, Ragged
from tawny.core.columns import EVENT_TYPES
from tawny.models.base import Model
from tawny.models.popularity.model import Popularity
from tawny.models.popularity.settings import PopularitySettings
from tawny.models.transitions.model import Transitions
from tawny.models.transitions.settings import TransitionsSettings
from tawny.ranking.reasons import ReasonFacts, Reasons, popular_categories, reasons
from tawny.testing.worlds import histories

from .synthetic_scores import reason_facts


def _models(*pairs: tuple[int, int]) -> Sequence[Model]:
    """Popularity, which names no past item, and transitions from each pair's first item to its second, all alike."""
    rows, columns = np.array(pairs).T
    matrix = sparse.csr_array((np.ones(len(pairs), np.float32), (rows, columns)), shape=(11, 11))
    popularity = Popularity(np.ones(11, np.float32), PopularitySettings())
    return popularity, Transitions(matrix, TransitionsSettings(position_power=0.0))


def _of_one_item(
    history: list[int],
    item: int,
    strengths: tuple[float, float],
    models: Sequence[Model],
    min_share: float = 0.0,
    facts: ReasonFacts | None = None,
) -> list[tuple[int, int, float]]:
    """The reasons of one listed item as (source, past item, share), the padding included."""
    found = reasons(
        histories([history]),
        np.array([[item]], np.int32),
        np.array([[strengths]], np.float32),
        models,
        facts or reason_facts(11),
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
    found = reasons(histories([[0]]), listed, strengths, _models((0, 2)), reason_facts(11), n=1)
    assert found.source.tolist() == [[[1], [-1]]]


def test_no_reasons_have_the_shape_of_the_lists() -> None:
    found = Reasons.none(3, 2)
    shapes = [one.shape for one in (found.source, found.item, found.share, found.event, found.category)]
    assert shapes == [(3, 2, 0)] * 5


def test_an_item_that_was_taken_several_times_is_one_reason() -> None:
    found = _of_one_item([0, 1, 0, 0], 2, (0.0, 1.0), _models((0, 2), (1, 2)))
    assert found == [(1, 0, 0.75), (1, 1, 0.25), PADDING]


def test_items_of_one_title_are_one_reason_by_the_newest_of_equal_entries() -> None:
    """Items 0 and 1 are cameras of one name in two colours."""
    facts = reason_facts(11, things=np.array([0, 0, *range(1, 10)], np.int32))
    found = _of_one_item([0, 1, 3], 2, (0.0, 1.0), _models((0, 2), (1, 2), (3, 2)), facts=facts)
    assert found == [(1, 1, 0.666667), (1, 3, 0.333333), PADDING]


def test_the_event_that_is_worth_most_is_named_not_the_newest() -> None:
    worth = np.array([{"view": 1.0, "purchase": 4.0}.get(kind, 0.0) for kind in EVENT_TYPES])
    types = np.array([EVENT_TYPES.index(kind) for kind in ("view", "purchase", "view")], np.int8)
    users = replace(histories([[0, 0, 0]]), types=types)
    strengths = np.array([[[0.0, 1.0]]], np.float32)
    facts = reason_facts(11, type_weights=worth)
    found = reasons(users, np.array([[2]], np.int32), strengths, _models((0, 2)), facts, n=2)
    assert found.event.tolist() == [[[1, -1]]]


GARDEN, MUSIC = 0, 1


def _of_categories(popular_in: int, believed_share: float) -> ReasonFacts:
    """Items 0 and 2 are of the garden, item 1 of music, the others of nothing."""
    categories = Ragged.from_rows([[GARDEN], [MUSIC], [GARDEN], *[[]] * 8])
    popular = np.array([-1, -1, popular_in, *[-1] * 8], np.int32)
    return reason_facts(11, categories=categories, popular_in=popular, believed_share=believed_share)


def _with_categories(history: list[int], facts: ReasonFacts) -> list[tuple[int, int, int]]:
    """The reasons of item 2, which follows every item, as (source, past item, category)."""
    models = _models(*[(past, 2) for past in history])
    strengths = np.array([[[0.0, 1.0]]], np.float32)
    found = reasons(histories([history]), np.array([[2]], np.int32), strengths, models, facts, n=2)
    return list(zip(found.source[0, 0].tolist(), found.item[0, 0].tolist(), found.category[0, 0].tolist(), strict=True))


def test_a_guitar_is_no_reason_for_a_lawn_mower() -> None:
    """Guitar and rake have half of the score each, and the rake is named; the guitar alone is popularity in the garden."""
    assert _with_categories([0, 1], _of_categories(GARDEN, 0.6)) == [(1, 0, -1), (-1, -1, -1)]
    assert _with_categories([1], _of_categories(GARDEN, 1.1)) == [(1, -1, GARDEN), (-1, -1, -1)]


def test_where_the_item_is_popular_in_no_category_the_source_is_the_reason() -> None:
    assert _with_categories([1], _of_categories(-1, 1.1)) == [(1, -1, -1), (-1, -1, -1)]


def test_a_past_item_of_another_category_is_believed_if_its_share_is_large_and_one_without_category_is() -> None:
    assert _with_categories([0, 1], _of_categories(GARDEN, 0.5)) == [(1, 0, -1), (1, 1, -1)]
    assert _with_categories([3], _of_categories(GARDEN, 1.1)) == [(1, 3, -1), (-1, -1, -1)]


def test_an_item_is_popular_in_the_smallest_category_in_whose_most_frequent_fifth_it_is() -> None:
    """All ten items are of category 0, items 5 to 9 of category 1 too; item 9 leads, then 8, and 4 may not be listed."""
    categories = Ragged.from_rows([[0]] * 5 + [[0, 1]] * 5)
    counts = np.array([[50, 0, 0, 0, 99, 1, 2, 3, 4, 5], [0, 0, 0, 0, 9, 0, 0, 0, 1, 2]])
    is_listable = np.arange(10) != 4
    found = popular_categories(categories, counts, is_listable)
    assert found.tolist() == [-1, -1, -1, -1, -1, -1, -1, -1, 0, 1]
