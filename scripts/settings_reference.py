"""Write docs/settings.md: every setting, its type, its default and its meaning, as the classes declare them.

python scripts/settings_reference.py docs/settings.md
"""

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args

import tawny_jobs
from tawny.core.config import Env, NightSettings
from tawny.core.job import STAGES, Job
from tawny.core.landing import DatabaseSettings, DatabaseTable, FilesSettings, JoinSettings
from tawny.core.settings import Settings
from tawny.core.words import Words
from tawny.runner.plan import load_jobs

ARRAYS: dict[tuple[type[Settings], str], type[Settings]] = {
    (Env, "files"): FilesSettings,
    (Env, "joins"): JoinSettings,
    (DatabaseSettings, "tables"): DatabaseTable,
}
"""Keys that are arrays of tables, and the class of such a table."""

HEAD = """# Settings

This page is generated from the classes by `make docs`.

An env file (`--env my.toml`, by default `conf/env/local.toml`) says where the tables and the landing files are, and
overrides any other setting. Defaults stand in the classes alone. What is later in this list overrides what is earlier:

1. the class;
2. `conf/nightly.toml` for `[night]`, `conf/<job>.toml` and then `conf/<job>.<variant>.toml` for `[jobs.<job>]`;
3. the env file, `[jobs.<job>]` and then `[jobs."<job>.<variant>"]`: `[jobs."generate_candidates.als"]` is for one source.

An unknown key, or a job that does not exist, is refused before anything runs. `tawny run JOB --run-date D --dry-run` prints
the merged settings of a job; `runs_v2` keeps them for every run. A setting with an empty default is not set."""


def page() -> str:
    """The page's text.

    Raises:
        ValueError: a setting's meaning is not in its class's docstring.
    """
    jobs = sorted(load_jobs(tawny_jobs).values(), key=lambda job: (STAGES.index(job.stage), job.name))
    own = [job for job in jobs if job.settings.model_fields]
    others = ", ".join(f"`{job.name}`" for job in jobs if job not in own)
    sections = [HEAD, *_sections("", Env), *_sections("words.<language>", Words), *_sections("night", NightSettings)]
    sections += [section for job in own for section in _sections(f"jobs.{job.name}", job.settings, job)]
    return "\n\n".join([*sections, f"Without settings of their own: {others}."]) + "\n"


def _sections(table: str, settings_class: type[Settings], job: Job | None = None) -> Iterator[str]:
    """The table of a class, then those of the classes nested in it; `table` is their name in TOML."""
    schema = settings_class.model_json_schema()
    meanings = _meanings(settings_class)
    rows: list[str] = []
    nested: list[tuple[str, type[Settings]]] = []
    for name, field in schema["properties"].items():
        inner = _nested(settings_class, name)
        if settings_class is Env and name in ("night", "jobs", "words"):
            continue  # their classes have sections of their own
        if (place := (settings_class, name)) in ARRAYS:
            nested.append((f"[{table}{'.' if table else ''}{name}]", ARRAYS[place]))
        elif inner is not None:
            nested.append((f"{table}.{name}".lstrip("."), inner))
        else:
            default = "required" if name in schema.get("required", ()) else _default(settings_class, name)
            rows.append(f"| `{name}` | {_type(field)} | {default} | {_meaning(meanings, name)} |")
    title = f"## `[{table}]`" if table else "## At the top of the env file"
    purpose = job.purpose if job else (settings_class.__doc__ or "").partition("\n")[0]
    head = ["| key | type | default | meaning |", "|---|---|---|---|"]
    yield "\n".join([title, "", purpose, *(["", *head, *rows] if rows else [])])
    for name, inner in nested:
        yield from _sections(name, inner)


def _nested(settings_class: type[Settings], name: str) -> type[Settings] | None:
    """The class of settings that the field holds as a table of its own."""
    annotation = settings_class.model_fields[name].annotation
    # `DatabaseSettings | None`: a table that may be left out.
    if isinstance(annotation, UnionType):
        annotation = next(one for one in get_args(annotation) if one is not NoneType)
    return annotation if isinstance(annotation, type) and issubclass(annotation, Settings) else None


def _meanings(settings_class: type[Settings]) -> dict[str, str]:
    """What the docstrings of the class and of its bases say of each attribute."""
    found: dict[str, str] = {}
    for kind in reversed(settings_class.__mro__):
        attributes = (inspect.cleandoc(kind.__dict__.get("__doc__") or "")).partition("Attributes:\n")[2]
        for names, text in re.findall(r"^    ([\w, ]+): (.*(?:\n {8,}.*)*)", attributes, re.M):
            found |= dict.fromkeys(names.split(", "), " ".join(text.split()))
    return found


def _meaning(meanings: Mapping[str, str], name: str) -> str:
    if name not in meanings:
        raise ValueError(f"the docstring of the settings must say what `{name}` means, under `Attributes:`.")
    return meanings[name].replace("|", "\\|")


def _type(field: Mapping[str, Any], plural: str = "") -> str:
    """A field's JSON schema in TOML's words; `plural` is "s" for what is in an array or a table."""
    if "anyOf" in field:
        return " or ".join(_type(one) for one in field["anyOf"] if one.get("type") != "null")
    if "enum" in field:
        return ("any of " if plural else "one of ") + ", ".join(f"`{value}`" for value in field["enum"])
    if "prefixItems" in field:
        return f"array{plural} of {len(field['prefixItems'])} {_type(field['prefixItems'][0], 's')}"
    if field.get("type") == "array":
        return f"array{plural} of {_type(field['items'], 's')}"
    if field.get("type") == "object":
        values = field["additionalProperties"]
        return f"table{plural}" + (f" of {_type(values, 's')}" if isinstance(values, Mapping) else "")
    name = "table" if "$ref" in field else "date" if field.get("format") == "date" else field["type"]
    bounds = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    return ", ".join([f"{name}{plural}", *(f"{words} {field[key]:g}" for key, words in bounds.items() if key in field)])


def _default(settings_class: type[Settings], name: str) -> str:
    """The default as TOML; empty where there is none, or where it depends on the machine."""
    field = settings_class.model_fields[name]
    return "" if field.default_factory or field.default is None else f"`{_toml(field.default)}`"


def _toml(value: Any) -> str:
    """A value as TOML, on one line."""
    if isinstance(value, Settings):
        return _toml(value.model_dump(exclude_unset=True))
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }" if value else "{}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}" if abs(value) >= 1e6 else str(value)
    return "none" if value is None else f'"{value}"' if isinstance(value, str) else str(value)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
