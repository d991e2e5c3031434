"""References to tables and to slices of them."""

import pytest

from tawny.core.table import Column, TableSpec, overlaps, spec_of

MODELS = TableSpec(
    name="models_v1",
    doc="Made up.",
    columns={"model": Column("string", "name"), "n_rows": Column("bigint", "rows", nullable=True)},
    key=("model",),
    mode="replace_partition",
    partition_by=("model",),
    slice_by="model",
)
OTHERS = TableSpec(name="others_v1", doc="Made up.", columns={}, key=(), mode="append_once")


def test_ddl_quotes_names_and_says_what_may_be_null() -> None:
    assert MODELS.ddl == "`model` string NOT NULL, `n_rows` bigint"


def test_two_slices_share_rows_only_if_they_are_the_same() -> None:
    assert overlaps(MODELS["als"], MODELS["als"])
    assert not overlaps(MODELS["als"], MODELS["ranker"])


def test_a_table_shares_rows_with_each_of_its_slices_and_with_no_other_table() -> None:
    assert overlaps(MODELS, MODELS["als"])
    assert overlaps(MODELS["als"], MODELS)
    assert not overlaps(MODELS, OTHERS)
    assert not overlaps(MODELS["als"], OTHERS)


def test_a_variant_fills_in_its_slice() -> None:
    assert MODELS["{variant}"].fill(variant="als") == MODELS["als"]
    assert MODELS["ranker"].fill(variant="als") == MODELS["ranker"]
    assert spec_of(MODELS["als"]) is MODELS


def test_a_table_without_slices_refuses_to_be_sliced() -> None:
    with pytest.raises(TypeError, match="others_v1 has no slices"):
        OTHERS["als"]
