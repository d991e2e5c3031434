"""Settings that counting models share, and those that their training jobs share."""

from collections.abc import Sequence

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from tawny.core.config import Settings


class CountingModelSettings(Settings):
    """How a counting model treats frequent items and old entries. Each model has its own defaults for the first three.

    Attributes:
        source_damping: a pair's sum is divided by the past item's number of users to this power ...
        target_damping: ... and by the listed item's to this one; cosine has both at 0.5, 0 favours the popular.
        shrinkage: added to both numbers of users, so that rare items do not look alike by chance.
        position_power: an entry with f newer ones after it weighs (1 + f) ** -position_power.
        half_life_days: an entry this old counts half; None: age does not count.
        trend_half_life_days: in fitting, an event this old counts half; None: age does not count.
    """

    source_damping: NonNegativeFloat
    target_damping: NonNegativeFloat
    shrinkage: NonNegativeFloat
    position_power: NonNegativeFloat = 1.0
    half_life_days: PositiveFloat | None = None
    trend_half_life_days: PositiveFloat | None = None


class CountingSettings(Settings):
    """Settings of a job that trains a counting model; the job gives `model` and `alternatives` their class and defaults.

    Attributes:
        model: the model's settings.
        alternatives: compared with `model` on the validation window; `[[jobs.train_<model>.alternatives]]` in TOML. Only the
            keys that an alternative sets override `model`; its defaults are ignored.
        n_sample_users: users that an alternative is fitted on, at most.
        n_validation_users: users that the alternatives are compared on, at most.
        k: of the NDCG that decides.
        n_tasks: tasks that share the rows of the matrix.
    """

    model: Settings
    alternatives: Sequence[Settings] = ()
    n_sample_users: PositiveInt = 10_000
    n_validation_users: PositiveInt = 2_000
    k: PositiveInt = 10
    n_tasks: PositiveInt = 4

    def options(self) -> list[Settings]:
        """The settings to compare, in this order: `model`, then `model` overridden by each alternative's own keys."""
        return [self.model, *(self.model.model_copy(update=_keys_set(one)) for one in self.alternatives)]


def _keys_set(settings: Settings) -> dict[str, object]:
    return {name: getattr(settings, name) for name in settings.model_fields_set}
