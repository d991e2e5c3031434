"""The layers of docs/design.md: who may import whom, and where a JVM, Horovod or the clock may be asked for."""

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

from .imports import LIB, ROOT, Import, imports_of, python_files, reached_at_import


@dataclass(frozen=True)
class Layer:
    """What the files of one folder of lib/tawny may import: other layers, and packages of others."""

    tawny: str = ""
    packages: str = ""


STAGE = Layer("core tables models evaluation metrics", "pyspark numpy pyarrow scipy pydantic")
STAGES = ("ingest", "features", "fitting", "candidates", "ranking", "judging", "publish")
LAYERS = {
    "core": Layer("", "pydantic"),
    "tables": Layer("core"),
    "metrics": Layer("core", "numpy scipy numba"),
    "models": Layer("core", "numpy scipy numba keras pyarrow pydantic"),
    "splits": Layer("core", "pyspark"),
    "evaluation": Layer("core metrics models", "numpy pyarrow"),
    "training": Layer("core models metrics", "tensorflow keras numpy pyarrow horovod"),
    "delta": Layer("core tables", "pyspark delta py4j deltalake pyarrow"),
    "landing": Layer("core", "pyspark pyarrow numpy"),
    **dict.fromkeys(STAGES, STAGE),
    "testing": Layer("core tables models metrics evaluation", "numpy pyarrow pyspark hypothesis"),
    "cli": Layer("core tables delta training", "typer rich pyspark pyarrow"),
}
JVM = {"pyspark", "delta", "py4j"}
HEAVY = JVM | {"tensorflow", "keras", "horovod", "numba", "scipy", "deltalake"}
WITH_JVM = {"delta", "landing", "splits", "testing", "cli", *STAGES}


def imports_below(folder: Path) -> list[Import]:
    return [one for path in python_files(folder) for one in imports_of(path)]


def test_every_folder_of_the_library_is_a_layer() -> None:
    assert {path.name for path in LIB.iterdir() if any(path.glob("*.py"))} == set(LAYERS)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_imports_only_what_lies_below_it(name: str) -> None:
    allowed = {name, *LAYERS[name].tawny.split()}
    assert [str(one) for one in imports_below(LIB / name) if one.layer and one.layer not in allowed] == []


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_uses_only_its_own_packages(name: str) -> None:
    allowed = {"tawny", *LAYERS[name].packages.split()}
    assert [str(one) for one in imports_below(LIB / name) if one.package not in allowed] == []


@pytest.mark.parametrize("name", sorted(set(LAYERS) - WITH_JVM))
def test_a_layer_without_a_jvm_reaches_none_through_others(name: str) -> None:
    for path in python_files(LIB / name):
        assert JVM.isdisjoint(reached_at_import(path)), path


def test_evaluation_takes_lists_from_top_k_and_knows_no_model() -> None:
    from_models = {one.module for one in imports_below(LIB / "evaluation") if one.layer == "models"}
    assert from_models <= {"tawny.models", "tawny.models.topk"}


def test_only_two_files_of_delta_need_a_jvm() -> None:
    eager = {one.file for one in imports_below(LIB / "delta") if one.package in JVM and one.is_eager}
    assert eager == {"lib/tawny/delta/session.py", "lib/tawny/delta/spark_io.py"}
    assert JVM.isdisjoint(reached_at_import(LIB / "delta" / "arrow_io.py"))


@pytest.mark.parametrize("package", ["horovod", "deltalake", "delta"])
def test_horovod_and_delta_are_kept_in_one_place(package: str) -> None:
    place = {"horovod": "lib/tawny/training/workers.py"}.get(package, "lib/tawny/delta/")
    using = {one.file for folder in (LIB, ROOT / "jobs") for one in imports_below(folder) if one.package == package}
    assert all(file.startswith(place) for file in using)


def test_horovod_is_imported_where_there_are_several_workers_only() -> None:
    assert not [str(one) for one in imports_below(LIB / "training") if one.package == "horovod" and one.is_eager]


@pytest.mark.parametrize("path", python_files(ROOT / "jobs"), ids=lambda path: path.stem)
def test_a_job_file_can_be_imported_with_nothing_but_pydantic(path: Path) -> None:
    assert {name: by for name, by in reached_at_import(path).items() if name != "pydantic"} == {}


@pytest.mark.parametrize("folder", ["lib/tawny/cli", "airflow_dags"])
def test_heavy_packages_are_not_imported_before_they_are_needed(folder: str) -> None:
    for path in python_files(ROOT / folder):
        assert {name: by for name, by in reached_at_import(path).items() if name in HEAVY} == {}, path


@pytest.mark.parametrize("folder", ["lib/tawny", "jobs"])
def test_jobs_meet_in_tables_and_not_in_each_other(folder: str) -> None:
    assert [str(one) for one in imports_below(ROOT / folder) if one.package == "tawny_jobs"] == []


def test_airflow_knows_declarations_and_no_stage() -> None:
    layers = {one.layer for one in imports_below(ROOT / "airflow_dags") if one.package == "tawny"}
    assert layers <= {"core", "tables"}


NOW = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.localtime"}


def test_only_a_run_asks_what_time_it_is() -> None:
    asking = [
        f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"
        for folder in ("lib/tawny", "jobs", "airflow_dags")
        for path in python_files(ROOT / folder)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ".".join(ast.unparse(node.func).split(".")[-2:]) in NOW
    ]
    assert [one.split(":")[0] for one in asking] == ["lib/tawny/core/run.py"], asking


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
