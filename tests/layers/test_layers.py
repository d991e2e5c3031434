"""The house of docs/design.md: who may import whom, and which file may ask for a JVM, Keras, Horovod or the clock."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from .imports import LIB, ROOT, Import, imports_of, module_of, python_files, reached_at_import

# A package imports packages that stand above it, and no others; here are those that it may import.
MAY_IMPORT = {
    "core": "",
    "tables": "core",
    "lake": "core",
    "evaluation": "core tables lake",
    "training": "core",
    "models": "core lake evaluation training",
    "ingest": "core tables lake",
    "features": "core tables lake",
    "candidates": "core features models",
    "ranking": "core lake features models evaluation",
    "publish": "core tables lake models evaluation candidates ranking",
    "runner": "core tables lake ingest features",
    "report": "core tables lake evaluation publish runner",
    "testing": "core tables lake evaluation models publish runner",
    "cli": "core tables lake ingest publish runner report jobs",
}
ABOVE_THE_LIBRARY = {
    "jobs": "core tables models ingest features candidates ranking publish evaluation training runner",
    "airflow_dags": "core runner jobs",
}
JVM = {"pyspark", "delta", "py4j"}
DEEP = {"tensorflow", "keras", "horovod"}
HEAVY = JVM | DEEP | {"numba", "scipy", "deltalake", "lightgbm"}
ARRAYS = {"numpy", "scipy", "numba", "pyarrow"}
LIGHT = {"pydantic"}

# Which technology a file may import is in its name; where a whole folder is of one kind, in the folder's.
SPARK_FOLDERS = ("features", "ingest", "candidates", "publish")
BY_FILE = {
    "lake/arrow.py": {"deltalake"},
    "lake/migration.py": {"deltalake"},
    "lake/commits.py": {"deltalake"},
    "lake/maintenance.py": {"deltalake"},
    "ingest/files/delta.py": {"deltalake"},
    "lake/removal.py": JVM,
    "lake/session.py": JVM,
    "training/loop.py": {"tensorflow", "keras"},
    "training/workers.py": {"horovod"},
    "evaluation/changes.py": JVM,
    "evaluation/published.py": JVM,
    "runner/memory.py": {"psutil"},
    "ranking/lambdamart.py": {"lightgbm"},
    "ingest/profile/database.py": {"sqlalchemy"},
}
BY_NAME = {"spark.py": JVM, "net.py": {"keras"}, "train.py": {"tensorflow", "keras"}, "settings.py": set[str]()}


def technologies(path: Path) -> set[str]:
    """The packages of others that a file of lib/tawny may import."""
    relative = path.relative_to(LIB)
    if relative.name == "settings.py":
        return LIGHT
    folder, rest = relative.parts[0], LIGHT | ARRAYS
    if folder == "cli":
        return {"typer", "rich", "pyarrow"}
    if folder == "testing":
        return rest | JVM | {"hypothesis", "deltalake"}
    if str(relative) in BY_FILE or relative.name in BY_NAME:
        return rest | BY_FILE.get(str(relative), set()) | BY_NAME.get(relative.name, set())
    is_spark = (
        folder in SPARK_FOLDERS and relative.parts[1:2] not in (("files",), ("profile",)) and relative.name != "pointer.py"
    )
    return rest | (JVM if is_spark else set())


def imports_below(folder: Path) -> list[Import]:
    return [one for path in python_files(folder) for one in imports_of(path)]


def test_every_folder_of_the_library_is_a_package_of_the_house() -> None:
    assert {path.name for path in LIB.iterdir() if any(path.glob("*.py"))} == set(MAY_IMPORT)
    assert len(MAY_IMPORT) <= 15


def test_no_package_may_import_one_below_it() -> None:
    order = list(MAY_IMPORT)
    for name, allowed in MAY_IMPORT.items():
        assert {one for one in allowed.split() if one != "jobs"} <= set(order[: order.index(name)]), name


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_a_package_imports_only_what_it_may(name: str) -> None:
    allowed = {name, *MAY_IMPORT[name].split()}
    assert [str(one) for one in imports_below(LIB / name) if one.layer and one.layer not in allowed] == []


@pytest.mark.parametrize("name", ABOVE_THE_LIBRARY)
def test_what_stands_above_the_library_imports_only_what_it_may(name: str) -> None:
    allowed = {name, *ABOVE_THE_LIBRARY[name].split()}
    assert [str(one) for one in imports_below(ROOT / name) if one.layer and one.layer not in allowed] == []


def test_no_file_imports_itself_through_others_jobs_and_lazy_imports_included() -> None:
    """`TopologicalSorter` raises CycleError, which names the circle."""
    files = [*python_files(LIB), *python_files(ROOT / "jobs"), *python_files(ROOT / "airflow_dags")]
    graph = {module_of(path): {one.module for one in imports_of(path)} - {module_of(path)} for path in files}
    assert set(TopologicalSorter(graph).static_order()) >= set(graph)


@pytest.mark.parametrize("path", python_files(LIB), ids=lambda path: str(path.relative_to(LIB)))
def test_a_file_imports_only_the_technology_that_its_name_says(path: Path) -> None:
    allowed = {"tawny", "tawny_jobs", *technologies(path)}
    assert [str(one) for one in imports_of(path) if one.package not in allowed and not one.is_for_types] == []


@pytest.mark.parametrize("path", python_files(LIB), ids=lambda path: str(path.relative_to(LIB)))
def test_a_file_without_a_jvm_reaches_none_through_others(path: Path) -> None:
    if JVM.isdisjoint(technologies(path)):
        assert JVM.isdisjoint(reached_at_import(path))


def test_a_model_is_read_without_keras() -> None:
    for path in LIB.glob("models/*/model.py"):
        assert DEEP.isdisjoint(reached_at_import(path)), path


def test_horovod_is_imported_where_there_are_several_workers_only() -> None:
    assert not [str(one) for one in imports_below(LIB) if one.package == "horovod" and one.is_eager]


@pytest.mark.parametrize("path", python_files(ROOT / "jobs"), ids=lambda path: path.stem)
def test_a_job_file_can_be_imported_with_nothing_but_pydantic(path: Path) -> None:
    assert {name: by for name, by in reached_at_import(path).items() if name != "pydantic"} == {}


@pytest.mark.parametrize("folder", ["lib/tawny/cli", "lib/tawny/runner", "airflow_dags"])
def test_heavy_packages_are_not_imported_before_they_are_needed(folder: str) -> None:
    for path in python_files(ROOT / folder):
        assert {name: by for name, by in reached_at_import(path).items() if name in HEAVY} == {}, path


def test_jobs_meet_in_tables_and_not_in_each_other() -> None:
    assert [str(one) for one in imports_below(ROOT / "jobs") if one.package == "tawny_jobs"] == []


NOW = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.localtime"}


def test_only_the_manifest_reads_the_clock() -> None:
    asking = [
        f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"
        for folder in ("lib/tawny", "jobs", "airflow_dags")
        for path in python_files(ROOT / folder)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ".".join(ast.unparse(node.func).split(".")[-2:]) in NOW
    ]
    assert [one.split(":")[0] for one in asking] == ["lib/tawny/runner/manifest.py"], asking


def test_what_comes_to_the_driver_says_why_it_is_bounded() -> None:
    """`.collect()` and `.toPandas()` need a line `# Bounded: ...` above them; only testing/ may use them freely."""
    unbounded = []
    for path in [*python_files(LIB), *python_files(ROOT / "jobs")]:
        lines = path.read_text(encoding="utf-8").splitlines()
        for above, line in zip(["", *lines], lines, strict=False):
            if (".collect(" in line or ".toPandas(" in line) and "# Bounded: " not in above:
                unbounded.append(f"{path.relative_to(ROOT)}: {line.strip()}")
    assert [one for one in unbounded if not one.startswith("lib/tawny/testing/")] == []


def test_the_reader_of_imports_tells_lazy_from_eager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from . import imports

    monkeypatch.setattr(imports, "ROOT", tmp_path)
    source = (
        "import os, numpy as np\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pyspark\n"
        "class A:\n    import keras\ndef f():\n    from tensorflow import Tensor\n"
    )
    (tmp_path / "a.py").write_text(source)
    found = {(one.module, one.line, one.is_eager) for one in imports_of(tmp_path / "a.py")}
    assert found == {("numpy", 1, True), ("pyspark", 4, False), ("keras", 6, True), ("tensorflow", 8, False)}
