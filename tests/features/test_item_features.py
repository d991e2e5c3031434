"""What a fold knows of each item."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.core.columns import ALWAYS
from tawny.core.config import EventSettings
from tawny.features.item_features import item_features
from tawny.testing.frames import RUN_DAY, assert_rows, event, event_frame, frame

CATALOG = "item_index int, item_id string, first_event_ts timestamp, is_blocked boolean"
ITEMS = (
    "item_id string, known_from date, categories array<string>, available_from timestamp, available_until timestamp, "
    "price double"
)
COLUMNS = "fold item_index is_listable categories age_days price n_events n_events_7d n_events_30d n_events_90d"
DAY = timedelta(days=1)
CUTOFFS = {"validation": RUN_DAY - 20 * DAY, "test": RUN_DAY - 10 * DAY, "serve": RUN_DAY}
Row = tuple[object, ...]
FOLDS = "fold string, cutoff_ts timestamp"


def test_events_of_an_item_are_counted_by_window_and_every_fold_has_every_item(spark: SparkSession) -> None:
    days = (7, 8, 30, 90, 91)
    events = event_frame(spark, [event("u", "a", "view", day) for day in days] + [event("v", "b", "like", 100)])
    serve = events.withColumns({"fold": F.lit("serve"), "as_of_ts": F.lit(RUN_DAY)})
    test = serve.where("item_id = 'b'").withColumn("fold", F.lit("test"))
    firsts = [RUN_DAY - 91 * DAY, RUN_DAY - 100 * DAY, None]
    catalog = frame(spark, CATALOG, *((place, name, firsts[place], False) for place, name in enumerate("abc")))
    items = frame(spark, ITEMS, *((name, ALWAYS, [], None, None, None) for name in "abc"))
    assert_rows(
        item_features(serve.union(test), items, catalog, frame(spark, FOLDS, *CUTOFFS.items()), EventSettings()),
        COLUMNS,
        [
            ("serve", 0, True, [], 91.0, None, 5, 1, 3, 4),
            ("serve", 1, True, [], 100.0, None, 1, 0, 0, 0),
            ("serve", 2, True, [], None, None, 0, 0, 0, 0),
            ("test", 0, True, [], 81.0, None, 0, 0, 0, 0),
            ("test", 1, True, [], 90.0, None, 1, 0, 0, 0),
            ("test", 2, True, [], None, None, 0, 0, 0, 0),
            *[("validation", item, True, [], age, None, 0, 0, 0, 0) for item, age in enumerate((71.0, 80.0, None))],
        ],
    )


def listable(spark: SparkSession, catalog: Sequence[Row], items: Sequence[Row]) -> dict[str, str]:
    """item_id -> the folds that may list it."""
    nothing = event_frame(spark, []).withColumns({"fold": F.lit("serve"), "as_of_ts": F.lit(RUN_DAY)})
    numbered = frame(spark, CATALOG, *((place, *row) for place, row in enumerate(catalog)))
    cutoffs = frame(spark, FOLDS, *CUTOFFS.items())
    found = item_features(nothing, frame(spark, ITEMS, *items), numbered, cutoffs, EventSettings())
    folds: dict[str, list[str]] = {str(row[0]): [] for row in catalog}
    for row in found.where("is_listable").join(numbered, "item_index").collect():
        folds[row["item_id"]].append(row["fold"])
    return {name: " ".join(fold for fold in CUTOFFS if fold in own) for name, own in folds.items()}


def test_a_fold_lists_an_item_only_if_it_was_known_before_the_cutoff(spark: SparkSession) -> None:
    micro = timedelta(microseconds=1)
    test = CUTOFFS["test"]
    catalog = [
        ("seen_before", test - micro, False),
        ("seen_at", test, False),
        ("described_on", None, False),
        ("described_after", None, False),
        ("seen_then_described", CUTOFFS["validation"] - DAY, False),
        ("blocked", test - 50 * DAY, True),
    ]
    known = {"described_on": test, "described_after": test + DAY, "seen_then_described": test}
    items: list[Row] = [(name, instant.date(), [], None, None, None) for name, instant in known.items()]
    assert listable(spark, catalog, [*items, ("blocked", ALWAYS, [], None, None, None)]) == {
        "seen_before": "test serve",
        "seen_at": "serve",
        "described_on": "test serve",
        "described_after": "serve",
        "seen_then_described": "validation test serve",
        "blocked": "",
    }


def test_a_fold_lists_an_item_only_while_it_is_available_by_the_description_of_that_time(spark: SparkSession) -> None:
    def described(name: str, start: datetime | None, end: datetime | None, known: datetime | None = None) -> Row:
        return (name, known.date() if known else ALWAYS, [], start, end, None)

    second, test = timedelta(seconds=1), CUTOFFS["test"]
    items = [
        described("starts at", test, None),
        described("starts after", test + second, None),
        described("ends at", None, test),
        described("ends after", None, test + second),
        # Only the description of the last days says that it has ended long ago; one of tomorrow says the contrary.
        described("ended", None, None),
        described("ended", None, test - 100 * DAY, known=test + DAY),
        described("ended", None, None, known=RUN_DAY + DAY),
    ]
    catalog = [(name, None, False) for name in ("starts at", "starts after", "ends at", "ends after", "ended")]
    assert listable(spark, catalog, items) == {
        "starts at": "test serve",
        "starts after": "serve",
        "ends at": "validation",
        "ends after": "validation test",
        "ended": "validation test",
    }


def test_categories_and_price_are_those_that_were_known_at_the_cutoff(spark: SparkSession) -> None:
    nothing = event_frame(spark, []).withColumns({"fold": F.lit("serve"), "as_of_ts": F.lit(RUN_DAY)})
    items = frame(
        spark, ITEMS,
        ("a", ALWAYS, ["new", "comedy", "new", "", None], None, None, 3.0),
        ("a", CUTOFFS["test"].date(), ["comedy"], None, None, 4.5),
        ("a", (CUTOFFS["test"] + DAY).date(), None, None, None, None),
    )  # fmt: skip
    catalog = frame(spark, CATALOG, (0, "a", None, False))
    found = item_features(nothing, items, catalog, frame(spark, FOLDS, *CUTOFFS.items()), EventSettings())
    expected = [("validation", ["comedy", "new"], 3.0), ("test", ["comedy"], 4.5), ("serve", [], None)]
    assert_rows(found.select("fold", "categories", "price"), "fold categories price", expected)


def test_a_fold_without_a_cutoff_lists_nothing(spark: SparkSession) -> None:
    nothing = event_frame(spark, []).withColumns({"fold": F.lit("serve"), "as_of_ts": F.lit(RUN_DAY)})
    items = frame(spark, ITEMS, ("a", ALWAYS, [], None, None, None))
    found = item_features(
        nothing,
        items,
        frame(spark, CATALOG, (0, "a", RUN_DAY, False)),
        frame(spark, FOLDS, ("test", None)),
        EventSettings(),
    )
    assert_rows(found.select("fold", "is_listable"), "fold is_listable", [("test", False)])


def test_events_that_count_against_an_item_do_not_make_it_popular(spark: SparkSession) -> None:
    kinds = ["hide", "dislike", "impression", "purchase"]
    rated = [event("v", "a", "rating", 1, value=stars) for stars in (2.0, 4.0)]
    events = event_frame(spark, [event("u", "a", kind, 1) for kind in kinds] + rated)
    past = events.withColumns({"fold": F.lit("serve"), "as_of_ts": F.lit(RUN_DAY)})
    items, catalog = frame(spark, ITEMS), frame(spark, CATALOG, (0, "a", RUN_DAY - DAY, False))
    cutoffs = frame(spark, FOLDS, ("serve", RUN_DAY))
    found = item_features(past, items, catalog, cutoffs, EventSettings(min_rating=3))
    assert_rows(found.select("n_events", "n_events_7d"), "n_events n_events_7d", [(2, 2)])
