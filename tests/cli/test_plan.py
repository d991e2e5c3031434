import re

import pytest

from tawny.core.config import Env
from tawny.tables.registry import all_tables

from .conftest import Tawny


@pytest.mark.usefixtures("jobs_folder")
def test_plan_lists_the_jobs_in_order_with_their_tables(tawny: Tawny) -> None:
    lines = [line.split() for line in tawny("plan").out.splitlines()[3:] if line.strip()]
    assert lines == [
        ["features", "number", "arrow", "landing", "files", "→", "catalog_v2", "Number", "two", "items."],
        ["evaluation", "evaluate", "arrow", "catalog_v2", "→", "evaluations_v2", "Evaluate", "the", "lists."],
    ]


def test_plan_of_the_real_night_names_the_slices(tawny: Tawny) -> None:
    out = tawny("plan").out
    assert "models_v1[two_tower]" in out
    assert out.index("ingest_events") < out.index("train_als") < out.index("publish  ")


@pytest.mark.usefixtures("jobs_folder")
def test_tables_says_what_lies_where(tawny: Tawny, env: Env) -> None:
    tawny("run", "number", "--run-date", "1998-04-22")
    tawny("run", "number", "--run-date", "1998-04-23")
    ended = tawny("tables")
    rows = {line.split()[0]: line.split()[1:] for line in ended.out.splitlines() if re.search(r"_v\d", line)}
    assert set(rows) == set(all_tables())
    n_rows, version, _, n_files, n_partitions = rows["catalog_v2"][:5]
    assert (n_rows, int(version) >= 2, n_files, n_partitions) == ("4", True, "2", "2")
    assert rows["events_v2"][:2] == ["not", "there"]
    assert ended.out.rstrip().endswith(f"under {env.root}")


def test_one_table_is_explained_by_its_declaration(tawny: Tawny) -> None:
    out = tawny("tables", "published").out
    assert out.startswith("published_v2: Every list that was published.")
    assert "key (list, run_date, list_id); compare_and_set; partitioned by nothing" in out
    (line,) = [line for line in out.splitlines() if line.strip().startswith("floor")]
    assert line.split() == [
        "floor",
        "double",
        "may",
        "be",
        "the",
        "metric",
        "of",
        "popularity",
        "on",
        "the",
        "same",
        "users",
    ]


def test_an_unknown_table_is_refused(tawny: Tawny) -> None:
    ended = tawny("tables", "nothing")
    assert ended.code == 2
    assert "Received: nothing." in ended.err
