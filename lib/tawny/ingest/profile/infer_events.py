"""A source of events: which column is what, what its words mean, and what a row is where no column says it."""

from collections.abc import Mapping

from tawny.core.columns import EVENT_TYPES, EventType
from tawny.ingest.profile.infer_choices import Choice, Table, name_left_out, take, take_missing
from tawny.ingest.profile.infer_values import Profile
from tawny.ingest.profile.infer_vocabulary import CODED_EVENTS, PLAYED, QUANTITIES
from tawny.ingest.profile.infer_words import event_type_of, folded, is_unnamed, named_strength, noun_of


def events_table(
    profiles: Mapping[str, Profile],
    users: list[Choice],
    items: list[Choice],
    times: list[Choice],
    words: list[str],
    file_time: str,
) -> Table:
    table = Table("events")
    take(table, "user_id", users, profiles)
    take(table, "item_id", items, profiles)
    _take_event_type(table, profiles, words)
    if times:
        take(table, "event_time", times, profiles)
        table.time = profiles[times[0].name].time
        _assume_time(table, profiles)
    else:
        table.defaults["event_time"] = file_time
        table.assume(
            "event_time",
            file_time,
            "guess",
            "no column is a time; all events get the file's day, so their order says nothing",
        )
    _take_value(table, profiles)
    _take_event_id(table, profiles)
    take_missing(table, profiles, ("user_id", "item_id"))
    name_left_out(table, profiles)
    return table


def _take_event_type(table: Table, profiles: Mapping[str, Profile], words: list[str]) -> None:
    found = _event_type_column(table, profiles)
    if found is None:
        _default_event_type(table, profiles, words)
        return
    choice, mapped, unknown = found
    table.columns["event_type"] = choice.name
    counts = profiles[choice.name].counts
    table.assume("event_type", choice.name, choice.sure, choice.why)
    for theirs in sorted(counts, key=lambda text: -counts[text]):
        ours = mapped.get(theirs)
        if ours is not None and theirs.casefold() != ours:
            table.event_types[theirs.casefold()] = ours
    if table.event_types:
        shown = ", ".join(f"{theirs} is {ours}" for theirs, ours in table.event_types.items())
        table.assume("event_types", shown, choice.sure, "the words")
    if unknown:
        table.refused_share = sum(counts[text] for text in unknown) / len(profiles[choice.name].present)
        shown = ", ".join(sorted(unknown, key=lambda text: -counts[text])[:8])
        why = f"{table.refused_share:.0%} of the rows, refused as unknown_event_type"
        table.assume("no event", shown, "likely", why, "give them a meaning in event_types")


def _event_type_column(
    table: Table, profiles: Mapping[str, Profile]
) -> tuple[Choice, dict[str, EventType], list[str]] | None:
    """The column, what its words mean, and those that mean nothing."""
    best: tuple[Choice, dict[str, EventType], list[str]] | None = None
    for name, profile in profiles.items():
        if name in table.columns.values() or not profile.present or len(profile.counts) > 200 or profile.mean_length > 40:
            continue
        strength = named_strength(name, "event_type")
        mapped: dict[str, EventType] = {text: kind for text in profile.counts if (kind := event_type_of(text))}
        share = sum(profile.counts[text] for text in mapped) / len(profile.present)
        why, sure = "its name, and its words are events", "certain"
        if not mapped and strength >= 0.9:
            mapped, whose = _coded(profile)
            share, why, sure = float(bool(mapped)), f"as in {whose}", "guess"
        elif strength == 0:
            why, sure = "its words are events", "likely"
        if share == 0 or (strength < 0.5 and share < 0.5) or (strength == 0 and len(mapped) < 2):
            continue
        if best is None or strength + share > best[0].strength:
            unknown = [text for text in profile.counts if text not in mapped]
            best = Choice(name, strength + share, why, sure), mapped, unknown  # type: ignore[arg-type]  # one of Sure
    return best


def _coded(profile: Profile) -> tuple[dict[str, EventType], str]:
    for codes, meaning, whose in CODED_EVENTS:
        if set(profile.counts) <= codes and len(profile.counts) > 1 and profile.counts.most_common(1)[0][0] == min(codes):
            return dict(meaning), whose
    return {}, ""


def _default_event_type(table: Table, profiles: Mapping[str, Profile], words: list[str]) -> None:
    """What every row is, where no column says it."""
    rating = _rating_column(table, profiles)
    money = [name for name in profiles if name not in table.columns.values() and _is_of_sales(name)]
    is_played = noun_of(table.columns["item_id"]) in PLAYED
    by_name = next((word for word in words if word in EVENT_TYPES), None)
    if rating and by_name in (None, "rating"):
        numbers = profiles[rating].numbers
        low, high = f"{min(numbers):g}", f"{max(numbers):g}"
        kind, sure, why = "rating", "certain", f"no column names the event, and {rating} is a number from {low} to {high}"
    elif by_name:
        kind, sure, why = by_name, "likely", "no column names the event; the file's name does"
    elif is_played:
        kind, sure, why = "play", "guess", f"no column names the event, and {table.columns['item_id']} is played"
    elif money:
        kind, sure, why = (
            "purchase",
            "likely",
            f"no column names the event, and rows with {' and '.join(money[:3])} are sales",
        )
    else:
        kind, sure, why = "view", "guess", "no column names the event"
    table.defaults["event_type"] = kind
    table.assume("event_type", f"{kind}, of every row", sure, why, f'event_type = "{"view" if kind != "view" else "click"}"')  # type: ignore[arg-type]  # one of Sure


def _is_of_sales(name: str) -> bool:
    is_quantity = "".join(folded(name).split()) in QUANTITIES
    return named_strength(name, "amount") >= 0.7 or named_strength(name, "order") >= 0.8 or is_quantity


def _rating_column(table: Table, profiles: Mapping[str, Profile]) -> str | None:
    found = [
        (0.8 if is_unnamed(name) and max(profile.numbers) <= 10 else named_strength(name, "rating"), name)
        for name, profile in profiles.items()
        if name not in table.columns.values() and profile.is_number and profile.missing_share < 0.2
        and min(profile.numbers) >= -1 and max(profile.numbers) <= 100 and len(profile.counts) <= 101
    ]  # fmt: skip
    strength, name = max(found, default=(0.0, None))
    return name if strength >= 0.8 else None


def _take_value(table: Table, profiles: Mapping[str, Profile]) -> None:
    kinds = {table.defaults.get("event_type"), *table.event_types.values()} - {None}
    rating, taken = _rating_column(table, profiles), set(table.columns.values())
    has_ratings = table.defaults.get("event_type") == "rating" or (rating and "rating" in kinds)
    if has_ratings and rating:
        table.columns["value"] = rating
        table.assume("value", rating, "certain", "its name; the numbers of ratings")
        return
    amounts = [
        (named_strength(name, "amount"), name)
        for name, profile in profiles.items()
        if name not in taken and (profile.is_number or profile.has_decimal_comma) and named_strength(name, "amount") >= 0.35
    ]
    if not amounts:
        return
    strength, best = max(amounts, key=lambda one: one[0])
    rival = next((name for value, name in sorted(amounts, reverse=True) if name != best), None)
    table.columns["value"] = best
    table.has_decimal_comma = profiles[best].has_decimal_comma
    instead = f'value = "{rival}"' if rival else ""
    why = "its name and its numbers"
    if rival and "".join(folded(rival).split()) in QUANTITIES and strength < 0.9:
        why += f"; the price of one piece, not times {rival}"
    table.assume("value", best, "certain" if strength >= 0.9 else "likely", why, instead)


def _take_event_id(table: Table, profiles: Mapping[str, Profile]) -> None:
    """A key of rows. Not of orders or sessions: a second line of an order would replace the first."""
    found = [
        (named_strength(name, "event_id"), name)
        for name, profile in profiles.items()
        if name not in table.columns.values()
        and profile.is_key
        and profile.distinct_share == 1
        and len(profile.present) >= 5
    ]
    strength, name = max(found, default=(0.0, None))
    if name is not None and strength >= 0.85:
        table.columns["event_id"] = name
        table.assume("event_id", name, "likely", "each value once: a later row with the same id corrects the first")


def _assume_time(table: Table, profiles: Mapping[str, Profile]) -> None:
    guess = table.time
    if guess is None:
        return
    span = f"{guess.first:%Y-%m-%d} to {guess.last:%Y-%m-%d} in the rows that were looked at"
    if guess.unit:
        table.assume("time_unit", guess.unit, "certain", f"the size of the numbers: {span}")
        return
    if guess.format:
        also = guess.also.partition(" reads")[0]
        why, sure = guess.also or f"it reads every value: {span}", "guess" if guess.also else "certain"
        table.assume("time_format", guess.format, sure, why, f'time_format = "{also}"' if also else "")  # type: ignore[arg-type]  # one of Sure
    if not guess.has_zone and guess.has_clock:
        table.assume(
            "time_zone", "UTC", "guess", "the times name no zone", 'time_zone = "Europe/Berlin", if they are local times'
        )
