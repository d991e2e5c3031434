"""Settings: defaults live in code, conf/*.toml holds what differs, an env file says where and how large.

Precedence: code < conf/<job>.toml < conf/<job>.<variant>.toml < the env file. The merged settings are printed, hashed and
kept in the manifest.
"""

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar, get_args

from pydantic import (
    BeforeValidator,
    Field,
    FiniteFloat,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)

from tawny.core.columns import EVENT_TYPES, EventType
from tawny.core.errors import ConfigError, did_you_mean
from tawny.core.landing import DatabaseSettings, FilesSettings, JoinSettings
from tawny.core.settings import Names, Settings, as_tuple

_CHECKOUT = Path(__file__).parents[3]

S = TypeVar("S", bound=Settings)


class SplitSettings(Settings):
    """How a night holds events out to judge itself (docs/design.md, Folds).

    Attributes:
        kind: a file of features/splits. `mornings` asks what a nightly list is asked, on the last days of the data; where
            the data have no usable time it is `random_holdout`. For comparison with papers: `global_time` (test_share),
            `leave_last_out`, `given` (the event's context, key `split`).
        horizon_days: of `mornings`: a list is judged on what its user does in so many days.
        window_days: of `mornings`: the length of both windows; without it, they are as short as can be.
        min_answers: of `mornings`: a window is long enough with so many answers of users who have a history ...
        min_lists: ... to so many lists, one per such user and morning.
        max_share: of `mornings`: a window holds at most this share of all answers.
        max_rows: lists that a fold is judged on, at most: sampled by user and morning.
        test_share: of `global_time` and `random_holdout`: the share of all events that is test; validation has the same
            share of the rest.
    """

    kind: str = "mornings"
    horizon_days: int = Field(1, ge=1)
    window_days: int | None = Field(None, ge=1)
    min_answers: PositiveInt = 1_000
    min_lists: PositiveInt = 300
    max_share: float = Field(0.2, gt=0.0, lt=0.5)
    max_rows: PositiveInt = 20_000
    test_share: float = Field(0.2, gt=0.0, lt=0.5)


_WEIGHTS: dict[EventType, float] = {
    "impression": 0, "view": 1, "click": 1, "cart": 2, "purchase": 4,
    "rating": 1, "play": 1, "like": 2, "dislike": -1, "hide": -1,
}  # fmt: skip


def _over_default_weights(given: Any) -> Any:
    return {**_WEIGHTS, **given} if isinstance(given, Mapping) else given


class EventSettings(Settings):
    """What an event says about its user and its item; the same for histories, answers and filters.

    Attributes:
        weights: by event type; a type that is left out keeps its default. Above 0: the user wants such items; 0: no
            effect; below 0: the user refuses the item, whatever the events before it.
        min_rating: a rating below it weighs as much against its item; without it, every rating has the same weight.
        half_life_days: an event of that age counts half; without it, age does not matter.
        targets: what a list is for: the value of an answer by event type; without it, the most valuable type of which there
            are enough events.
        seen_types: after an event of such a type, the item is not listed to the user. Without it: all types, but where users
            often buy what they only saw before, those of the targets and below 0; where they often buy again, those below 0.
        seen_max_age_days: by event type, how long that lasts (a grocer's customers buy again); forever where left out.
    """

    weights: Annotated[dict[EventType, FiniteFloat], BeforeValidator(_over_default_weights)] = _WEIGHTS
    min_rating: float | None = None
    half_life_days: PositiveFloat | None = None
    targets: dict[EventType, PositiveFloat] | None = None
    seen_types: Annotated[tuple[EventType, ...] | None, BeforeValidator(as_tuple)] = None
    seen_max_age_days: dict[EventType, PositiveFloat] = {}

    @model_validator(mode="after")
    def _must_know_what_users_want(self) -> Self:
        if not any(weight > 0 for weight in self.weights.values()):
            raise ValueError("the weight of one event type at least must be above 0")
        if self.targets is not None and not self.targets:
            raise ValueError("targets must name one event type at least")
        return self

    @property
    def informative_types(self) -> tuple[EventType, ...]:
        """The types that say something about a user: by default all but impressions."""
        named = {*(self.targets or ()), *(self.seen_types or ())}
        return tuple(kind for kind in EVENT_TYPES if self.weights[kind] != 0 or kind in named)

    @property
    def negative_types(self) -> tuple[EventType, ...]:
        """The types by which users refuse an item."""
        return tuple(kind for kind in EVENT_TYPES if self.weights[kind] < 0)


class NightSettings(Settings):
    """What the jobs of one night share (conf/nightly.toml).

    Attributes:
        sources: candidate sources, each a model with a job `train_<source>`; popularity is always among them.
        k: length of the published lists.
        seed: of everything random.
        split: which events the night holds out to evaluate itself.
        events: what an event says about its user and its item.
    """

    sources: Names = ("popularity", "als", "neighbours", "transitions", "repeats", "two_tower")
    k: int = Field(20, ge=1)
    seed: int = 42
    split: SplitSettings = SplitSettings()
    events: EventSettings = EventSettings()

    @field_validator("sources")
    @classmethod
    def _must_be_names(cls, sources: tuple[str, ...]) -> tuple[str, ...]:
        # A source becomes a folder, a task's name and a condition on a partition.
        if len(set(sources)) < len(sources) or not all(re.fullmatch("[a-z][a-z0-9_]*", source) for source in sources):
            raise ValueError("a source is the name of a model: small letters, digits and _, a letter first, each once")
        return sources


_SIZE = re.compile(r"[1-9]\d*[kmgt]b?", re.IGNORECASE)
_SHIFTS = {"k": 10, "m": 20, "g": 30, "t": 40}


class SparkSettings(Settings):
    """Size of a local session; under spark-submit its own options win.

    Attributes:
        cores: tasks at once; default: all cores of the machine.
        driver_memory: as Spark writes it (`4g`); a local session has no other memory.
        shuffle_partitions: tasks of a shuffle; default: two per core.
        conf: further options of Spark, by their own names.
    """

    cores: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    driver_memory: str = "4g"
    shuffle_partitions: int | None = Field(None, ge=1)
    conf: dict[str, str] = {}

    @field_validator("driver_memory")
    @classmethod
    def _must_be_a_size(cls, size: str) -> str:
        if not _SIZE.fullmatch(size.strip()):
            raise ValueError("a size is a whole number and a unit, as 4g or 512m")
        return size.strip()

    @property
    def driver_memory_bytes(self) -> int:
        """The same as a number."""
        number, unit = re.split(r"(?<=\d)(?=\D)", self.driver_memory, maxsplit=1)
        return int(number) << _SHIFTS[unit[0].lower()]


class HorovodSettings(Settings):
    """How many processes train a deep model.

    Attributes:
        workers: at most; on one machine they share its cores; 1 starts no horovodrun.
        min_rows: with fewer rows in its largest input a training that `tawny` starts has one worker, in its own process: on
            2 cores, two workers then cost some 15 seconds for their start and save none. Airflow always starts `workers`.
    """

    workers: int = Field(2, ge=1)
    min_rows: int = Field(5_000, ge=0)


def _jars_of_checkout() -> str | None:
    """Where `make` puts Delta's jars; None in an installation without a checkout."""
    return next((str(folder) for folder in sorted((_CHECKOUT / ".cache" / "jars").glob("delta-*"))), None)


class Env(Settings):
    """An env file: where the tables and the landing folder are, how large sessions may be, and any override.

    Attributes:
        root: folder (or object-store URL) of the tables.
        landing: folder of the raw files.
        jars: folder of Delta's jars; default: $TAWNY_JARS, or where `make` put them. spark-submit brings its own.
        run_date: the day that `tawny night` makes lists for without --run-date; for landing files that never change.
        files: what landing files hold, where their names do not say it.
        database: `[database]`, where `tawny land` copies tables from.
        joins: `[[joins]]`, files that `tawny land` puts together.
        language: of the reasons as users read them: en, zh, or a table below `words`.
        words: `[words.<language>]`, the words of reasons in a language (core/words.py).
        keep_days: by table, how many days `tawny maintain` keeps, instead of what the table declares: `events_v2 = 730`
            forgets events two years before the newest published day.
        night: `[night]`, overrides conf/nightly.toml (NightSettings).
        jobs: `[jobs.<name>]` and `[jobs."<name>.<variant>"]` hold a job's settings; see the job's file.
    """

    root: str
    landing: str
    jars: str | None = Field(default_factory=lambda: os.environ.get("TAWNY_JARS", _jars_of_checkout()))
    run_date: date | None = None
    files: Annotated[tuple[FilesSettings, ...], BeforeValidator(as_tuple)] = ()
    spark: SparkSettings = SparkSettings()
    horovod: HorovodSettings = HorovodSettings()
    database: DatabaseSettings | None = None
    joins: Annotated[tuple[JoinSettings, ...], BeforeValidator(as_tuple)] = ()
    language: str = "en"
    words: dict[str, dict[str, Any]] = {}
    keep_days: dict[str, PositiveInt] = {}
    night: dict[str, Any] = {}
    jobs: dict[str, dict[str, Any]] = {}


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
    resolved = {key: _resolve(path.parent, value) for key in ("root", "landing", "jars") if (value := getattr(env, key))}
    return env.model_copy(update=resolved)


def night_settings(env: Env) -> NightSettings:
    """conf/nightly.toml, overridden by the env file's [night]."""
    merged = merge(_read_toml(conf_folder() / "nightly.toml", missing_ok=True), env.night)
    settings = validate(NightSettings, merged, where="[night]")
    if "popularity" not in settings.sources:
        settings = settings.model_copy(update={"sources": ("popularity", *settings.sources)})
    return settings


def job_settings(settings_class: type[S], env: Env, name: str, variant: str | None) -> S:
    """The settings of one job: code < conf/<job>.toml < conf/<job>.<variant>.toml < the env file.

    Raises:
        ConfigError: an unknown key or a wrong value.
    """
    merged: dict[str, Any] = {}
    for key in [name, f"{name}.{variant}"] if variant else [name]:
        merged = merge(merged, _read_toml(conf_folder() / f"{key}.toml", missing_ok=True))
    for key in [name, f"{name}.{variant}"] if variant else [name]:
        merged = merge(merged, env.jobs.get(key, {}))
    return validate(settings_class, merged, where=f"settings of {name}{'.' + variant if variant else ''}")


def validate(settings_class: type[S], values: Mapping[str, Any], *, where: str) -> S:
    """The settings as an instance of the class, or one ConfigError that lists every wrong key."""
    try:
        return settings_class.model_validate(values)
    except ValidationError as exc:
        wrong = "; ".join(_wrong(settings_class, error) for error in exc.errors())
        rule, do = "settings must be of the right kind.", "Correct the value."
        if any(error["type"] == "extra_forbidden" for error in exc.errors()):
            rule = f"settings must be known and of the right kind (known here: {', '.join(settings_class.model_fields)})."
            do = "Correct or remove the key."
        raise ConfigError(where=where, rule=rule, came=wrong, do=do) from exc


def _wrong(settings_class: type[Settings], error: Any) -> str:
    name = ".".join(map(str, error["loc"])) or "file"
    if error["type"] == "missing":
        return f"{name} (it must be there)"
    return f"{name} = {error['input']!r} ({_said(settings_class, error)})"


def _said(settings_class: type[Settings], error: Any) -> str:
    """What is wrong with one key; of an unknown one also which was meant, if one is near or stands in another section."""
    if error["type"] != "extra_forbidden":
        return str(error["msg"]).removeprefix("Value error, ")
    *path, name = (part for part in error["loc"] if isinstance(part, str))
    own = settings_class
    for part in path:
        own = next(iter(_settings_in(own.model_fields[part].annotation)), own)
    fields = set(own.model_fields)
    if question := did_you_mean(name, fields):
        return f"unknown key. {question}"
    sections = {field: cls for field in _SECTIONS for cls in [_SECTIONS[field]] if settings_class is Env}
    place = next((field for field, cls in sections.items() if name in cls.model_fields), None)
    return f"unknown key. It belongs into [{place}]" if place else f"unknown key; known here: {', '.join(sorted(fields))}"


def _settings_in(annotation: Any) -> list[type[Settings]]:
    """The settings classes that a type speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return [annotation]
    return [found for one in get_args(annotation) for found in _settings_in(one)]


_SECTIONS: dict[str, type[Settings]] = {"night": NightSettings, "spark": SparkSettings, "horovod": HorovodSettings}


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` overridden by `over`, table by table."""
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
    except tomllib.TOMLDecodeError as exc:
        line = re.search(r"at line (\d+)", str(exc))
        lines = path.read_text(encoding="utf-8").splitlines() or [""]
        text = lines[min(int(line.group(1)), len(lines)) - 1] if line else lines[-1]
        do = "Correct the line. Text stands in quotation marks (a path of Windows in single ones), a table as [night]."
        raise ConfigError(where=str(path), rule="it must be TOML.", came=f"{exc}: {text.strip()[:100]}", do=do) from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(where=str(path), rule="it must be TOML, in UTF-8.", came=str(exc), do="Convert the file.") from exc
    except OSError as exc:
        came, do = exc.strerror or str(exc), "Name a file with --env FILE.toml."
        raise ConfigError(where=str(path), rule="the env file must be a file that can be read.", came=came, do=do) from exc


def _resolve(folder: Path, value: str) -> str:
    return value if "://" in value else str((folder / Path(value).expanduser()).resolve())
