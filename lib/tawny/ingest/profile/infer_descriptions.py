"""A source of items or users: which column says what of them, and whether a later file is the whole truth."""

from collections.abc import Mapping

from tawny.ingest.profile.infer_choices import Choice, Table, name_left_out, take, take_missing
from tawny.ingest.profile.infer_values import Profile, guess_separator
from tawny.ingest.profile.infer_vocabulary import PERSONAL
from tawny.ingest.profile.infer_words import folded, named_strength


def items_table(profiles: Mapping[str, Profile], items: list[Choice], n_files: int) -> Table:
    table = Table("items")
    take(table, "item_id", items, profiles)
    for ours in ("title", "description", "price", "available_from", "available_until"):
        _take_named(table, ours, profiles)
    _take_categories(table, profiles)
    take_missing(table, profiles, ("item_id",))
    _assume_mode(table, profiles[table.columns["item_id"]], n_files)
    name_left_out(table, profiles)
    return table


def _take_named(table: Table, ours: str, profiles: Mapping[str, Profile]) -> None:
    taken = set(table.columns.values())
    found = [
        (named_strength(name, ours), -i, name)
        for i, (name, profile) in enumerate(profiles.items())
        if name not in taken and profile.present and _may_be(ours, profile)
    ]
    strength, _, name = max(found, default=(0.0, 0, None))
    if name is None or strength < 0.4 or (ours == "description" and strength < 0.5):
        return
    table.columns[ours] = name
    table.has_decimal_comma = table.has_decimal_comma or (ours == "price" and profiles[name].has_decimal_comma)
    if ours.startswith("available"):
        table.time = table.time or profiles[name].time
    table.assume(ours, name, "certain" if strength > 0.85 else "likely", "its name")


def _may_be(ours: str, profile: Profile) -> bool:
    if ours == "price":
        return profile.is_number or profile.has_decimal_comma
    if ours.startswith("available"):
        return profile.time is not None
    return ours != "title" or not profile.is_number


def _take_categories(table: Table, profiles: Mapping[str, Profile]) -> None:
    taken = set(table.columns.values())
    found = [
        (named_strength(name, "categories"), -i, name)
        for i, (name, profile) in enumerate(profiles.items())
        if name not in taken and _may_be_categories(profile)
    ]
    strength, _, name = max(found, default=(0.0, 0, None))
    if name is None or strength < 0.3:
        return
    table.columns["categories"] = name
    rivals = sorted((one for one in found if one[2] != name and one[0] >= 0.3), reverse=True)
    instead = f'categories = "{rivals[0][2]}"' if rivals else ""
    table.assume("categories", name, "certain" if strength > 0.85 else "likely", "its name", instead)
    separator, why = guess_separator(list(profiles[name].counts)[:2000])
    if separator not in (None, "json", "|"):
        table.separator = separator
        table.assume("categories_separator", str(separator), "likely", why)
    elif separator is None and any("|" in text for text in profiles[name].counts):
        table.assume("categories_separator", "|", "guess", "some values have it")


def _may_be_categories(profile: Profile) -> bool:
    """Values that items share, or lists of them."""
    if len(profile.counts) < 2:
        return False
    is_shared = profile.distinct_share < 0.9 or len(profile.present) < 50
    return is_shared or guess_separator(list(profile.counts))[0] is not None


def users_table(profiles: Mapping[str, Profile], users: list[Choice], n_files: int) -> Table:
    table = Table("users")
    take(table, "user_id", users, profiles)
    take_missing(table, profiles, ("user_id",))
    attributes = {name: _why_no_attribute(profile) for name, profile in profiles.items() if name != table.columns["user_id"]}
    table.left_out = {name: why for name, why in attributes.items() if why}
    kept = [name for name, why in attributes.items() if not why]
    if kept:
        table.assume("attributes", ", ".join(kept), "likely", "the other columns, where users have values in common")
    if table.left_out:
        table.columns |= {f"attributes.{name}": name for name in kept}
    _assume_mode(table, profiles[table.columns["user_id"]], n_files)
    return table


def _why_no_attribute(profile: Profile) -> str:
    if not profile.present:
        return "it is empty"
    if PERSONAL & {"".join(folded(profile.name).split()), *folded(profile.name).split()} or "@" in profile.present[0]:
        return "personal"
    if not profile.is_number and profile.distinct_share > 0.5 and len(profile.present) > 20:
        return "nearly every user has another value, as a name or an address has: personal, and no taste"
    return ""


def _assume_mode(table: Table, key: Profile, n_files: int) -> None:
    """Whether what a later file does not list is gone."""
    table.is_snapshot = n_files == 1 or key.distinct_share < 0.9
    if table.is_snapshot:
        why = f"a file lists all {table.kind}; what the next delivery does not list is gone"
        table.assume("mode", "snapshot", "likely", why, 'mode = "log", if later files only add to it')
    else:
        table.assume("mode", "log", "likely", f"its {n_files} files list different {table.kind}", 'mode = "snapshot"')
