"""Learn the blend of the sources on the validation window."""

from typing import TYPE_CHECKING

from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.core.run import Run
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.models import MODELS
from tawny.tables.shortlists import SHORTLISTS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Config(JobConfig):
    """Settings.

    Attributes:
        n_users: validation users that it is learned from, at most, of each kind (with history, without).
        k: of the NDCG that it is learned for.
    """

    n_users: int = 3000
    k: int = 10


JOB = Job(reads=(SHORTLISTS, HOLDOUTS), writes=MODELS["blend"], config=Config)


def main(run: "Run[Config, DataFrame]") -> None:
    """Learn once, from `validation`; `test` and `serve` use what was learned."""
    from tawny.models.arrow import model_rows
    from tawny.models.blend import BlendConfig
    from tawny.ranking.blend import learn_blend

    shortlists = run.read(SHORTLISTS, fold="validation")
    holdouts = run.read(HOLDOUTS, fold="validation")
    settings = BlendConfig(k=run.config.k, max_users=run.config.n_users)
    blend = learn_blend(shortlists, holdouts, run.night.sources, settings, run.seed("sample"))
    run.write(model_rows({"validation": blend}))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
