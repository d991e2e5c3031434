"""What changed between two nights."""

from tawny.core.table import Column, TableSpec

MEASURES = {
    "new_events": "new events: the night before did not know them; below 0 where more were taken back than came",
    "late_events": "late events: new ones of days that the night before had already counted",
    "day_events": "events of the last day",
    "day_users": "users with an event on the last day",
    "new_users": "users whose first event is of the last day",
    "value_median": "median of the values of the last day's events",
    "drift_types": "drift of event types, the last day against four weeks",
    "drift_hours": "drift of the hours of events, the last day against four weeks",
    "drift_values": "drift of the values of events, the last day against four weeks",
    "new_items": "new items of the catalog",
    "gone_items": "items gone: they could be listed the night before and cannot now",
    "lists_changed_share": "lists that are not the same as before, of users with both",
    "list_overlap": "items of a list that were on the list before",
    "list_top_overlap": "the same with more weight at the top: of the first d items, mean over d",
    "new_lists": "users with a list who had none",
    "lost_lists": "users without a list who had one",
    "listed_items_share": "items that are on any list, of all that can be listed",
    "source_share": "listed items that a source speaks for most",
    "drift_sources": "drift of the sources of listed items, against the list before",
    "drift_scores": "drift of the scores of listed items, against the list before",
    "before_ndcg": "NDCG of the list that readers saw, on what users took from its day to run_date",
    "before_hit_rate": "hit rate of that list",
    "before_recall": "recall of that list",
}
"""Every measure, as a person reads it. A drift is a population stability index (evaluation/stability.py)."""

CHANGES = TableSpec(
    name="changes_v1",
    doc="What changed since the list that readers saw before, and how unusual the last day was; long form.",
    columns={
        "run_date": Column("date", "the run"),
        "measure": Column("string", "a key of MEASURES in tables/changes.py"),
        "segment": Column(
            "string", "all; an event type; a source; active or quiet: users with and without events since; as evaluations_v2"
        ),
        "value": Column("double", "as the measure says; null: there is nothing to measure", nullable=True),
        "usual": Column(
            "double",
            "what it is held against: a mean day of the weeks before, or the list before; of a drift: what chance alone"
            " exceeds in one night of twenty; null: nothing",
            nullable=True,
        ),
        "ci_low": Column("double", "95 % bootstrap interval, where there is one", nullable=True),
        "ci_high": Column("double", "its other end", nullable=True),
        "n": Column("bigint", "events, users, items or lists that it was measured on"),
        "list_date": Column("date", "run_date of the list before; null: nothing was published before", nullable=True),
    },
    key=("run_date", "measure", "segment"),
    mode="replace_partition",
    partition_by=("run_date",),
    checks={"measure_is_known": f"measure IN ({', '.join(repr(name) for name in MEASURES)})"},
    retention_days=365,
    keep_days=365,  # some forty rows a night: the curve of a year
)
