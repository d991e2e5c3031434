"""Settings of the gate, and of tuning."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PositiveFloat, PositiveInt

from tawny.core.config import S
from tawny.core.settings import Settings


class GateSettings(Settings):
    """How good the final lists must be before readers see them.

    Attributes:
        is_enabled: false lets every list pass that the audit accepts: for a night whose lists are known to be worse.
        metric: what is compared, on the test window; higher is better.
        k: length of the compared lists; default: the longest evaluated one that is no longer than the published lists.
        segment: the users that count; see evaluations_v2.
        tolerance_share: how far below the published list the new one may lie, as a share of its value. Windows of two nights
            differ by a day, and one sale moves all lists by several per cent.
        min_judged: with fewer judged lists the gate measures nothing, and says so: with 100, the 95 % interval of an NDCG
            is some 0.03 to either side, which is as much as good and bad lists differ by.
    """

    is_enabled: bool = True
    metric: Literal["average_precision", "hit_rate", "mrr", "ndcg", "precision", "recall"] = "ndcg"
    k: PositiveInt | None = None
    segment: Literal["all", "warm", "cold", "1-2", "3-10", "11+"] = "all"
    tolerance_share: float = Field(0.1, ge=0.0, lt=1.0)
    min_judged: PositiveInt = 100


def _as_axes(value: Any) -> Any:
    return tuple(tuple(axis) for axis in value) if isinstance(value, list) else value


Axes = Annotated[tuple[tuple[dict[str, Any], ...], ...], BeforeValidator(_as_axes)]
"""Groups of settings that are tried one group after the other: each entry holds the keys that it changes, with values."""


class TuningSettings(Settings):
    """How a source's settings are found on validation rows (evaluation/tuning.py); each model gives `axes` its default.

    Attributes:
        axes: what is tried, simplest first; an empty one fits with the settings as they are.
        budget_minutes: after so long, the best so far is taken.
        n_rows: validation rows compared on, at most; the first rounds take a part of them.
        n_users: users whose histories are fitted on, at most.
        k: of the NDCG that decides.
    """

    axes: Axes = ()
    budget_minutes: PositiveFloat = 3.0
    n_rows: PositiveInt = 4_000
    n_users: PositiveInt = 30_000
    k: PositiveInt = 10


def changed(settings: S, keys: Mapping[str, Any]) -> S:
    """The settings with some keys set anew, checked like any others."""
    return settings.model_validate({**settings.model_dump(), **keys})


def check_axes(tuning: TuningSettings, model: Settings) -> None:
    """Raise ValidationError where an axis names a key that the model has not, or a wrong value."""
    for axis in tuning.axes:
        for keys in axis:
            changed(model, keys)
