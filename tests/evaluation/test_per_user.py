import numpy as np
import pyarrow as pa
import pytest

from tawny.core.arrays import Ragged
from tawny.evaluation.per_user import UserBatch, per_user
from tawny.evaluation.spec import EvaluationSpec

from .conftest import SPEC, made_batch


def test_every_metric_and_length_is_a_nullable_float_column() -> None:
    names = ["average_precision", "hit_rate", "mrr", "ndcg", "novelty", "precision", "recall"]
    schema = per_user(made_batch(5, seed=0), SPEC).schema
    assert schema == pa.schema([(f"{name}_{k}", pa.float64()) for name in names for k in (2, 5)])


def test_values_are_those_of_each_metric_and_null_where_it_can_say_nothing() -> None:
    spec = EvaluationSpec(ks=(2,), popularity=np.array([1, 1, 0, 0, 0, 1, 0, 0, 0]) * 5 + 1, seed=0)
    lists = np.array([[0, 5], [2, -1], [-1, -1]], np.int32)
    relevant = Ragged.from_rows([[5, 8], [], [4]])
    batch = per_user(UserBatch(np.arange(3, dtype=np.uint64), lists, relevant), spec).to_pydict()
    assert batch["recall_2"] == [0.5, None, 0.0]
    assert batch["mrr_2"] == [0.5, None, 0.0]
    # Counts of 6 and 1 become 7 and 2 of 3 * 7 + 6 * 2 = 33.
    assert batch["novelty_2"] == pytest.approx([np.log2(33 / 7), np.log2(33 / 2), None], nan_ok=True)


def test_an_item_that_is_not_in_the_catalog_is_refused() -> None:
    batch = UserBatch(np.zeros(1, np.uint64), np.array([[30]], np.int32), Ragged.from_rows([[]]))
    with pytest.raises(ValueError, match=r"indices below 30, or -1 for an empty place\. Received: 30\. Evaluate lists"):
        per_user(batch, SPEC)


def test_a_batch_whose_parts_are_of_different_users_is_refused() -> None:
    with pytest.raises(ValueError, match=r"one entry per user\. Received: {'keys': 2, 'lists': 1, 'relevant': 1}"):
        UserBatch(np.zeros(2, np.uint64), np.zeros((1, 1), np.int32), Ragged.from_rows([[]]))
