"""Settings: what wins over what, and what a wrong file says."""

from pathlib import Path

import pytest

from tawny.core.columns import EVENT_TYPES
from tawny.core.config import Env, NightSettings, config_hash, job_settings, load_env, merge, night_settings
from tawny.core.errors import ConfigError
from tawny.core.settings import Settings


class Knn(Settings):
    """Settings of a small job."""

    k: int = 10
    damping: float = 0.5
    n_rows: int = 1


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty conf folder that stands for the checkout's."""
    folder = tmp_path / "conf"
    folder.mkdir()
    monkeypatch.setenv("TAWNY_CONF", str(folder))
    return folder


def an_env(**values: object) -> Env:
    return Env.model_validate({"root": "/lake", "landing": "/landing", **values})


def test_later_settings_are_laid_on_earlier_ones_table_by_table() -> None:
    base = {"k": 1, "split": {"kind": "given", "window_days": 7}, "sources": ["als"]}
    over = {"split": {"window_days": 3}, "sources": ["popularity"]}
    expected = {"k": 1, "split": {"kind": "given", "window_days": 3}, "sources": ["popularity"]}
    assert merge(base, over) == expected
    assert base["split"] == {"kind": "given", "window_days": 7}


def test_code_gives_way_to_job_then_variant_then_env(conf: Path) -> None:
    (conf / "knn.toml").write_text("k = 20\ndamping = 0.6\nn_rows = 2")
    (conf / "knn.als.toml").write_text("damping = 0.7\nn_rows = 3")
    env = an_env(jobs={"knn": {"n_rows": 4}})
    assert job_settings(Knn, env, "knn", "als") == Knn(k=20, damping=0.7, n_rows=4)
    assert job_settings(Knn, env, "knn", None) == Knn(k=20, damping=0.6, n_rows=4)


def test_env_may_override_one_variant_only(conf: Path) -> None:
    env = an_env(jobs={"knn": {"k": 3}, "knn.als": {"k": 4}})
    assert job_settings(Knn, env, "knn", "als").k == 4
    assert job_settings(Knn, env, "knn", "bpr").k == 3


def test_an_unknown_key_says_where_it_stands_and_what_is_known(conf: Path) -> None:
    (conf / "knn.toml").write_text("kk = 20")
    with pytest.raises(
        ConfigError, match=r"settings of knn\.als: .*known here: k, damping, n_rows.*kk = 20.*Correct or remove"
    ):
        job_settings(Knn, an_env(), "knn", "als")


def test_every_wrong_value_is_named_at_once(conf: Path) -> None:
    (conf / "knn.toml").write_text("k = 'many'\ndamping = 'little'")
    with pytest.raises(ConfigError, match=r"k = 'many'.*damping = 'little'"):
        job_settings(Knn, an_env(), "knn", None)


def test_a_file_that_is_not_toml_is_named(conf: Path) -> None:
    (conf / "knn.toml").write_text("k: 20")
    with pytest.raises(ConfigError, match=r"knn\.toml: it must be TOML"):
        job_settings(Knn, an_env(), "knn", None)


def test_settings_cannot_be_changed_after_the_run_began() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Knn().k = 3  # type: ignore[misc]


def test_paths_of_an_env_file_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "env.toml").write_text('root = "../lake"\nlanding = "s3://bucket/landing"\njars = "/opt/jars"')
    env = load_env(tmp_path / "env.toml")
    assert env.root == str(tmp_path.parent / "lake")
    assert env.landing == "s3://bucket/landing"
    assert env.jars == "/opt/jars"


def test_a_missing_env_file_is_an_error_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: the env file must exist.*--env"):
        load_env(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("name", ["x' OR '1'='1", "", "../x", "Als", "als.all", "1als", "a b", "als\n", "als/serve"])
def test_a_source_that_is_no_name_is_refused(name: str, conf: Path) -> None:
    with pytest.raises(ConfigError, match=r"\[night\]: .*a source is the name of a model: small letters, digits and _"):
        night_settings(an_env(night={"sources": ["als", name]}))


def test_a_source_is_named_once(conf: Path) -> None:
    with pytest.raises(ConfigError, match=r"a source is the name of a model: .*, each once"):
        night_settings(an_env(night={"sources": ["als", "als"]}))


def test_a_declared_path_that_leads_out_of_the_landing_folder_is_refused_by_the_env_file(tmp_path: Path) -> None:
    (tmp_path / "env.toml").write_text('root = "r"\nlanding = "l"\n[[files]]\ntable = "events"\npath = "../x/*.csv"\n')
    with pytest.raises(ConfigError, match=r"files\.0\.path = '\.\./x/\*\.csv' .*a path is a glob below the landing folder"):
        load_env(tmp_path / "env.toml")


def test_popularity_is_always_among_the_sources(conf: Path) -> None:
    assert night_settings(an_env(night={"sources": ["als"]})).sources == ("popularity", "als")


def test_a_night_in_which_no_event_says_what_users_want_is_refused(conf: Path) -> None:
    weights = dict.fromkeys(EVENT_TYPES, 0)
    with pytest.raises(ConfigError, match="the weight of one event type at least must be above 0"):
        night_settings(an_env(night={"events": {"weights": weights}}))


def test_the_env_wins_over_nightly_toml(conf: Path) -> None:
    (conf / "nightly.toml").write_text("k = 5\nseed = 7\n[split]\nkind = 'leave_last_out'")
    night = night_settings(an_env(night={"k": 6, "split": {"window_days": 2}}))
    assert (night.k, night.seed, night.split.kind, night.split.window_days) == (6, 7, "leave_last_out", 2)


def test_the_hash_depends_on_every_value_and_on_nothing_else() -> None:
    one = config_hash(NightSettings(), Knn(k=3))
    assert one == config_hash(NightSettings(seed=42), Knn.model_validate({"n_rows": 1, "k": 3}))
    assert len({one, config_hash(NightSettings(), Knn(k=4)), config_hash(NightSettings(seed=1), Knn(k=3))}) == 3
    assert len(one) == 12


def test_the_checkout_s_own_conf_files_are_valid() -> None:
    env = load_env(Path(__file__).parents[2] / "conf" / "env" / "local.toml")
    assert night_settings(env).k >= 1
