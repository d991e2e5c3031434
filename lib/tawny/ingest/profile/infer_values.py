"""What the values of a column are: ids, numbers, times, lists; judged from a sample."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import product

# Between these a number of a time's size is one. Timestamps of shops begin with the web.
_FIRST, _LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}

_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$")
_ZONE = re.compile(r"(Z|UTC|GMT|[+-]\d{2}:?\d{2})$")
_NESTED = re.compile(r"[\[{]")
_CLOCK_ALONE = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
_COMMA_NUMBER = re.compile(r"[+-]?\d{1,3}(\.\d{3})*,\d+$|[+-]?\d+,\d+$")

_DATES = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%y", "%d/%m/%y",
    "%m/%d/%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%m %d, %Y", "%Y年%m月%d日",
)  # fmt: skip
_TIMES = (
    "",
    " %H:%M:%S",
    " %H:%M",
    " %H:%M:%S.%f",
    " %I:%M:%S %p",
    " %I:%M %p",
    ", %H:%M:%S",
    ", %H:%M",
    "T%H:%M:%S",
    "%H%M%S",
)
FORMATS = (
    *(date + time for date, time in product(_DATES, _TIMES)), "%Y-%m-%d %H",
    *(f"{date}{time} %z" for date, time in product(_DATES[:7], _TIMES[1:4])),
    "%Y-%m-%d %H:%M:%S,%f", "%d/%b/%Y:%H:%M:%S %z", "%a %b %d %H:%M:%S %z %Y", "%a, %d %b %Y %H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S %Z", "%a %b %d %H:%M:%S %Y",
)  # fmt: skip
_SWAPPED = {"%d/%m": "%m/%d", "%m/%d": "%d/%m", "%d-%m": "%m-%d", "%m-%d": "%d-%m"}

_MAYBE_MISSING = re.compile(
    r"(?i)(|null|none|nan|na|n/a|nil|undefined|\\n|-|--|\?|unknown|unbekannt|anonymous|anonym|guest|gast|"
    r"\(not set\)|\(none\)|#n/?a|missing|inconnu|desconocido|0|-1)$"
)


@dataclass(frozen=True)
class TimeGuess:
    """How a column's times are written.

    Attributes:
        unit: of numbers since 1970; None for text.
        format: as strptime has it; None for numbers and ISO 8601.
        has_zone: every time says its zone (numbers are UTC).
        first, last: of the sample.
        also: another format that reads every value, and why it was not taken.
        has_clock: not dates alone.
    """

    unit: str | None
    format: str | None
    has_zone: bool
    first: datetime
    last: datetime
    also: str = ""
    has_clock: bool = True

    def read(self, text: str) -> datetime | None:
        """The instant, or None."""
        return _read(text, self.unit, self.format)


@dataclass(frozen=True)
class Profile:
    """A column: its name and the values of the sample."""

    name: str
    values: list[str | None]

    @cached_property
    def present(self) -> list[str]:
        """The values that are there, trimmed."""
        return [text for value in self.values if value is not None and (text := value.strip())]

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each occurs."""
        return Counter(self.present)

    @property
    def missing_share(self) -> float:
        """Of all rows."""
        return 1 - len(self.present) / max(1, len(self.values))

    @property
    def distinct_share(self) -> float:
        """Of the values that are there; 1: each once."""
        return len(self.counts) / max(1, len(self.present))

    @property
    def is_key(self) -> bool:
        """Each row has a value, no two the same; a few repeated rows do not count."""
        return self.missing_share < 0.01 and self.distinct_share > 0.98

    def share(self, pattern: re.Pattern[str]) -> float:
        """Of the values that match."""
        return sum(n for text, n in self.counts.items() if pattern.match(text)) / max(1, len(self.present))

    @cached_property
    def is_number(self) -> bool:
        """All but few are decimal numbers."""
        return bool(self.present) and self.share(_NUMBER) > 0.97

    @cached_property
    def has_decimal_comma(self) -> bool:
        """Numbers, and some with a comma."""
        return self.share(_COMMA_NUMBER) > 0.3 and self.share(_COMMA_NUMBER) + self.share(_NUMBER) > 0.97

    @cached_property
    def numbers(self) -> list[float]:
        """Those that are numbers."""
        return [float(text) for text in self.present if _NUMBER.match(text)]

    @cached_property
    def is_fraction(self) -> bool:
        """Numbers, some of them not whole: no ids."""
        return self.is_number and any(number % 1 for number in self.numbers if abs(number) < 1e18)

    @property
    def mean_length(self) -> float:
        """In characters."""
        return sum(map(len, self.present)) / max(1, len(self.present))

    @cached_property
    def may_be_id(self) -> bool:
        """Short and whole, more than one of them, and no times."""
        if not self.present or self.mean_length > 64 or self.has_decimal_comma or len(self.counts) < 2:
            return False
        if self.share(_NESTED) > 0.5:
            return False
        words = sum(text.count(" ") for text in self.counts) / len(self.counts)
        return words < 1.5 and (self.time is None or self.time.unit is not None or self.time.format == "%Y%m%d")

    @cached_property
    def time(self) -> TimeGuess | None:
        """How times are written in it; None where it holds none."""
        return guess_time(list(self.counts))

    @cached_property
    def is_clock(self) -> bool:
        """Times of day without the day."""
        return bool(self.present) and self.share(_CLOCK_ALONE) > 0.95

    @cached_property
    def missing_words(self) -> tuple[str, ...]:
        """Values that seem to stand for `missing`, the most frequent first."""
        found = [text for text, n in self.counts.most_common() if _MAYBE_MISSING.match(text) and n > 1]
        return tuple(found)


def guess_time(values: list[str]) -> TimeGuess | None:
    """How these distinct values are times; None where fewer than 19 of 20 are."""
    some = values if len(values) <= 400 else values[:: len(values) // 400]
    if not some:
        return None
    if _is_most(some, _ISO.match):
        has_zone = _is_most(some, lambda text: len(text) > 10 and _ZONE.search(text))
        return _spanned(values, None, None, has_zone=has_zone)
    numbers = [float(text) for text in some if _NUMBER.match(text)]
    if len(numbers) >= 0.95 * len(some):
        typical = sorted(numbers)[len(numbers) // 2]
        for unit, per_second in UNITS.items():
            if _FIRST.timestamp() <= typical / per_second <= _LAST.timestamp():
                return _spanned(values, unit, None, has_zone=True)
    fits = [form for form in _likely(some[0]) if _is_most(some, lambda text, form=form: _read(text, None, form))]
    if not fits:
        return None
    form, also = fits[0], ""
    swapped = next((other for other in fits[1:] if _day_and_month_swapped(form, other)), None)
    if swapped:
        form, also = _shorter_span(some, form, swapped)
    guess = _spanned(values, None, form, has_zone="%z" in form or "%Z" in form)
    return (
        None
        if guess is None
        else TimeGuess(guess.unit, form, guess.has_zone, guess.first, guess.last, also, guess.has_clock)
    )


def instant_of(text: str) -> datetime | None:
    """A number since 1970, its unit by its size, or ISO 8601; UTC.

    >>> instant_of("1433221332117"), instant_of("2015-06-02 05:02:12 UTC")
    (datetime.datetime(2015, 6, 2, 5, 2, 12, 117000, tzinfo=datetime.timezone.utc), \
datetime.datetime(2015, 6, 2, 5, 2, 12, tzinfo=datetime.timezone.utc))
    """
    if not _NUMBER.match(text):
        return _read(text, None, None)
    size = abs(float(text))
    return _read(text, "s" if size < 1e11 else "ms" if size < 1e14 else "us" if size < 1e17 else "ns", None)


_CLOCK = re.compile(r",?[ T]\d{1,2}(:\d{2}.*)?$")
_CLOCK_FORMAT = re.compile(r",?[ T]%[HI].*$")


def newest(values: Iterable[str], guess: TimeGuess) -> list[datetime]:
    """The instants of the newest days of these times; of each day one value is read, because reading is slow."""
    distinct = set(values)
    if guess.unit is not None:
        return [instant for text in distinct if (instant := guess.read(text))]
    by_day: dict[str, list[str]] = {}
    for text in distinct:
        by_day.setdefault(_CLOCK.sub("", text.strip()), []).append(text)
    day_format = _CLOCK_FORMAT.sub("", guess.format) if guess.format else None
    if day_format is not None and "%y" not in day_format.lower():  # the year stands behind the clock
        return [instant for text in distinct if (instant := guess.read(text))]
    days = {day: found for day in by_day if (found := _read(day, None, day_format))}
    last = sorted(days, key=lambda day: days[day])[-400:]
    return [instant for day in last for text in by_day[day][-20_000:] if (instant := guess.read(text))]


def _likely(text: str) -> list[str]:
    """The formats that read this value."""
    return [form for form, shape in _SHAPES.items() if shape.fullmatch(text) and _read(text, None, form)]


def _shape(form: str) -> re.Pattern[str]:
    """What text of the format looks like; strptime compiles a format anew each time, and there are many."""
    parts = {"%Y": r"\d{4}", "%b": r"[^\W\d]{3,4}", "%B": r"[^\W\d]+", "%a": r"\w{3}", "%p": "[AaPp][Mm]", "%f": r"\d+",
             "%z": r"(Z|[+-]\d{2}:?\d{2})", "%Z": "[A-Z]+"}  # fmt: skip
    return re.compile(re.sub("%.", lambda found: parts.get(found.group(), r"\d{1,2}"), re.escape(form).replace("\\ ", " ")))


_SHAPES = {form: _shape(form) for form in FORMATS}


def _is_most(values: list[str], holds: object) -> bool:
    return sum(bool(holds(text)) for text in values) >= 0.95 * len(values)  # type: ignore[operator]  # any callable


def _read(text: str, unit: str | None, form: str | None) -> datetime | None:
    try:
        if unit is not None:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(text) / UNITS[unit])
        if form is not None:
            found = datetime.strptime(text, form)
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
            return found.astimezone(UTC) if _FIRST - timedelta(days=40_000) < found < _LAST else None
        match = _ISO.match(text)
        if not match:
            return None
        day, rest = text[:10].strip().split("-"), text[10:].strip("T ").removesuffix("UTC").removesuffix("GMT").strip()
        iso = "-".join(part.strip("T ").zfill(2) for part in day) + (f"T{rest}" if rest else "")
        found = datetime.fromisoformat(iso)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _spanned(values: list[str], unit: str | None, form: str | None, *, has_zone: bool) -> TimeGuess | None:
    found = [instant for text in values if (instant := _read(text, unit, form))]
    if not found:
        return None
    has_clock = any(instant.time() != found[0].time() for instant in found[:400])
    return TimeGuess(unit, form, has_zone, min(found), max(found), has_clock=has_clock)


def _day_and_month_swapped(one: str, other: str) -> bool:
    return any(one.replace(day, month) == other and one != other for day, month in _SWAPPED.items())


def _shorter_span(values: list[str], one: str, other: str) -> tuple[str, str]:
    """Read in the wrong order, days of one month are spread over the year."""

    def days(form: str) -> int:
        found = [instant for text in values if (instant := _read(text, None, form))]
        return (max(found) - min(found)).days

    first, second = sorted((one, other), key=days)
    return first, f"{second} reads every value too, over {days(second)} days instead of {days(first)}"


def guess_separator(values: list[str]) -> tuple[str | None, str]:
    """What divides the members of these lists, and why; None where each value is one category.

    >>> [guess_separator(values)[0] for values in (["Home > Kitchen > Mugs", "Home > Garden"], ['["a"]'], ["Mugs"])]
    ['>', 'json', None]
    """
    if not values:
        return None, "there are no values"
    if sum(_is_json_list(text) for text in values) > len(values) / 2:
        return "json", "JSON arrays"
    for separator in ("|", ";", ">", "/", ","):
        having = [text for text in values if separator in text]
        parts = {part.strip() for text in having for part in text.split(separator)}
        is_repeated = len(parts) < sum(text.count(separator) + 1 for text in having) * 0.7 or len(parts) <= 20
        # `Salt, pepper and spices` is one name: a comma that divides is in many values, with members that come again.
        if len(having) >= (0.05 if separator != "," else 0.3) * len(values) and is_repeated:
            return separator, f"{len(having) / len(values):.0%} of the values have it between parts that come again"
    return None, "no separator is in them: each is one category"


def _is_json_list(text: str) -> bool:
    if not text.startswith("["):
        return False
    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False
