import subprocess
import sys

import numpy as np
import pytest

from tawny.core.errors import ConfigError, InputError
from tawny.models.files import from_files, model_version, to_files
from tawny.models.popularity import Popularity, PopularityConfig
from tawny.models.registry import saved_class


def some_model(first: float = 1.0) -> Popularity:
    return Popularity(np.array([first, 2.0], np.float32), PopularityConfig())


def test_a_model_is_a_config_and_one_file_per_array() -> None:
    assert sorted(to_files(some_model())) == ["config.json", "item_scores.npy"]


def test_the_version_is_twelve_digits_and_moves_with_any_byte() -> None:
    version = model_version(to_files(some_model()))
    assert len(version) == 12
    assert version == model_version(to_files(some_model()))
    assert version != model_version(to_files(some_model(first=1.5)))


def test_the_version_does_not_depend_on_the_order_of_the_files() -> None:
    files = to_files(some_model())
    assert model_version(dict(reversed(files.items()))) == model_version(files)


def test_files_without_a_config_are_refused() -> None:
    with pytest.raises(InputError, match=r"must have a config\.json\. Received: item_scores\.npy"):
        from_files({"item_scores.npy": b""})


def test_a_pickled_array_is_refused() -> None:
    files = to_files(some_model()) | {"item_scores.npy": b"\x80\x04N."}
    with pytest.raises(ValueError, match="pickled"):
        from_files(files)


@pytest.mark.parametrize("name", ["no_such_model", "base", "../als", ""])
def test_an_unknown_model_is_refused_with_the_names_that_exist(name: str) -> None:
    with pytest.raises(ConfigError, match="popularity"):
        saved_class(name)


def test_a_class_is_found_by_its_files_name() -> None:
    assert saved_class("popularity") is Popularity


def test_finding_the_models_loads_neither_keras_nor_spark() -> None:
    code = "import sys; from tawny.models.registry import model_classes; print(*model_classes()); print(*sys.modules)"
    names, modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert {"als", "popularity", "two_tower"} <= set(names.split())
    assert not {"keras", "tensorflow", "pyspark"} & set(modules.split())
