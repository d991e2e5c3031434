"""The pointer that readers follow."""

from tawny.core.table import Column, TableSpec

PUBLISHED = TableSpec(
    name="published_v1",
    doc="Which run_date of recommendations_v1 readers follow. publish/pointer.py has the rules.",
    columns={
        "list": Column("string", "name of the list; `main` is the only one so far"),
        "run_date": Column("date", "the published run_date"),
        "previous_run_date": Column("date", "what was published before", nullable=True),
        "model_version": Column("string", "of the published lists"),
    },
    key=("list",),
    mode="merge_by_key",
    retention_days=365,
)
