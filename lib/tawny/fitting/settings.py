"""Settings that the training jobs of counting models share. Loads no Spark: job files import it at their top."""

from tawny.core.config import JobConfig

Setting = int | float | None


class CountingConfig(JobConfig):
    """Settings.

    Attributes:
        settings: keys of the model's own config that differ from its defaults.
        grid: alternatives to them, tried on the validation window.
        n_learners, n_examined: users that an alternative is fitted and examined on, at most.
        k: of the NDCG that decides.
        n_tasks: tasks that share the rows of the matrix.
    """

    settings: dict[str, Setting] = {}
    grid: tuple[dict[str, Setting], ...] = ()
    n_learners: int = 10_000
    n_examined: int = 2_000
    k: int = 10
    n_tasks: int = 4
