"""Which table a source is, by its columns and their values."""

from collections.abc import Mapping

from tawny.ingest.profile.infer_choices import Choice, Keys, Table, apart, choices, times
from tawny.ingest.profile.infer_descriptions import items_table, users_table
from tawny.ingest.profile.infer_events import events_table
from tawny.ingest.profile.infer_values import Profile
from tawny.ingest.profile.infer_words import file_words, named_strength


def table_of(path: str, profiles: Mapping[str, Profile], keys: Keys, file_time: str, n_files: int = 1) -> Table:
    """What the source is, by its columns and their values, and the words of its path.

    Args:
        path: of the source, below the landing folder.
        profiles: by column.
        keys: of other sources.
        file_time: an ISO date for events without a time.
        n_files: that it has.
    """
    words = file_words(path)
    users, items = choices(profiles, "users", words, keys), choices(profiles, "items", words, keys)
    users, items = apart(users, items)
    time = times(profiles)
    user, item = (found[0] if found else None for found in (users, items))
    order = max(profiles, key=lambda name: named_strength(name, "order"), default=None)
    order = order if order is not None and named_strength(order, "order") >= 0.8 else None
    if user and item and not _is_description(profiles, user, item, words):
        return events_table(profiles, users, items, time, words, file_time)
    items.sort(key=lambda choice: not profiles[choice.name].is_key)  # an article before the product that it is a variant of
    users.sort(key=lambda choice: not profiles[choice.name].is_key)
    item, user = items[0] if items else None, users[0] if users else None
    if item and _is_listing(profiles[item.name], "items", words, path):
        return items_table(profiles, items, n_files)
    if user and _is_listing(profiles[user.name], "users", words, path):
        return users_table(profiles, users, n_files)
    table = Table(order=order)
    found = {"item_id": item, "user_id": user, "event_time": time[0] if time else None}
    table.columns = {ours: choice.name for ours, choice in found.items() if choice}
    if item and order:
        table.why_not = f"it names items ({item.name}) and orders ({order}), but no user"
    elif user and order:
        table.why_not = f"it names users ({user.name}) and orders ({order}), but no item"
    elif item:
        table.why_not = f"it has several rows for an item ({item.name}) and no column of users"
    elif user:
        table.why_not = f"it has several rows for a user ({user.name}) and no column of items"
    else:
        table.why_not = "no column looks like ids of users or items"
    return table


def _is_description(profiles: Mapping[str, Profile], user: Choice, item: Choice, words: list[str]) -> bool:
    """A file of items with an author, or of users with a favourite item, is no file of events."""
    is_item_key, is_user_key = profiles[item.name].is_key, profiles[user.name].is_key
    if words[:1] == ["items"] and is_item_key and not is_user_key:
        return True
    if words[:1] == ["users"] and is_user_key and not is_item_key:
        return True
    return (is_item_key and user.strength < 0.6) or (is_user_key and item.strength < 0.6)


def _is_listing(profile: Profile, of: str, words: list[str], path: str) -> bool:
    """Each id once; or in dated folders and files, where a later one says the same ids again."""
    return profile.is_key or (words[:1] == [of] and ("*" in path or profile.distinct_share > 0.9))
