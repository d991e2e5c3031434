"""The training data from rows of tables."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tawny.evaluation.validate import user_key
from tawny.models.two_tower.data import category_matrix, frequent_categories, training_data, validation_sample

CATEGORIES = np.zeros((9, 0), np.float32)

INSTANT = pa.timestamp("us", "UTC")
CUTOFF, MORNING = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)

# As of the cutoff three users; a came back, and is judged as of a later morning, too.
SEQUENCES = pa.table(
    {
        "user_id": ["c", "a", "a", "b"],
        "as_of_ts": pa.array([CUTOFF, MORNING, CUTOFF, CUTOFF], INSTANT),
        "is_training": [True, False, True, True],
        "item_indices": pa.array([[7], [3, 4, 6], [3, 4], []], pa.list_(pa.int32())),
        "weights": pa.array([[2.0], [1.0, 0.5, 3.0], [1.0, 0.5], []], pa.list_(pa.float32())),
        "ages_days": pa.array([[1.0], [10.0, 9.0, 0.5], [9.0, 8.0], []], pa.list_(pa.float32())),
        "seen_indices": pa.array([[7, 8], [1, 3, 4, 6], [1, 3, 4], []], pa.list_(pa.int32())),
    }
)


def features(rows: dict[str, list[float]]) -> pa.Table:
    return pa.table(
        {"user_id": pa.array(list(rows), pa.string()), "features": pa.array([*rows.values()], pa.list_(pa.float32()))}
    )


def holdouts(rows: dict[tuple[str, datetime], list[int]]) -> pa.Table:
    users, instants = zip(*rows, strict=True)
    answers = pa.array([*rows.values()], pa.list_(pa.int32()))
    return pa.table({"user_id": list(users), "as_of_ts": pa.array(instants, INSTANT), "item_indices": answers})


def test_users_come_in_the_order_of_their_ids_with_their_features_or_zeros() -> None:
    data = training_data(SEQUENCES, features({"c": [5, 6], "x": [9, 9], "a": [1, 2]}), CATEGORIES, None)
    assert data.train.indptr.tolist() == [0, 2, 2, 3]
    assert data.train.items.tolist() == [3, 4, 7]
    assert data.train.weights.tolist() == [1.0, 0.5, 2.0]
    assert data.train.ages_days.tolist() == [9.0, 8.0, 1.0]
    assert data.train.features is not None
    assert data.train.features.dtype == np.float32
    assert data.train.features.tolist() == [[1, 2], [0, 0], [5, 6]]
    assert data.held_out is None
    assert data.is_ordered
    assert not training_data(SEQUENCES, features({}), CATEGORIES, None, is_ordered=False).is_ordered


@pytest.mark.parametrize("known", [{}, {"a": []}])
def test_without_features_there_are_columns_for_nobody(known: dict[str, Any]) -> None:
    data = training_data(SEQUENCES, features(known), CATEGORIES, None)
    assert data.train.features is not None
    assert data.train.features.shape == (3, 0)


def test_held_out_are_the_answers_of_each_morning_and_what_the_user_had_done_by_then() -> None:
    rows = {("c", CUTOFF): [2], ("stranger", CUTOFF): [0], ("a", MORNING): [5], ("a", CUTOFF): [5, 6]}
    sample = validation_sample(SEQUENCES, features({"a": [1, 2]}), holdouts(rows))
    data = training_data(SEQUENCES, features({}), CATEGORIES, sample)
    assert data.held_out is sample
    assert sample.users.indptr.tolist() == [0, 2, 5, 6]
    assert sample.users.items.tolist() == [3, 4, 3, 4, 6, 7]
    assert sample.users.features is not None
    assert sample.users.features.tolist() == [[1, 2], [1, 2], [0, 0]]
    assert sample.seen.values.tolist() == [1, 3, 4, 1, 3, 4, 6, 7, 8]
    assert sample.answers.indptr.tolist() == [0, 2, 3, 4]
    assert sample.answers.values.tolist() == [5, 6, 5, 2]
    assert data.train.indptr.tolist() == [0, 2, 2, 3]


def test_the_most_frequent_categories_are_columns_and_ties_go_by_name() -> None:
    catalog = pa.table({"item_index": [2, 0, 1], "categories": [["war"], ["drama", "art"], ["drama", "comedy"]]})
    # drama is of two items; art, comedy and war of one each.
    assert category_matrix(catalog, frequent_categories(catalog, 3)).tolist() == [[1, 1, 0], [1, 0, 1], [0, 0, 0]]


def test_a_fold_marks_the_categories_that_validation_knew_best() -> None:
    validation = pa.table({"item_index": [1, 0, 2], "categories": [["b", "a"], ["b"], ["c", "a"]]})
    serve = pa.table({"item_index": [1, 0, 2], "categories": [["c"], ["new", "a"], []]})
    names = frequent_categories(validation, 2)
    assert names == ["a", "b"]
    np.testing.assert_array_equal(category_matrix(validation, names), np.array([[0, 1], [1, 1], [1, 0]], np.float32))
    np.testing.assert_array_equal(category_matrix(serve, names), np.array([[1, 0], [0, 0], [0, 0]], np.float32))


def test_held_out_rows_of_a_user_have_the_same_key() -> None:
    answers = holdouts({("a", CUTOFF): [5], ("c", CUTOFF): [6], ("a", MORNING): [7]})
    sample = validation_sample(SEQUENCES, features({}), answers)
    assert sample.keys is not None
    assert sample.keys.tolist() == [user_key("a"), user_key("a"), user_key("c")]
