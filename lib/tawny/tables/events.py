"""What users did: the accepted events."""

from tawny.core.columns import EVENT_TYPES
from tawny.core.table import Column, TableSpec
from tawny.tables.quarantine import quarantine_of

EVENTS = TableSpec(
    name="events_v2",
    doc="Accepted events. A late event lies in the partition of its own day.",
    columns={
        "event_id": Column("string", "hash of the event's values (and of its source's id): the same event twice is one row"),
        "user_id": Column("string", "as the landing files name the user"),
        "item_id": Column("string", "as the landing files name the item"),
        "event_type": Column("string", "one of core.columns.EVENT_TYPES"),
        "event_ts": Column("timestamp", "UTC, microseconds"),
        "event_date": Column("date", "UTC day of event_ts"),
        "value": Column("double", "rating, price paid, seconds played ... as the event type means it", nullable=True),
        "context": Column("map<string,string>", "anything else that the landing files say about the event", nullable=True),
        "source_file": Column("string", "path below the landing folder of the file that the event was read from"),
        "source_digest": Column("string", "of that file, as in landings_v1"),
        "source_line": Column("bigint", "line of that file (row number for Parquet), from 1"),
    },
    key=("event_id",),
    mode="merge_by_key",
    partition_by=("event_date",),
    checks={"event_type_is_known": f"event_type IN ({', '.join(repr(t) for t in EVENT_TYPES)})"},
    time_column="event_ts",
    is_pinned=True,
    is_immutable=True,
    retention_days=90,
)

# A duplicate or the event of a robot is an event: what a later file or a retracted one changes is judged by these columns.
EVENTS_QUARANTINE = quarantine_of(EVENTS, {name: EVENTS.columns[name] for name in EVENTS.columns if "source" not in name})
