"""List every target user's best items of one source."""

from typing import TYPE_CHECKING, cast

from tawny.core.columns import FOLDS
from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.core.run import Run
from tawny.tables.candidates import CANDIDATES
from tawny.tables.catalog import CATALOG
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.user_features import USER_FEATURES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Config(JobConfig):
    """Settings: `n` items per user."""

    n: int = 200


JOB = Job(
    reads=(SEQUENCES, USER_FEATURES, CATALOG, MODELS["{variant}"]),
    writes=CANDIDATES["{variant}"],
    config=Config,
    per_source=True,
)


def main(run: "Run[Config, DataFrame]") -> None:
    """Score the target users of every fold with the source's model of that fold."""
    from functools import reduce

    from pyspark.sql import functions as F

    from tawny.candidates.top_items import top_items
    from tawny.models.arrow import saved_files
    from tawny.models.base import Model
    from tawny.models.registry import saved_class

    source = str(run.variant)
    is_listable = run.read_arrow(CATALOG).sort_by("item_index")["is_available"].to_numpy()
    models = run.read_arrow(MODELS[source])
    lists = []
    for fold in FOLDS:
        users = run.read(SEQUENCES, fold=fold).where("is_target")
        if cast(type[Model], saved_class(source)).uses_user_features:
            features = run.read(USER_FEATURES, fold=fold).selectExpr("user_id", "attribute_features AS features")
            users = users.join(features, "user_id", "left")
        best = top_items(users, saved_files(models, source, fold), is_listable, run.config.n)
        lists.append(best.withColumn("fold", F.lit(fold)))
    run.write(reduce(lambda one, other: one.unionByName(other), lists))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
