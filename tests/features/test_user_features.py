from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.features.user_features import attribute_vector, user_features
from tawny.testing.frames import frame, rows_of


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


def test_every_user_of_a_fold_has_a_vector_and_zeros_where_nothing_is_known(spark: SparkSession) -> None:
    sequences = frame(spark, "fold string, user_id string", ("test", "u"), ("serve", "u"), ("serve", "new"))
    users = frame(
        spark, "user_id string, attributes map<string,string>", ("u", {"age": "30"}), ("in no fold", {"age": "30"})
    )
    # One place for all attributes, so that no hash needs to be known.
    found = user_features(sequences, users, 1)
    assert found.columns == ["fold", "user_id", "features"]
    assert rows_of(found) == [("serve", "new", [0.0]), ("serve", "u", [0.5]), ("test", "u", [0.5])]
