"""How good every source and the final list are."""

from tawny.core.table import Column, TableSpec

EVALUATIONS = TableSpec(
    name="evaluations_v1",
    doc="Metrics of each source and the final list on the test window, and of lists published earlier.",
    columns={
        "run_date": Column("date", "the run"),
        "kind": Column("string", "backtest (test fold) or published (a list published earlier)"),
        "list_date": Column("date", "run_date of the evaluated list"),
        "subject": Column("string", "a source, or final"),
        "segment": Column("string", "all, warm or cold"),
        "metric": Column("string", "ndcg, recall, ..."),
        "k": Column("int", "length of the evaluated list"),
        "value": Column("double", "mean over users", nullable=True),
        "ci_low": Column("double", "95 % bootstrap interval", nullable=True),
        "ci_high": Column("double", "95 % bootstrap interval", nullable=True),
        "n_users": Column("bigint", "users evaluated"),
        "n_left_out": Column("bigint", "users without relevant items, left out"),
    },
    key=("run_date", "kind", "list_date", "subject", "segment", "metric", "k"),
    mode="replace_partition",
    partition_by=("run_date",),
    retention_days=365,
    keep_days=365,  # one row per metric: the curve of a year
)
