"""Who a user is, in numbers."""

from tawny.core.table import Column, TableSpec

USER_FEATURES = TableSpec(
    name="user_features_v1",
    doc="One row per user of the fold, from the events the fold learns from.",
    columns={
        "run_date": Column("date", "the run"),
        "fold": Column("string", "validation, test or serve"),
        "user_id": Column("string", "raw key"),
        "n_events": Column("int", "all events"),
        "n_events_7d": Column("int", "events in the 7 days before the cutoff"),
        "n_events_30d": Column("int", "events in the 30 days before the cutoff"),
        "n_by_type": Column("map<string,int>", "events by event_type"),
        "recency_days": Column("float", "days from the last event to the cutoff", nullable=True),
        "tenure_days": Column("float", "days from the first event to the cutoff", nullable=True),
        "category_shares": Column("map<string,float>", "share of the user's weight by category of the item; sums to 1"),
        "hour_shares": Column("array<float>", "share of events by UTC hour [24]; sums to 1, or all 0"),
        "mean_value": Column("float", "mean value of the user's ratings", nullable=True),
        "features": Column(
            "array<float>", "the above as one vector, scaled to about [-1, 1]; features/feature_vectors.py has the order"
        ),
        "attribute_features": Column(
            "array<float>", "users_v1.attributes as one vector in about [-1, 1]; no deed of the user changes it"
        ),
    },
    key=("run_date", "fold", "user_id"),
    mode="replace_partition",
    partition_by=("run_date", "fold"),
)
