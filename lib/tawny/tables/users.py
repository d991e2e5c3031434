"""Whom we recommend to."""

from tawny.core.table import Column, TableSpec
from tawny.tables.quarantine import quarantine_of

USERS = TableSpec(
    name="users_v1",
    doc="The latest attributes of every user that a landing file described; users may be known from events alone.",
    columns={
        "user_id": Column("string", "raw key"),
        "attributes": Column("map<string,string>", "whatever the source says of the user", nullable=True),
    },
    key=("user_id",),
    mode="merge_by_key",
    retention_days=90,
)

USERS_QUARANTINE = quarantine_of(USERS)
