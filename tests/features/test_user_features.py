from datetime import timedelta

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.core.columns import ALWAYS, FOLDS
from tawny.features.user_features import attribute_vector, user_features
from tawny.testing.frames import RUN_DAY, frame, rows_of

USERS = "user_id string, known_from date, attributes map<string,string>"
CUTOFFS = "fold string, cutoff_ts timestamp"
TEST = RUN_DAY - timedelta(days=10)


def test_attributes_are_hashed_names_of_numbers_and_name_value_pairs_of_words(spark: SparkSession) -> None:
    rows = frame(
        spark,
        "user_id string, attributes map<string,string>",
        ("a", {"age": "30", "city": "Bern"}),
        ("b", {"age": "90"}),
        ("c", {"city": "Bern", "age": "nan"}),
        ("d", {}),
        ("e", None),
    )
    found = dict(rows_of(rows.select("user_id", attribute_vector(F.col("attributes"), 64))))
    assert sorted(found["a"])[-2:] == [0.5, 1.0] and sum(found["a"]) == 1.5
    assert found["b"] == [0.75 if part == 0.5 else 0.0 for part in found["a"]]
    assert sum(found["c"]) == 2.0 and found["c"][found["a"].index(1.0)] == 1.0
    assert found["d"] == found["e"] == [0.0] * 64


def test_a_fold_knows_the_attributes_that_were_delivered_before_its_cutoff(spark: SparkSession) -> None:
    sequences = frame(spark, "fold string, user_id string", *((fold, user) for fold in FOLDS for user in ("u", "late")))
    day = timedelta(days=1)
    users = frame(
        spark, USERS,
        ("u", ALWAYS, {"age": "30"}),
        ("u", (TEST + day).date(), {"age": "90"}),
        ("late", TEST.date(), {"age": "10"}),
        ("late", (RUN_DAY + day).date(), {"age": "90"}),
    )  # fmt: skip
    cutoffs = frame(spark, CUTOFFS, ("validation", TEST - day), ("test", TEST), ("serve", RUN_DAY))
    assert rows_of(user_features(sequences, users, cutoffs, 1)) == [
        ("serve", "late", [0.25]), ("serve", "u", [0.75]),
        ("test", "late", [0.25]), ("test", "u", [0.5]),
        ("validation", "late", [0.0]), ("validation", "u", [0.5]),
    ]  # fmt: skip


def test_ignored_attributes_are_left_out_and_the_others_keep_their_places(spark: SparkSession) -> None:
    sequences, cutoffs = frame(spark, "fold string, user_id string", ("test", "u")), frame(spark, CUTOFFS, ("test", TEST))
    with_deeds = frame(spark, USERS, ("u", ALWAYS, {"age": "30", "n_orders": "7", "city": "Bern"}))
    without = frame(spark, USERS, ("u", ALWAYS, {"age": "30", "city": "Bern"}))
    found = rows_of(user_features(sequences, with_deeds, cutoffs, 64, ["n_orders", "nowhere"]))
    assert found == rows_of(user_features(sequences, without, cutoffs, 64))
    assert found != rows_of(user_features(sequences, with_deeds, cutoffs, 64))


def test_every_user_of_a_fold_has_a_vector_and_zeros_where_nothing_is_known(spark: SparkSession) -> None:
    sequences = frame(spark, "fold string, user_id string", ("test", "u"), ("serve", "u"), ("serve", "new"))
    users = frame(spark, USERS, ("u", ALWAYS, {"age": "30"}), ("in no fold", ALWAYS, {"age": "30"}))
    # One place for all attributes, so that no hash needs to be known.
    found = user_features(sequences, users, frame(spark, CUTOFFS, ("test", TEST), ("serve", RUN_DAY)), 1)
    assert found.columns == ["fold", "user_id", "features"]
    assert rows_of(found) == [("serve", "new", [0.0]), ("serve", "u", [0.5]), ("test", "u", [0.5])]
