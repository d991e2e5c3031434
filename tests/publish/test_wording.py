"""Reasons in words."""

from datetime import date
from typing import Any

import pytest

from tawny.core.columns import EVENT_TYPES
from tawny.core.errors import ConfigError
from tawny.core.words import CHINESE, ENGLISH, Words, words_of
from tawny.publish.wording import Wording

DAY = date(2026, 6, 1)
TITLES = {"1": "Arno Camera", "2": "ARNO CAMERA", "3": "Rake {x}", "9": "Tripod"}


def _row(*reasons: tuple[str, str | None, str | None, date | None, str | None], item: str = "9") -> dict[str, Any]:
    """A row of recommendations_v2 from (source, past item, event type, its day, category)."""
    return {
        "run_date": DAY,
        "item_id": item,
        "reasons": [{"source": source, "item_id": past, "share": 0.5} for source, past, *_ in reasons],
        "details": [{"event_type": kind, "event_date": day, "category": category} for *_, kind, day, category in reasons],
    }


def _told(row: dict[str, Any], words: Words = ENGLISH, window_days: int | None = None) -> str:
    return Wording(words, TITLES, window_days).reasons(row)


def test_a_title_is_named_once_and_verbs_share_their_items() -> None:
    row = _row(
        ("als", "1", "purchase", date(2026, 5, 3), None),
        ("als", "2", "view", date(2026, 5, 2), None),
        ("als", "3", "purchase", date(2025, 12, 31), None),
        ("popularity", None, None, None, None),
    )
    assert _told(row) == "you bought Arno Camera (3 May) and Rake {x} (31 Dec 2025); popular at all times"
    assert _told(row, CHINESE, 7) == "您购买过Arno Camera（5月3日）和Rake {x}（2025年12月31日）；近7天热门"


def test_a_day_that_items_of_one_verb_have_in_common_is_told_once() -> None:
    day = date(2026, 5, 3)
    row = _row(("als", "1", "view", day, None), ("als", "3", "view", day, None))
    assert _told(row) == "you viewed Arno Camera and Rake {x} (3 May)"


def test_the_listed_item_itself_is_this() -> None:
    assert _told(_row(("repeats", "9", "view", date(2026, 5, 30), None))) == "you viewed this (30 May)"
    assert _told(_row(("als", "1", "cart", date(2026, 5, 30), None), item="2")) == "you put this (30 May) into the cart"


def test_where_no_past_item_is_believed_the_category_is_the_reason() -> None:
    row = _row(("popularity", None, None, None, None), ("als", None, None, None, "Garden"))
    assert _told(row) == "popular in Garden"


def test_that_it_was_chosen_is_said_only_where_there_is_nothing_else_to_say() -> None:
    assert _told(_row(("als", None, None, None, None))) == "chosen for you"
    assert _told(_row(("als", None, None, None, None), ("popularity", None, None, None, None))) == "popular at all times"
    assert _told(_row()) == ""


def test_lists_of_older_versions_have_no_events() -> None:
    assert _told({**_row(("als", "1", None, None, None)), "details": None}) == "because of Arno Camera"


def test_every_type_of_event_has_its_verb() -> None:
    told = {_told(_row(("als", "1", kind, DAY, None))) for kind in EVENT_TYPES}
    assert len(told) == len(EVENT_TYPES)


def test_a_shop_s_own_words_stand_over_those_that_are_shipped() -> None:
    assert words_of("zh", {"zh": {"purchase": "买过{items}"}}).purchase == "买过{items}"
    assert words_of("zh", {"zh": {"purchase": "买过{items}"}}).view == CHINESE.view
    assert words_of("de", {"de": {"itself": "das"}}).model_dump() == {**ENGLISH.model_dump(), "itself": "das"}


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"purchase": "you bought it"}, "it must name {items}, and names nothing in braces"),
        ({"itself": "{item}"}, "it must name nothing in braces, and names {item}"),
        ({"date": "{day} {month}"}, "it must name {day}, {month}, {year}"),
        ({"months": ["a"]}, "at least 12 items"),
        ({"bought": "x"}, "unknown key"),
    ],
)
def test_words_that_cannot_be_told_are_refused(given: dict[str, Any], rule: str) -> None:
    with pytest.raises(ConfigError, match=r"\[words.de\]") as refused:
        words_of("de", {"de": given})
    assert rule in str(refused.value)
