"""Spark SQL types as Arrow types, compared with Spark's own conversion."""

from typing import Any, cast

import pyarrow as pa
import pytest

from tawny.core.table import TableSpec
from tawny.lake.schema import arrow_schema, arrow_type
from tawny.tables.registry import all_tables


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("bigint", pa.int64()),
        ("timestamp", pa.timestamp("us", "UTC")),
        ("array<string>", pa.list_(pa.field("element", pa.string()))),
        (
            "array<struct<item_index:int,reasons:array<struct<source:string,share:float>>>>",
            pa.list_(
                pa.field(
                    "element",
                    pa.struct(
                        {
                            "item_index": pa.int32(),
                            "reasons": pa.list_(
                                pa.field("element", pa.struct({"source": pa.string(), "share": pa.float32()}))
                            ),
                        }
                    ),
                )
            ),
        ),
        ("map<string,array<int>>", pa.map_(pa.string(), pa.list_(pa.field("element", pa.int32())))),
    ],
)
def test_nested_types_are_read_from_the_inside_out(sql: str, expected: pa.DataType) -> None:
    assert arrow_type(sql) == expected


@pytest.mark.parametrize("spec", all_tables().values(), ids=lambda spec: spec.name)
def test_arrow_and_spark_agree_on_the_columns_of_every_table(spark: Any, spec: TableSpec) -> None:
    from pyspark.sql.pandas.types import from_arrow_schema
    from pyspark.sql.types import StructType

    declared = cast(StructType, StructType.fromDDL(spec.ddl))
    have = from_arrow_schema(arrow_schema(spec))
    assert [(f.name, f.dataType.simpleString(), f.nullable) for f in have] == [
        (f.name, f.dataType.simpleString(), f.nullable) for f in declared
    ]
