"""The lists, in the form that readers see. They follow the one that published_v2 names."""

from tawny.core.table import Column, TableSpec

RECOMMENDATIONS = TableSpec(
    name="recommendations_v2",
    doc="The lists for the day run_date, in long form. Written once: other rows are another list_id.",
    columns={
        "run_date": Column("date", "the day the list is for"),
        "list_id": Column("string", "16 hex digits over the list's rows"),
        "user_id": Column("string", "as the landing files name the user"),
        "rank": Column("int", "from 1"),
        "item_id": Column("string", "as the landing files name the item"),
        "score": Column("float", "higher is better; comparable within one list"),
        "sources": Column("array<string>", "sources that had the item among their candidates, strongest first"),
        "reasons": Column(
            "array<struct<source:string,item_id:string,share:float>>",
            "past items of this user that contributed most, with their share of the score; item_id null: the source itself",
        ),
        "model_version": Column("string", "of the ranker and, through it, of every source"),
        "details": Column(
            "array<struct<event_type:string,event_date:date,category:string>>",
            "one per reason, in the same order: the user's strongest event with the past item, and its day (UTC); or the"
            " category that the item is popular in, where no past item would be believed; null in lists of older versions",
            nullable=True,
        ),
    },
    key=("run_date", "list_id", "user_id", "rank"),
    mode="replace_partition",
    partition_by=("run_date", "list_id"),
    id_column="list_id",
    checks={"rank_is_from_1": "rank >= 1", "score_is_finite": "NOT isnan(score) AND abs(score) < 1e30"},
    retention_days=90,
    keep_days=90,  # a quarter of a year, for evaluations of what users did later and for questions of users
)
