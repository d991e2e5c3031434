"""What shops, CRMs, web logs and databases call users, items, times and events."""

import re
import unicodedata
from functools import cache

from tawny.core.columns import EventType
from tawny.ingest.profile.infer_vocabulary import (
    EVENT_TYPE_OF,
    FILE_WORD_OF,
    ID_AFFIXES,
    ITEM_NOUNS,
    NAMES,
    NOT_AN_EVENT_TIME,
    TIME_NAMES,
    TIME_NOUNS,
    TIME_WORDS,
    USER_NOUNS,
)


def folded(name: str) -> str:
    """The name in small letters, without accents; `CustomerID` becomes `customer id`.

    >>> folded("CustomerID"), folded("Événement_Type"), folded("user.profile-id"), folded("商品 ID")
    ('customer id', 'evenement type', 'user profile id', '商品 id')
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    plain = "".join(char for char in unicodedata.normalize("NFKD", apart.casefold()) if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+", plain))


def noun_strength(name: str, nouns: dict[str, float]) -> float:
    """How strongly a column's name says that it holds ids of this kind, in [0, 1].

    >>> noun_strength("visitorid", USER_NOUNS), noun_strength("Kunden-Nr", USER_NOUNS)
    (0.95, 1.0)
    >>> noun_strength("sku", ITEM_NOUNS), noun_strength("product_name", ITEM_NOUNS)
    (0.95, 0.0)
    """
    words = folded(name).split()
    compact = "".join(words)
    if not compact:
        return 0.0
    if (found := nouns.get(_stripped(compact), 0.0)) > 0:
        return found
    last = [word for word in words if word not in ID_AFFIXES]
    if words[-1] not in ID_AFFIXES and _stripped(words[-1]) not in nouns:
        return 0.0
    # `billing customer id`: the last noun counts, a little less than alone.
    return 0.9 * nouns.get(_stripped(last[-1]), 0.0) if last else 0.0


def is_unnamed(name: str) -> bool:
    """Whether the name stands for that of a column without one."""
    return re.fullmatch(r"column_\d+", name) is not None


def noun_of(name: str) -> str:
    """The noun in a column's name, without what says id.

    >>> noun_of("artistID")
    'artist'
    """
    return _stripped("".join(folded(name).split()))


@cache
def _stripped(compact: str) -> str:
    """`idclient`, `visitorid` and `kundennummer` without what says id."""
    if compact in USER_NOUNS or compact in ITEM_NOUNS:
        return compact
    for affix in sorted(ID_AFFIXES, key=len, reverse=True):
        for rest in (compact.removesuffix(affix), compact.removeprefix(affix)):
            if rest != compact and rest and (inner := _stripped(rest)) and (inner in USER_NOUNS or inner in ITEM_NOUNS):
                return inner
    return compact


def named_strength(name: str, role: str) -> float:
    """How strongly a column's name says this role (a key of NAMES, or `time`), in [0, 1].

    >>> named_strength("order_purchase_timestamp", "time"), named_strength("birth_date", "time")
    (1.0, 0.0)
    >>> named_strength("Preis", "amount")
    0.8
    """
    words = folded(name).split()
    if role == "time":
        return _time_strength(words)
    names = NAMES[role]
    # In nested keys the last word, or the last two, are the name: `event.product.price`.
    tails = ["".join(words[-n:]) for n in (len(words), 3, 2) if len(words) >= n] + (words[-1:] if "." in name else [])
    return max((names.get(tail, 0.0) * (1.0 if i == 0 else 0.9) for i, tail in enumerate(tails)), default=0.0)


def _time_strength(words: list[str]) -> float:
    compact = "".join(words)
    if compact in TIME_NAMES:
        return TIME_NAMES[compact]
    if not words or NOT_AN_EVENT_TIME & set(words):
        return 0.0
    if compact in TIME_NOUNS:
        return 0.96 if compact not in ("day", "date", "datum", "fecha", "日期") else 0.93
    nouns = [word for word in words if word in TIME_NOUNS]
    others = [word for word in words if word not in TIME_NOUNS]
    if nouns:
        return min((TIME_WORDS.get(word, 0.7) for word in others), default=0.96)
    for noun in TIME_NOUNS:  # `orderdate`, `bestelldatum`, `下单时间`
        rest = compact.removesuffix(noun)
        if len(noun) > 1 and rest != compact and rest in TIME_WORDS:
            return TIME_WORDS[rest]
    return 0.0


_PARTS: tuple[tuple[str, EventType], ...] = (
    (r"add.*(cart|basket|bag)|(cart|basket).*add", "cart"),
    (r"(purchase|order|checkout).*(complet|success|done|place|paid)", "purchase"),
    (r"wishlist|favou?rit", "like"), (r"view.*(item|product|detail|page)|(item|product|page|detail).*view", "view"),
    (r"click", "click"), (r"purchase|bought", "purchase"), (r"impression", "impression"),
)  # fmt: skip
_TAKES_BACK = re.compile(
    r"remove|delete|cancel|refund|return|undo|fail|abandon|empty|clear|unfollow|unsubscribe|storn|retour"
)


def event_type_of(theirs: str) -> EventType | None:
    """The event type that their word for it means; None where it is none of those that Tawny knows.

    >>> [event_type_of(theirs) for theirs in ("addToCart", "Order Completed", "remove_from_cart", "购买")]
    ['cart', 'purchase', None, 'purchase']
    """
    compact = folded(theirs).replace(" ", "")
    if compact in EVENT_TYPE_OF:
        return EVENT_TYPE_OF[compact]
    if _TAKES_BACK.search(compact):
        return None
    return next((kind for part, kind in _PARTS if re.search(part, compact)), None)


def file_words(path: str) -> list[str]:
    """What the name of a file and its folder say it holds: event types before tables, and the last word first.

    >>> file_words("shop/customer_orders.csv.gz"), file_words("order_items.csv"), file_words("data.csv")
    (['purchase', 'users'], ['purchase', 'items'], [])
    """
    parts = [re.sub(r"\.(csv|tsv|txt|dat|jsonl?|ndjson|parquet|gz|bz2|zst|log)\b", "", part) for part in path.split("/")]
    words = [word for part in reversed(parts) for word in reversed(folded(part).split())]
    found = [FILE_WORD_OF[word] for word in words if word in FILE_WORD_OF]
    # Items of orders and views of users are events.
    return sorted(dict.fromkeys(found), key=lambda word: word in ("items", "users"))
