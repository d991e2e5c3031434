"""The words in which reasons are told: templates by language. English and Chinese are here; a shop adds its own."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from tawny.core.config import validate
from tawny.core.errors import ConfigError
from tawny.core.settings import Settings, as_tuple

_VERBS = ("impression", "view", "click", "cart", "purchase", "rating", "play", "like", "dislike", "hide", "past")

_SLOTS = {
    **{verb: {"items"} for verb in _VERBS},
    "dated": {"item", "day"},
    "date": {"year", "month", "day"},
    "date_this_year": {"month", "day"},
    "popular_days": {"days"},
    "popular_in": {"category"},
}
"""What each template may and must name in braces; those that are not here name nothing."""


class Words(Settings):
    """Templates of one language, `[words.de]`; those left out are those of the shipped language, or else English.

    Attributes:
        impression, view, click, cart, purchase, rating, play, like, dislike, hide: what the user did with past `{items}`.
        past: the same where the type of the event is not known.
        itself: the past item where it is the listed item.
        dated: a past `{item}`, or several of one day, and the `{day}` of the user's strongest event with it.
        date: a day, of `{day}`, `{month}` and `{year}`.
        date_this_year: a day in the year of the list, of `{day}` and `{month}`.
        months: what `{month}` is, January first.
        comma: between the past items of one verb.
        last_comma: before the last of them.
        semicolon: between reasons.
        popular: the item is popular, and popularity counts all days.
        popular_days: the item is popular in the last `{days}` days.
        popular_in: the item is popular in its `{category}`.
        chosen: a source found the item by more than it can name, or by nothing that the user would recognise.
    """

    impression: str = "you were shown {items}"
    view: str = "you viewed {items}"
    click: str = "you clicked {items}"
    cart: str = "you put {items} into the cart"
    purchase: str = "you bought {items}"
    rating: str = "you rated {items}"
    play: str = "you played {items}"
    like: str = "you liked {items}"
    dislike: str = "you disliked {items}"
    hide: str = "you hid {items}"
    past: str = "because of {items}"
    itself: str = "this"
    dated: str = "{item} ({day})"
    date: str = "{day} {month} {year}"
    date_this_year: str = "{day} {month}"
    months: Annotated[tuple[str, ...], BeforeValidator(as_tuple), Field(min_length=12, max_length=12)] = (
        "Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec",
    )  # fmt: skip
    comma: str = ", "
    last_comma: str = " and "
    semicolon: str = "; "
    popular: str = "popular at all times"
    popular_days: str = "popular in the last {days} days"
    popular_in: str = "popular in {category}"
    chosen: str = "chosen for you"

    @field_validator("*")
    @classmethod
    def _must_fill_its_slots(cls, value: Any, info: ValidationInfo) -> Any:
        slots = _SLOTS.get(info.field_name or "", set())
        found = set(re.findall(r"[{}]+[^{}]*[{}]*", value)) if isinstance(value, str) else None
        if found is not None and found != {f"{{{slot}}}" for slot in slots}:
            wanted = ", ".join(f"{{{slot}}}" for slot in sorted(slots)) or "nothing in braces"
            raise ValueError(f"it must name {wanted}, and names {', '.join(sorted(found)) or 'nothing in braces'}")
        return value


ENGLISH = Words()

CHINESE = Words(
    impression="您曾看到{items}", view="您浏览过{items}", click="您点击过{items}", cart="您把{items}加入过购物车",
    purchase="您购买过{items}", rating="您评价过{items}", play="您播放过{items}", like="您喜欢{items}",
    dislike="您不喜欢{items}", hide="您隐藏了{items}", past="因为{items}", itself="此商品", dated="{item}（{day}）",
    date="{year}年{month}月{day}日", date_this_year="{month}月{day}日", months=tuple(str(n) for n in range(1, 13)),
    comma="、", last_comma="和", semicolon="；", popular="一直受欢迎", popular_days="近{days}天热门",
    popular_in="{category}类热门", chosen="为您精选",
)  # fmt: skip

SHIPPED: Mapping[str, Words] = {"en": ENGLISH, "zh": CHINESE}


def words_of(language: str, own: Mapping[str, Mapping[str, Any]]) -> Words:
    """The words of a language: the shop's own (`[words.<language>]`) over those that are shipped.

    Raises:
        ConfigError: nobody has words of that language, or one of the shop's own is wrong.
    """
    checked = {name: validate(Words, given, where=f"[words.{name}]") for name, given in own.items()}
    if language not in {**SHIPPED, **checked}:
        rule = f"reasons must be told in one of {', '.join(sorted({**SHIPPED, **checked}))}."
        do = f"Choose one of these, or write the table [words.{language}] into the env file."
        raise ConfigError(where="the language of reasons", rule=rule, came=repr(language), do=do)
    base = SHIPPED.get(language, ENGLISH)
    given = checked.get(language)
    return base.model_copy(update={name: getattr(given, name) for name in given.model_fields_set}) if given else base
