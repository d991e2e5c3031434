"""Raw rows as frames."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from tawny.ingest.files.file import Kind
from tawny.ingest.files.schema import RAW_SCHEMA

RawFrame = Callable[..., DataFrame]


@pytest.fixture
def raw_frame(spark: SparkSession) -> RawFrame:
    """A frame of raw rows; those without a line get 1, 2, 3 ... of `f.csv`."""

    def build(kind: Kind, *rows: dict[str, Any]) -> DataFrame:
        usual = {"time_unit": "auto", "time_zone": "UTC", "source_file": "f.csv", "raw": "as it came"}
        full = [{**usual, "source_line": line, **row} for line, row in enumerate(rows, 1)]
        return spark.createDataFrame(pa.Table.from_pylist(full, RAW_SCHEMA[kind]))

    return build
