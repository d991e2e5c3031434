"""The base of all settings."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


def as_tuple(value: Any) -> Any:
    """For `Annotated[tuple[...], BeforeValidator(as_tuple)]`: TOML has arrays, settings hold tuples."""
    return tuple(value) if isinstance(value, list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(as_tuple)]


class Settings(BaseModel):
    """Base of all settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
