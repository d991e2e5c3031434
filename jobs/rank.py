"""Blend the shortlists into the lists as they would be published, with reasons."""

from typing import TYPE_CHECKING, cast

from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.core.run import Run
from tawny.tables.models import MODELS
from tawny.tables.rankings import RANKINGS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.shortlists import SHORTLISTS
from tawny.tables.user_features import USER_FEATURES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Config(JobConfig):
    """Settings.

    Attributes:
        n_reasons: per listed item, at most.
        min_share: a source without a past item, or all past items together, is left out as a reason below this share.
    """

    n_reasons: int = 3
    min_share: float = 0.1


JOB = Job(
    reads=(SHORTLISTS, SEQUENCES, USER_FEATURES, MODELS["{source}"], MODELS["blend"]),
    writes=RANKINGS,
    config=Config,
)


def main(run: "Run[Config, DataFrame]") -> None:
    """Rank `test`, to be judged, and `serve`, to be published; only the latter needs reasons."""
    from pyspark.sql import functions as F

    from tawny.models.arrow import saved_files, versions
    from tawny.models.blend import Blend
    from tawny.models.files import from_files
    from tawny.ranking.rank import Recipe, rank
    from tawny.ranking.version import list_version

    saved = run.read_arrow(MODELS)
    blend = cast(Blend, from_files(saved_files(saved, "blend", "validation")))
    lists = None
    for fold, n_reasons in (("test", 0), ("serve", run.config.n_reasons)):
        history = run.read(SEQUENCES, fold=fold).drop("fold", "run_date", "seen_indices", "is_target")
        features = run.read(USER_FEATURES, fold=fold).selectExpr("user_id", "attribute_features AS features")
        shortlist = run.read(SHORTLISTS, fold=fold).select("user_id", "is_warm", F.col("items").alias("shortlist"))
        users = shortlist.join(history, "user_id").join(features, "user_id", "left")
        recipe = Recipe(
            blend, tuple(saved_files(saved, s, fold) for s in blend.sources), run.night.k, n_reasons, run.config.min_share
        )
        version = list_version(versions(saved, fold), versions(saved, "validation")["blend"], blend.sources)
        ranked = rank(users, recipe).withColumns({"fold": F.lit(fold), "model_version": F.lit(version)})
        lists = ranked if lists is None else lists.unionByName(ranked)
    run.write(lists)


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
