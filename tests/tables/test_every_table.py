"""What holds for every table that is declared, the ones to come included."""

import re
from pathlib import Path
from typing import Any

import pytest

from tawny.core.errors import ConfigError
from tawny.core.table import TableSpec
from tawny.lake.arrow import ArrowLake
from tawny.lake.schema import arrow_schema
from tawny.tables.registry import all_tables, table

every_table = pytest.mark.parametrize("spec", all_tables().values(), ids=lambda spec: spec.name)


@every_table
def test_its_name_is_snake_case_with_a_major_version(spec: TableSpec) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*_v[1-9][0-9]*(_quarantine)?", spec.name)


@every_table
def test_key_partition_slice_and_time_are_columns_that_are_never_null(spec: TableSpec) -> None:
    named: list[Any] = [*spec.key, *spec.partition_by, spec.slice_by, spec.time_column]
    for name in filter(None, named):
        assert not spec.columns[name].nullable, name
    assert spec.key
    assert all(column.doc for column in spec.columns.values())


@every_table
def test_what_is_replaced_belongs_to_a_run_date_and_has_its_partition_in_its_key(spec: TableSpec) -> None:
    if spec.mode == "replace_partition":
        assert spec.partition_by[0] == "run_date"
        assert set(spec.partition_by) <= set(spec.key)
    if spec.slice_by:
        assert spec.slice_by in spec.partition_by


def test_every_table_can_be_created_with_its_checks_and_again(lake_root: Path) -> None:
    lake = ArrowLake(str(lake_root))
    specs = list(all_tables().values())
    lake.ensure(specs)
    versions = [lake.version(spec) for spec in specs]
    lake.ensure(specs)
    assert [lake.version(spec) for spec in specs] == versions
    for spec in specs:
        assert lake.read(spec, lake.version(spec), ()).schema.equals(arrow_schema(spec))


def test_a_table_is_found_with_and_without_its_version() -> None:
    assert table("events") is table("events_v2") is all_tables()["events_v2"]


def test_an_unknown_table_is_refused_with_the_names_of_all() -> None:
    with pytest.raises(ConfigError, match=r"must be one of .*events_v2.*Received: evnts"):
        table("evnts")
