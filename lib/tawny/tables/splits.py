"""How each night holds events out to judge itself."""

from tawny.core.table import Column, TableSpec

SPLITS = TableSpec(
    name="splits_v1",
    doc="One row per fold: what it learns from, the mornings as of which it makes lists, and what counts as an answer.",
    columns={
        "run_date": Column("date", "the run"),
        "fold": Column("string", "validation, test or serve"),
        "kind": Column("string", "the file of features/splits that labels the events"),
        "cutoff_ts": Column("timestamp", "the fold learns from events before it, and counts ages to it"),
        "end_ts": Column("timestamp", "answers lie before it"),
        "mornings": Column("array<timestamp>", "as of when the fold makes lists, ascending"),
        "horizon_days": Column("int", "how long after a morning answers lie; null: all that is held out", nullable=True),
        "n_answers": Column("bigint", "first events of a user with an item in the window, of a target type"),
        "n_warm_answers": Column("bigint", "of these, of users with a history that morning"),
        "is_ordered": Column("boolean", "the order of a user's events says something about what follows"),
        "targets": Column("map<string,double>", "value of an answer by event type"),
        "seen_types": Column("array<string>", "an item with such an event is not listed to its user"),
        "reason": Column("string", "why it is so, for people"),
    },
    key=("run_date", "fold"),
    mode="replace_partition",
    partition_by=("run_date",),
    keep_days=365,  # three rows a night: what was asked, beside evaluations_v2
)
