import math

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.features.feature_vectors import attribute_vector, behaviour_vector
from tawny.testing.frames import frame, rows_of, same

FEATURES = (
    "n_events int, n_events_7d int, n_events_30d int, n_by_type map<string,int>, recency_days float, tenure_days float, "
    "category_shares map<string,float>, hour_shares array<float>, mean_value float"
)


def test_behaviour_stands_in_the_documented_order_and_nothing_known_is_all_zeros(spark: SparkSession) -> None:
    at_noon = [float(hour == 12) for hour in range(24)]
    rows = frame(
        spark,
        FEATURES,
        (4, 0, 3, {"view": 3, "hide": 1}, 60.0, 100.0, {"drama": 0.75, "other": 0.25}, at_noon, 4.0),
        (0, 0, 0, {}, None, None, {}, [0.0] * 24, None),
    )
    (nothing,), (known,) = rows_of(rows.select(behaviour_vector(["crime", "drama"], 5.0)))
    numbers = [math.log(5) / 10, 0.0, math.log(4) / 10, 0.25, math.log(101) / 10, 0.8]
    types = [0, 0.75, 0, 0, 0, 0, 0, 0, 0, 0.25]
    assert same(known, [*numbers, *types, *at_noon, 0.0, 0.75])
    assert nothing == [0.0] * 42


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
