"""The users that the landing files describe."""

from tawny.core.table import Column, TableSpec
from tawny.tables.quarantine import quarantine_of

USERS = TableSpec(
    name="users_v1",
    doc="The latest attributes of every user that a landing file described; users may be known from events alone.",
    columns={
        "user_id": Column("string", "as the landing files name the user"),
        "attributes": Column("map<string,string>", "anything else that the landing files say about the user", nullable=True),
    },
    key=("user_id",),
    mode="merge_by_key",
    retention_days=90,
)

USERS_QUARANTINE = quarantine_of(USERS)
