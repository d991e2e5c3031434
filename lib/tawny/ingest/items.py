"""Cleaning items."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import ITEM_ID
from tawny.ingest.latest import refuse_superseded
from tawny.ingest.parse import bare, instant, number, text
from tawny.ingest.reasons import Reason
from tawny.ingest.rules import ItemRules
from tawny.ingest.verdict import Rule, judge, missing, told, too_long, unread

_TIMES = ("available_from", "available_until")


def judge_items(raw: DataFrame, rules: ItemRules) -> DataFrame:
    """The raw rows (tawny.landing.schema) with the columns of items_v1, `reason` and `detail`.

    `reason` is null where the row is accepted. Of the rows of one item the last by file and line is accepted.
    """
    return judge(_typed(raw), _rules(rules)).transform(refuse_superseded, ITEM_ID)


def _typed(raw: DataFrame) -> DataFrame:
    came = {f"{name}_text": text(name) for name in ("price", *_TIMES)}
    plain = {name: text(name) for name in (ITEM_ID, "title", "description", "image_path")}
    tidy = F.array_distinct(F.filter(F.transform("categories", lambda name: bare(name)), lambda name: name != ""))
    parsed = {name: instant(F.col(f"{name}_text"), F.col("time_unit")) for name in _TIMES}
    typed = raw.withColumns({**came, **plain, "categories": F.when(F.cardinality(tidy) > 0, tidy)})
    return typed.withColumns({**parsed, "price": number(F.col("price_text")) + F.lit(0.0)})


def _rules(rules: ItemRules) -> list[Rule]:
    # Python and Arrow hold no later year; it is what "for ever" may be written as.
    no_end = F.lit("9999-12-31T23:59:59.999999Z").cast("timestamp")
    period = F.concat(told("available_from"), F.lit(" "), told("available_until"))
    return [
        *missing(ITEM_ID),
        *too_long(rules.max_id_length, ITEM_ID),
        *[unread(name, f"{name}_text") for name in ("price", *_TIMES)],
        Rule(Reason.OUT_OF_RANGE, ~F.col("price").between(0.0, rules.max_price), told("price")),
        *[Rule(Reason.OUT_OF_RANGE, F.col(name) > no_end, told(name)) for name in _TIMES],
        Rule(Reason.OUT_OF_RANGE, F.col("available_from") >= F.col("available_until"), period),
    ]
