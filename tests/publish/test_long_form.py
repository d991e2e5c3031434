"""Published rows spell everything out."""

from datetime import date

from pyspark.sql import SparkSession

from tawny.publish.long_form import long_form
from tawny.testing.frames import dicts_of

_LISTS = (
    "user_id string, model_version string, items array<struct<item_index:int,score:float,sources:array<string>,"
    "reasons:array<struct<source:string,item_index:int,share:float>>>>,"
    " details array<array<struct<event_type:string,event_date:date,category:string>>>"
)


def test_lists_become_rows_with_ids_and_reasons_in_order(spark: SparkSession) -> None:
    items = [
        (1, 0.75, ["als", "popularity"], [("als", 2, 0.5), ("als", 0, 0.25), ("popularity", None, 0.25)]),
        (0, 0.5, ["popularity"], []),
    ]
    bought, viewed, popular = ("purchase", date(2026, 5, 3), None), ("view", date(2026, 5, 1), None), (None, None, "Garden")
    lists = spark.createDataFrame([("u", "v1", items, [[bought, viewed, popular], []])], _LISTS)
    catalog = spark.createDataFrame([(0, "zero"), (1, "one"), (2, "two")], "item_index int, item_id string")
    assert dicts_of(long_form(lists, catalog), "rank") == [
        {
            "user_id": "u", "rank": 1, "item_id": "one", "score": 0.75, "sources": ["als", "popularity"],
            "reasons": [
                {"source": "als", "item_id": "two", "share": 0.5},
                {"source": "als", "item_id": "zero", "share": 0.25},
                {"source": "popularity", "item_id": None, "share": 0.25},
            ],
            "model_version": "v1",
            "details": [
                {"event_type": "purchase", "event_date": date(2026, 5, 3), "category": None},
                {"event_type": "view", "event_date": date(2026, 5, 1), "category": None},
                {"event_type": None, "event_date": None, "category": "Garden"},
            ],
        },
        {
            "user_id": "u", "rank": 2, "item_id": "zero", "score": 0.5, "sources": ["popularity"], "reasons": [],
            "model_version": "v1", "details": [],
        },
    ]  # fmt: skip
