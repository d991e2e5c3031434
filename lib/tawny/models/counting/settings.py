"""Settings that the training jobs of counting models share."""

from collections.abc import Sequence

from pydantic import PositiveInt

from tawny.core.config import Settings


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
