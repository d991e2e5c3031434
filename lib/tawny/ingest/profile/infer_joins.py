"""Which source has the users and times of another one's lines, and by which column."""

from collections.abc import Mapping

from tawny.core.landing import JoinSettings
from tawny.ingest.profile.infer_choices import Table
from tawny.ingest.profile.infer_files import Source
from tawny.ingest.profile.infer_values import Profile
from tawny.ingest.profile.infer_vocabulary import BARE_IDS, ORDER_WORDS
from tawny.ingest.profile.infer_words import folded, named_strength

Judged = list[tuple[Source, Table]]
Profiles = Mapping[str, Mapping[str, Profile]]

_INTO = "joined"


def find_joins(judged: Judged, profiles: Profiles) -> list[JoinSettings]:
    """For each source of lines (an item and an order, no user) the source of its orders: a user, a key, perhaps a time."""
    found = []
    for lines, table in judged:
        if table.kind is not None or table.order is None or "item_id" not in table.columns:
            continue
        candidates = [
            (_match(profiles, lines, table.order, orders, key), orders, theirs, key)
            for orders, theirs in judged
            if orders is not lines and theirs.kind is None and {"user_id", "item_id"} & set(theirs.columns) == {"user_id"}
            and (key := _key(orders, theirs, profiles[orders.path])) is not None
        ]  # fmt: skip
        match, orders, theirs, key = max(candidates, key=lambda one: one[0], default=(0.0, lines, table, ""))
        if match < 0.5:
            continue
        columns = [theirs.columns[name] for name in ("user_id", "event_time") if name in theirs.columns]
        found.append(
            JoinSettings(lines=lines.path, line_key=table.order, orders=orders.path, order_key=key, columns=tuple(columns),
                         into=f"{_INTO}/{_stem(lines.path)}.parquet")
        )  # fmt: skip
    return found


def _key(orders: Source, table: Table, profiles: Mapping[str, Profile]) -> str | None:
    """The column that is the order's key: by its name, or a bare id of a file whose name says orders."""
    is_of_orders = bool(ORDER_WORDS & set(folded(orders.path).split()))
    keys = [
        (named_strength(name, "order") or 0.5 * float("".join(folded(name).split()) in BARE_IDS and is_of_orders), name)
        for name, profile in profiles.items()
        if profile.is_key and name != table.columns.get("user_id")
    ]
    strength, name = max(keys, default=(0.0, None))
    return name if strength > 0 else None


def _match(profiles: Profiles, lines: Source, line_key: str, orders: Source, order_key: str) -> float:
    """Of the lines' orders, those that are listed; samples of big files have few in common, so there the names decide."""
    of_lines, of_orders = profiles[lines.path][line_key], profiles[orders.path][order_key]
    if not (lines.sample.is_whole and orders.sample.is_whole):
        return 1.0 if named_strength(order_key, "order") > 0 else 0.5
    return sum(n for text, n in of_lines.counts.items() if text in of_orders.counts) / max(1, len(of_lines.present))


def _stem(path: str) -> str:
    name = path.split("/")[-1] if "*" not in path.split("/")[-1].split(".")[0][:1] else path.split("/")[0]
    return name.split(".")[0].strip("*-_[]") or "lines"
