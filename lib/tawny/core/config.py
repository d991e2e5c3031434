"""Settings: defaults live in code, conf/*.toml holds what differs, an env file says where and how large.

Precedence: code < conf/<job>.toml < conf/<job>.<variant>.toml < the env file. What results is printed, hashed and kept.
"""

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, PositiveFloat, ValidationError

from tawny.core.columns import EVENT_TYPES, EventType
from tawny.core.errors import ConfigError

_CHECKOUT = Path(__file__).parents[3]


def _as_tuple(value: Any) -> Any:
    """TOML has arrays and pydantic's strict tuples do not take lists."""
    return tuple(value) if isinstance(value, list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class Settings(BaseModel):
    """Base of all settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class JobConfig(Settings):
    """Base of a job's own settings."""


class SplitSettings(Settings):
    """How events are divided into `fit`, `validation` and `test` (docs/design.md, Folds).

    Attributes:
        kind: a file of tawny.splits. `global_time` cuts all users at the same instants; `leave_last_out` holds out each
            user's last and last but one item; `given` reads the label from the event's context, key `split`.
        horizon_days: length of the validation and of the test window, for `global_time`.
        test_share: instead of horizon_days: the share of all events, by time, that lies in the test window; the validation
            window takes the same share of the rest.
    """

    kind: str = "global_time"
    horizon_days: int = Field(14, ge=1)
    test_share: float | None = Field(None, gt=0.0, lt=0.5)


_WEIGHTS: dict[EventType, float] = {
    "impression": 0, "view": 1, "click": 1, "cart": 2, "purchase": 4,
    "rating": 1, "play": 1, "like": 2, "dislike": -1, "hide": -1,
}  # fmt: skip


def _over_default_weights(given: Any) -> Any:
    return {**_WEIGHTS, **given} if isinstance(given, Mapping) else given


class EventRules(Settings):
    """What an event says of its user and its item; one truth for histories, answers and filters.

    Attributes:
        weights: by event type; a type that is left out keeps its default. Above 0: the user wants such items; 0: it says
            nothing; below 0: the user refuses the item, whatever came before.
        min_rating: a rating of a lower value has weight 0; without it, every rating counts alike.
        half_life_days: an event of that age counts half; without it, age does not matter.
        seen_types: an event of such a type forbids to list the item to the user.
        seen_max_age_days: by event type, how long it forbids (a grocer lets purchases repeat); forever where left out.
    """

    weights: Annotated[dict[EventType, FiniteFloat], BeforeValidator(_over_default_weights)] = _WEIGHTS
    min_rating: float | None = None
    half_life_days: PositiveFloat | None = None
    seen_types: Annotated[tuple[EventType, ...], BeforeValidator(_as_tuple)] = EVENT_TYPES[1:]
    seen_max_age_days: dict[EventType, PositiveFloat] = {}


class NightSettings(Settings):
    """What the jobs of one night share (conf/nightly.toml).

    Attributes:
        sources: candidate sources, each a model with a job `train_<source>`; popularity is always among them.
        k: length of the published lists.
        seed: of everything random.
        split: how the night holds events out to judge itself.
        events: what an event says of its user and its item.
    """

    sources: Names = ("popularity", "als", "neighbours", "transitions", "two_tower")
    k: int = Field(20, ge=1)
    seed: int = 42
    split: SplitSettings = SplitSettings()
    events: EventRules = EventRules()


class SparkSettings(Settings):
    """Size of a local session; under spark-submit its own options win. Memory as Spark writes it (`4g`)."""

    cores: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    driver_memory: str = "4g"
    shuffle_partitions: int | None = Field(None, ge=1)
    conf: dict[str, str] = {}


class HorovodSettings(Settings):
    """How many processes train a deep model."""

    workers: int = Field(2, ge=1)


class SourceSettings(Settings):
    """One declared landing source; without any, the landing folder is searched for what Tawny knows.

    Attributes:
        table: what the files hold.
        path: glob below `landing`.
        format: `auto` looks at the files.
        columns: canonical column name -> the file's column name.
        defaults: canonical column name -> value where the file has no such column.
        time_unit: how a numeric event_time counts.
    """

    table: Literal["events", "items", "users"]
    path: str
    format: Literal["auto", "parquet", "csv", "jsonl", "movielens-100k", "movielens-1m", "recbole"] = "auto"
    columns: dict[str, str] = {}
    defaults: dict[str, str] = {}
    time_unit: Literal["s", "ms", "us"] = "s"


def _jars_of_checkout() -> str | None:
    """Where `make` puts Delta's jars; None in an installation without a checkout."""
    return next((str(folder) for folder in sorted((_CHECKOUT / ".cache" / "jars").glob("delta-*"))), None)


class Env(Settings):
    """An env file: where the tables and the landing folder are, how large sessions may be, and any override.

    Attributes:
        root: folder (or object-store URL) of the tables.
        landing: folder of the raw files.
        jars: folder of Delta's jars; default: $TAWNY_JARS, or where `make` put them. spark-submit brings its own.
        run_date: the day that `tawny night` makes lists for where it is given none; for landing files that never change.
        jobs: overrides by job name or `job.variant`.
    """

    root: str
    landing: str
    jars: str | None = Field(default_factory=lambda: os.environ.get("TAWNY_JARS", _jars_of_checkout()))
    run_date: date | None = None
    sources: Annotated[tuple[SourceSettings, ...], BeforeValidator(_as_tuple)] = ()
    spark: SparkSettings = SparkSettings()
    horovod: HorovodSettings = HorovodSettings()
    night: dict[str, Any] = {}
    jobs: dict[str, dict[str, Any]] = {}


S = TypeVar("S", bound=Settings)


def conf_folder() -> Path:
    """The folder of the TOML files: $TAWNY_CONF, else `conf/` of the checkout."""
    return Path(os.environ.get("TAWNY_CONF", _CHECKOUT / "conf"))


def load_env(path: Path | None = None) -> Env:
    """Read an env file; relative paths in it are relative to the file. Without a path: conf/env/local.toml.

    Raises:
        ConfigError: the file is missing, is not TOML, or holds an unknown key or a wrong value.
    """
    path = path or conf_folder() / "env" / "local.toml"
    env = validate(Env, _read_toml(path), where=str(path))
    moved = {key: _below(path.parent, value) for key in ("root", "landing", "jars") if (value := getattr(env, key))}
    return env.model_copy(update=moved)


def night_settings(env: Env) -> NightSettings:
    """conf/nightly.toml, overridden by the env file's [night]."""
    merged = merge(_read_toml(conf_folder() / "nightly.toml", missing_ok=True), env.night)
    settings = validate(NightSettings, merged, where="[night]")
    if "popularity" not in settings.sources:
        settings = settings.model_copy(update={"sources": ("popularity", *settings.sources)})
    return settings


def job_config(kind: type[S], env: Env, name: str, variant: str | None) -> S:
    """The settings of one job: code < conf/<job>.toml < conf/<job>.<variant>.toml < the env file.

    Raises:
        ConfigError: an unknown key or a wrong value.
    """
    merged: dict[str, Any] = {}
    for key in [name, f"{name}.{variant}"] if variant else [name]:
        merged = merge(merged, _read_toml(conf_folder() / f"{key}.toml", missing_ok=True))
    for key in [name, f"{name}.{variant}"] if variant else [name]:
        merged = merge(merged, env.jobs.get(key, {}))
    return validate(kind, merged, where=f"settings of {name}{'.' + variant if variant else ''}")


def validate(kind: type[S], values: Mapping[str, Any], *, where: str) -> S:
    """The settings as `kind`, or one ConfigError that lists every wrong key."""
    try:
        return kind.model_validate(values)
    except ValidationError as exc:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'} = {e['input']!r} ({e['msg']})" for e in exc.errors())
        known = ", ".join(kind.model_fields)
        rule = f"settings must be known and of the right kind (known here: {known})."
        raise ConfigError(where=where, rule=rule, came=faults, do="Correct or remove the key.") from exc


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid on `base`, table by table."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def config_hash(*settings: Settings) -> str:
    """The first 12 hex digits of the SHA-256 over the settings as sorted JSON."""
    text = json.dumps([s.model_dump(mode="json") for s in settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _read_toml(path: Path, *, missing_ok: bool = False) -> dict[str, Any]:
    if missing_ok and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        rule = "the env file must exist."
        raise ConfigError(where=str(path), rule=rule, came="no such file", do="Name one with --env FILE.toml.") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(where=str(path), rule="it must be TOML.", came=str(exc), do="Correct the file.") from exc


def _below(folder: Path, value: str) -> str:
    return value if "://" in value else str((folder / Path(value).expanduser()).resolve())
