"""The lists that readers see or have seen: run_date and list_id name a partition of recommendations_v2.

publish/pointer.py has the rules.
"""

from tawny.core.table import Column, TableSpec

PUBLISHED = TableSpec(
    name="published_v2",
    doc="Every list that was published. Readers follow the row of status `published`.",
    columns={
        "list": Column("string", "name of the list; `main` is the only one so far"),
        "run_date": Column("date", "the day the list is for"),
        "list_id": Column("string", "of recommendations_v2"),
        "model_version": Column("string", "of the list"),
        "status": Column(
            "string",
            "published: what readers follow, one per list; superseded: what they followed before; withdrawn: taken back by a"
            " rollback, and never published again but by `roll_back`",
        ),
        "sequence": Column("int", "from 1, in the order in which the lists became published"),
        "n_users": Column("bigint", "eligible users, as the audit counted them"),
        "n_listed": Column("bigint", "of them, users with a list"),
        "n_exhausted": Column("bigint", "of them, users without a list because they have seen all that is available"),
        "metric": Column("string", "what the gate compared: metric, k and segment, such as `ndcg@20 of all`"),
        "n_judged": Column("bigint", "lists on which the gate's metric was measured"),
        "value": Column("double", "the metric of this list on the test window; null: nothing was measured", nullable=True),
        "ci_low": Column("double", "95 % bootstrap interval of `value`", nullable=True),
        "ci_high": Column("double", "95 % bootstrap interval of `value`", nullable=True),
        "floor": Column("double", "the metric of popularity on the same users", nullable=True),
        "run_id": Column("string", "of the run that published it (runs_v2)"),
    },
    key=("list", "run_date", "list_id"),
    mode="compare_and_set",
    checks={
        "status_is_known": "status IN ('published', 'superseded', 'withdrawn')",
        "sequence_is_from_1": "sequence >= 1",
    },
    retention_days=365,
)
