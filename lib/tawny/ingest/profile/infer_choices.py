"""What a source may be taken for: its table, its columns, the choice between two of them, and the reason of each choice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tawny.core.columns import EventType
from tawny.ingest.files.file import Kind
from tawny.ingest.files.schema import CANONICAL
from tawny.ingest.profile.infer_values import Profile, TimeGuess
from tawny.ingest.profile.infer_vocabulary import BARE_IDS, ITEM_NOUNS, NAMES, USER_NOUNS
from tawny.ingest.profile.infer_words import folded, is_unnamed, named_strength, noun_strength

Sure = Literal["certain", "likely", "guess"]


@dataclass(frozen=True)
class Assumed:
    """One thing that was assumed.

    Attributes:
        what: of the source; a canonical column, or a setting.
        value: what it was taken for.
        sure: `certain` where name and values say the same, `likely` where one does, `guess` where something had to be taken.
        why: the reason.
        instead: what else it could be, with what to write then.
    """

    what: str
    value: str
    sure: Sure
    why: str
    instead: str = ""


@dataclass
class Table:
    """What a source was taken for.

    Attributes:
        kind: events, items or users; None where it is no table.
        columns: canonical name -> the source's column.
        defaults: canonical name -> value.
        event_types: their word -> ours; those that are ours already are not in it.
        time: of event_time.
        separator: of the categories, where it is not `|`.
        missing_values: beyond those that are read so anyway.
        is_snapshot: the newest delivery is the whole truth.
        assumed: what was assumed, in the order in which it is told.
        left_out: column -> why it is not used.
        why_not: where it is no table.
        order: the column with the number of an order, where user or item are in another source.
        has_decimal_comma: of its values and prices.
        refused_share: of the sample's rows, whose event type is none.
    """

    kind: Kind | None = None
    columns: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    event_types: dict[str, EventType] = field(default_factory=dict)
    time: TimeGuess | None = None
    separator: str | None = None
    missing_values: tuple[str, ...] = ()
    is_snapshot: bool = False
    assumed: list[Assumed] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    why_not: str = ""
    order: str | None = None
    has_decimal_comma: bool = False
    refused_share: float = 0.0

    def assume(self, what: str, value: str, sure: Sure, why: str, instead: str = "") -> None:
        """Note it."""
        self.assumed.append(Assumed(what, value, sure, why, instead))


@dataclass(frozen=True)
class Keys:
    """Ids that other sources list once each; a column with the same values holds such ids, whatever its name."""

    users: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()

    def share(self, profile: Profile, of: Literal["users", "items"]) -> float:
        """Of the column's values, those that the other sources list."""
        known = self.users if of == "users" else self.items
        return sum(n for text, n in profile.counts.items() if text in known) / max(1, len(profile.present)) if known else 0.0


@dataclass(frozen=True)
class Choice:
    """A column for a role: how strong, and what speaks for it."""

    name: str
    strength: float
    why: str
    sure: Sure


def choices(profiles: Mapping[str, Profile], of: Literal["users", "items"], words: list[str], keys: Keys) -> list[Choice]:
    """Columns that may hold ids of users, or of items, the strongest first."""
    if all(map(is_unnamed, profiles)):
        return _by_place(profiles, of, keys)
    nouns = USER_NOUNS if of == "users" else ITEM_NOUNS
    found = []
    for name, profile in profiles.items():
        if not profile.may_be_id and not (len(profile.counts) == 1 and noun_strength(name, nouns) > 0.8):
            continue
        strength, shared = noun_strength(name, nouns), keys.share(profile, of)
        if profile.is_fraction and strength < 0.8:  # some analytics write ids as 1234.5678
            continue
        is_bare = "".join(folded(name).split()) in BARE_IDS
        if strength > 0:
            why, sure = "its name", "certain" if strength >= 0.9 else "likely"
        elif is_bare and words[:1] == [of] and profile.is_key:
            strength, why, sure = 0.9, f"it is the key of a file of {of}", "likely"
        elif shared > 0.8 and not is_bare and _may_be_foreign_key(profile):
            strength, why, sure = 0.6, f"{shared:.0%} of its values are ids of {of} in another file", "likely"
        else:
            continue
        if shared > 0.5 and strength > 0 and not profile.is_key:
            # The column by which the description is found is the better one of two.
            strength, why = strength + 0.3, f"{why}, and {shared:.0%} of its values are ids of {of} in another file"
        if strength > 0 and profile.missing_share > 0.5:
            # Most rows are of visitors without an account: another column may name them all.
            strength, sure = strength * 0.4, "likely"
        found.append(Choice(name, strength, why, sure))  # type: ignore[arg-type]  # one of Sure
    return sorted(found, key=lambda choice: -choice.strength)


def _may_be_foreign_key(profile: Profile) -> bool:
    """Its name says nothing else, and its values are not small numbers, which are in every file."""
    return profile.mean_length >= 3 and all(named_strength(profile.name, role) == 0 for role in NAMES)


def _by_place(profiles: Mapping[str, Profile], of: Literal["users", "items"], keys: Keys) -> list[Choice]:
    """Without names: the column with ids of another file; else users stand first, items second."""
    ids = [name for name, profile in profiles.items() if _may_be_unnamed_id(profile)]
    shared = [name for name in ids if keys.share(profiles[name], of) > 0.8]
    if shared:
        return [Choice(name, 0.7, f"its values are ids of {of} in another file", "likely") for name in shared]
    place = ids[:1] if of == "users" else ids[1:2]
    which = "first" if of == "users" else "second"
    return [Choice(name, 0.5, f"the {which} column of ids; the file has no header", "guess") for name in place]


def _may_be_unnamed_id(profile: Profile) -> bool:
    return (
        profile.may_be_id
        and not profile.is_fraction
        and profile.time is None
        and profile.mean_length > 1
        and not profile.is_key
    )


def apart(users: list[Choice], items: list[Choice]) -> tuple[list[Choice], list[Choice]]:
    """No column is both: it is what its name says more strongly."""
    of_items = {choice.name: choice.strength for choice in items}
    of_users = {choice.name: choice.strength for choice in users}
    users = [choice for choice in users if choice.strength > of_items.get(choice.name, 0.0)]
    items = [choice for choice in items if choice.strength >= of_users.get(choice.name, 0.0)]
    return users, items


def times(profiles: Mapping[str, Profile]) -> list[Choice]:
    """Columns that may say when, the strongest first."""
    found = []
    for name, profile in profiles.items():
        guess = profile.time
        if guess is None or profile.missing_share > 0.5:
            continue
        strength = named_strength(name, "time")
        if strength > 0:
            # A day alone says less than an instant.
            strength -= 0 if guess.has_clock else 0.02
            found.append(Choice(name, strength, "its name and values", "certain" if strength > 0.8 else "likely"))
        elif is_unnamed(name) or _speaks_for_itself(name, guess):
            found.append(Choice(name, 0.3, "its values are times", "likely"))
    return sorted(found, key=lambda choice: -choice.strength)


def _speaks_for_itself(name: str, guess: TimeGuess) -> bool:
    """Written as a time, not as a number, and not called something else."""
    is_written = guess.unit is None and guess.format != "%Y%m%d"
    return is_written and named_strength(name, "available_from") == 0 and not _is_birth(name)


def _is_birth(name: str) -> bool:
    return any(
        word in folded(name) for word in ("birth", "geburt", "naissance", "nacimiento", "release", "signup", "regist")
    )


def take(table: Table, ours: str, choices: list[Choice], profiles: Mapping[str, Profile]) -> None:
    """The strongest column; the next one is named where it is nearly as strong."""
    best, *others = choices
    table.columns[ours] = best.name
    rival = next((other for other in others if other.strength >= best.strength - 0.35), None)
    why, instead = best.why, ""
    if rival:
        why = f"{best.why}; rather than {rival.name}, {_why_rather(ours, best, rival, profiles)}"
        instead = f'{ours} = "{rival.name}"'
    sure: Sure = "likely" if rival and rival.strength > best.strength - 0.1 and best.sure == "certain" else best.sure
    if (missing := profiles[best.name].missing_share) > 0.05:
        why += f"; {missing:.0%} of the rows have none and are refused"
    table.assume(ours, best.name, sure, why, instead)


def _why_rather(ours: str, best: Choice, rival: Choice, profiles: Mapping[str, Profile]) -> str:
    if profiles[rival.name].missing_share > 0.5:
        return f"which {profiles[rival.name].missing_share:.0%} of the rows do not have"
    if ours == "event_time":
        has_clock = [guess.has_clock for name in (best.name, rival.name) if (guess := profiles[name].time)]
        return "which has no time of day" if has_clock == [True, False] else "which says less of when the event happened"
    if ours == "user_id":
        return "which says less of who it is"
    n_best, n_rival = len(profiles[best.name].counts), len(profiles[rival.name].counts)
    return (
        f"which has {n_rival:,} different values to its {n_best:,}" if n_best != n_rival else "which says less of what it is"
    )


def take_missing(table: Table, profiles: Mapping[str, Profile], roles: Iterable[str]) -> None:
    """Words in id columns that stand for `missing`; numbers only where no other column means them."""
    found: dict[str, str] = {}
    for role in roles:
        profile = profiles[table.columns[role]]
        for text in profile.missing_words:
            # An id as any other is not far more frequent than the others.
            others = [n for other, n in profile.counts.items() if other != text]
            is_frequent = profile.counts[text] > 5 * sorted(others)[len(others) // 2] if others else False
            is_number = text in ("0", "-1")
            used = any(text in profiles[name].counts for ours, name in table.columns.items() if ours not in roles)
            if not is_number or (is_frequent and not used and not _is_sequence(profile)):
                found[text] = table.columns[role]
    table.missing_values = tuple(found)


def _is_sequence(profile: Profile) -> bool:
    """Ids counted from 0: 0 is one of them."""
    return "1" in profile.counts and "2" in profile.counts


def name_left_out(table: Table, profiles: Mapping[str, Profile]) -> None:
    """The columns that are not used, with the reason where there is one."""
    taken = set(table.columns.values())
    table.left_out = {name: _why_left_out(table, profile) for name, profile in profiles.items() if name not in taken}


def _why_left_out(table: Table, profile: Profile) -> str:
    if not profile.present:
        return "it is empty"
    if table.kind == "events" and profile.is_clock:
        return "a time of day alone; an event's time is one column, with its day"
    for ours, role in (("event_time", "time"), ("value", "amount"), ("price", "price")):
        wanted = ours not in table.columns and ours in CANONICAL[table.kind or "events"]
        if wanted and named_strength(profile.name, role) >= 0.8:
            return f"its values are none that can be read, as {profile.present[0][:30]}"
    return ""
