import numpy as np
import pytest

from tawny.core.errors import ConfigError, InputError, StaleInputError
from tawny.models import store
from tawny.models.popularity.model import Popularity
from tawny.models.popularity.settings import PopularitySettings
from tawny.models.store import load, load_model, model_rows, model_version, saved_files, to_files, versions
from tawny.models.transitions.model import Transitions


def some_model(first: float = 1.0) -> Popularity:
    return Popularity(np.array([first, 2.0], np.float32), PopularitySettings(window_days=7))


def test_a_model_is_a_config_and_one_file_per_array() -> None:
    files = to_files(some_model())
    assert sorted(files) == ["config.json", "item_scores.npy"]
    assert files["config.json"] == b'{\n  "config": {\n    "window_days": 7\n  },\n  "model": "popularity"\n}'


def test_the_version_is_twelve_digits_and_moves_with_any_byte() -> None:
    version = model_version(to_files(some_model()))
    assert len(version) == 12
    assert version == model_version(to_files(some_model()))
    assert version != model_version(to_files(some_model(first=1.5)))


def test_the_version_does_not_depend_on_the_order_of_the_files() -> None:
    files = to_files(some_model())
    assert model_version(dict(reversed(files.items()))) == model_version(files)


def test_a_model_is_loaded_by_the_name_that_its_files_hold() -> None:
    loaded = load_model(to_files(some_model()))
    assert isinstance(loaded, Popularity)
    assert loaded.settings == PopularitySettings(window_days=7)


def test_files_without_a_config_are_refused() -> None:
    with pytest.raises(InputError, match=r"must have a config\.json\. Received: item_scores\.npy"):
        load_model({"item_scores.npy": b""})


def test_files_of_another_model_are_refused() -> None:
    with pytest.raises(InputError, match=r"must be those of transitions\. Received: those of popularity"):
        load(Transitions, to_files(some_model()))


def test_files_of_no_model_are_refused() -> None:
    with pytest.raises(ConfigError, match="Received: 'ranker'"):
        load_model({"config.json": b'{"model": "ranker", "config": {}}'})


def test_a_pickled_array_is_refused() -> None:
    files = to_files(some_model()) | {"item_scores.npy": b"\x80\x04N."}
    with pytest.raises(ValueError, match="pickled"):
        load_model(files)


def test_rows_hold_large_files_in_chunks_and_give_them_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "CHUNK_BYTES", 100)
    rows = model_rows({"test": some_model(), "serve": some_model(first=3.0)})
    assert max(len(payload) for payload in rows["payload"].to_pylist()) == 100
    rows = rows.append_column("model", [["popularity"] * rows.num_rows])
    assert saved_files(rows, "popularity", "serve") == to_files(some_model(first=3.0))
    assert versions(rows, "test") == {"popularity": model_version(to_files(some_model()))}


def test_a_model_that_was_not_trained_is_refused() -> None:
    rows = model_rows({"test": some_model()})
    with pytest.raises(StaleInputError, match="the model als must have been trained on fold test"):
        saved_files(rows.append_column("model", [["popularity"] * rows.num_rows]), "als", "test")
