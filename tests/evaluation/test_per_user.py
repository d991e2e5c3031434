from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from tawny.evaluation.per_user import per_user
from tawny.evaluation.plan import Batch, Plan
from tawny.metrics.hits import Relevant


def test_every_metric_and_length_is_a_nullable_float_column(plan: Plan, make_batch: Callable[..., Batch]) -> None:
    names = ["average_precision", "hit_rate", "mrr", "ndcg", "novelty", "precision", "recall"]
    schema = per_user(make_batch(5, seed=0), plan).schema
    assert schema == pa.schema([(f"{name}_{k}", pa.float64()) for name in names for k in (2, 5)])


def test_values_are_those_of_each_metric_and_null_where_it_can_say_nothing() -> None:
    plan = Plan(ks=(2,), popularity=np.array([1, 1, 0, 0, 0, 1, 0, 0, 0]) * 5 + 1, seed=0)
    lists = np.array([[0, 5], [2, -1], [-1, -1]], np.int32)
    relevant = Relevant(np.array([0, 2, 2, 3]), np.array([5, 8, 4], np.int32))
    batch = per_user(Batch(np.arange(3, dtype=np.uint64), lists, relevant), plan).to_pydict()
    assert batch["recall_2"] == [0.5, None, 0.0]
    assert batch["mrr_2"] == [0.5, None, 0.0]
    # Counts of 6 and 1 become 7 and 2 of 3 * 7 + 6 * 2 = 33.
    assert batch["novelty_2"] == pytest.approx([np.log2(33 / 7), np.log2(33 / 2), None], nan_ok=True)


def test_an_item_that_is_not_in_the_catalogue_is_refused(plan: Plan) -> None:
    batch = Batch(np.zeros(1, np.uint64), np.array([[30]], np.int32), Relevant(np.array([0, 0]), np.empty(0, np.int32)))
    with pytest.raises(ValueError, match=r"indices below 30, or -1 for an empty place\. Received: 30\. Judge lists"):
        per_user(batch, plan)
