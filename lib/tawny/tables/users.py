"""The users that the landing files describe."""

from tawny.core.table import Column, TableSpec
from tawny.tables.quarantine import quarantine_of

USERS = TableSpec(
    name="users_v2",
    doc="Every description of a user, with the day from which it was known; users may be known from events alone.",
    columns={
        "user_id": Column("string", "as the landing files name the user"),
        "known_from": Column(
            "date", "the first run_date that knows this description; core.columns.ALWAYS for the first load"
        ),
        "attributes": Column("map<string,string>", "anything else that the landing files say about the user", nullable=True),
        "source_file": Column("string", "path below the landing folder of the file that gave the description"),
        "source_digest": Column("string", "of that file, as in landings_v1"),
        "source_line": Column("bigint", "line of that file (row number for Parquet), from 1; 0: it is gone from it"),
    },
    key=("user_id", "known_from"),
    mode="merge_by_key",
    known_column="known_from",
    is_pinned=True,
    retention_days=90,
)

USERS_QUARANTINE = quarantine_of(USERS)
