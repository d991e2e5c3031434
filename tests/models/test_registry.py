"""A model is a folder: what is found, and that nothing else knows it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import tawny.models
from tawny.core.errors import ConfigError
from tawny.models.popularity.model import Popularity
from tawny.models.registry import model_class, model_classes

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["no_such_model", "base", "counting", "../als", ""])
def test_an_unknown_model_is_refused_with_the_names_that_exist(name: str) -> None:
    with pytest.raises(ConfigError, match="Use one of als, neighbours, popularity, repeats, transitions, two_tower"):
        model_class(name)


def test_a_class_is_found_by_its_folders_name() -> None:
    assert model_class("popularity") is Popularity
    assert model_classes()["popularity"] is Popularity


def test_a_class_of_another_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Popularity, "name", "fashion")
    for find in (lambda: model_class("popularity"), model_classes):
        with pytest.raises(ConfigError, match=r"models/popularity/model\.py: MODEL must be .* with the name 'fashion'"):
            find()


def test_a_new_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "newest"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    source = (
        "from tawny.models.popularity.model import Popularity\n"
        "class Newest(Popularity):\n    name = 'newest'\nMODEL = Newest\n"
    )
    (folder / "model.py").write_text(source)
    monkeypatch.setattr(tawny.models, "__path__", [*tawny.models.__path__, str(tmp_path)])
    assert model_class("newest").__name__ == "Newest"
    assert "newest" in model_classes()
    sys.modules.pop("tawny.models.newest.model")
    sys.modules.pop("tawny.models.newest")


def test_finding_the_models_loads_neither_keras_nor_spark() -> None:
    code = "import sys; from tawny.models.registry import model_classes; print(*model_classes()); print(*sys.modules)"
    names, modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert {"als", "popularity", "two_tower"} <= set(names.split())
    assert not {"keras", "tensorflow", "pyspark"} & set(modules.split())


def test_finding_one_model_loads_no_other() -> None:
    code = "import sys; from tawny.models.registry import model_class; model_class('popularity'); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "tawny.models.popularity.model" in modules
    others = {f"tawny.models.{name}.model" for name in model_classes() if name != "popularity"}
    assert not others & set(modules)


@pytest.mark.parametrize("name", model_classes())
def test_a_models_folder_and_its_job_can_be_deleted(name: str) -> None:
    # Nothing outside imports the folder, so that nothing breaks without it.
    own = {ROOT / "lib/tawny/models" / name, ROOT / "jobs" / f"train_{name}.py"}
    files = [file for folder in ("lib", "jobs", "airflow_dags", "bench") for file in (ROOT / folder).rglob("*.py")]
    imported = re.compile(
        rf"^\s*(from|import) tawny\.models\.{name}\b|^\s*from tawny\.models import .*\b{name}\b", re.MULTILINE
    )
    users = [file for file in files if imported.search(file.read_text()) and not own & {file, *file.parents}]
    assert users == []
