"""How good every source and the final list are."""

from tawny.core.table import Column, TableSpec

EVALUATIONS = TableSpec(
    name="evaluations_v2",
    doc="Metrics of each source and the final list on the test window, their differences, and lists published earlier.",
    columns={
        "run_date": Column("date", "the run"),
        "kind": Column("string", "backtest (test fold) or published (a list published earlier)"),
        "list_date": Column("date", "run_date of the evaluated list"),
        "subject": Column("string", "a source, or final"),
        "versus": Column("string", "the subject whose value is subtracted; empty: the value is the metric itself"),
        "segment": Column("string", "all, warm, cold, or entries of the history: 1-2, 3-10, 11+"),
        "metric": Column("string", "ndcg, recall, ...; reason_agreement: see ranking/agreement.py"),
        "k": Column("int", "length of the evaluated list"),
        "value": Column("double", "mean over judged lists, or the difference of two means", nullable=True),
        "ci_low": Column("double", "95 % bootstrap interval; of a difference, over the same users", nullable=True),
        "ci_high": Column("double", "its other end", nullable=True),
        "n_judged": Column("bigint", "lists judged"),
        "n_left_out": Column("bigint", "lists left out: the metric does not apply to them"),
    },
    key=("run_date", "kind", "list_date", "subject", "versus", "segment", "metric", "k"),
    mode="replace_partition",
    partition_by=("run_date",),
    retention_days=365,
    keep_days=365,  # one row per metric: the curve of a year
)
