"""The ledger of landed files."""

from tawny.core.table import Column, TableSpec

LANDINGS = TableSpec(
    name="landings_v1",
    doc="Every landed file that was read, by content: a file is read once, whatever the number of nights.",
    columns={
        "kind": Column("string", "events, items or users"),
        "path": Column("string", "below the landing folder"),
        "digest": Column("string", "SHA-256 of the file's bytes (and of its key=value folders), as hex"),
        "parser": Column("string", "how the file was declared to be read, as JSON: what of [[files]] changes its rows"),
        "n_bytes": Column("bigint", "size of the file"),
        "modified_ts": Column("timestamp", "UTC; when the file was last changed"),
        "delivery": Column(
            "bigint", "from 1, in the order in which files were delivered; a later file corrects an earlier one"
        ),
        "known_from": Column(
            "date", "the first run_date that knows what the file says; core.columns.ALWAYS for the first load"
        ),
        "status": Column(
            "string", "reading, read, copy, replaced, replaying, retracting or retracted (tawny.ingest.ledger)"
        ),
        "n_rows": Column("bigint", "rows of the file"),
        "n_accepted": Column("bigint", "rows that were accepted when the file was read"),
        "n_refused": Column("bigint", "rows that were refused then"),
        "names": Column("array<string>", "the file's columns, so that quarantined rows can be read again without it"),
        "run_date": Column("date", "of the run that first read the file, or replayed it last"),
        "run_id": Column("string", "of that run"),
        "delimiter": Column("string", "between the fields of a CSV file, as its header line has it", nullable=True),
    },
    key=("kind", "path", "digest", "parser"),
    mode="compare_and_set",
    checks={"status_is_known": "status IN ('reading', 'read', 'copy', 'replaced', 'replaying', 'retracting', 'retracted')"},
    retention_days=365,
)
