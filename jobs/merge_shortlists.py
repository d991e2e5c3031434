"""Merge the candidates of all sources into one shortlist per user, every item scored by every source."""

from __future__ import annotations

from tawny.core.columns import Fold
from tawny.core.job import Job
from tawny.core.settings import Settings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.candidates import CANDIDATES
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.shortlists import SHORTLISTS
from tawny.tables.user_features import USER_FEATURES


def main(run: SparkRun[Settings]) -> None:
    """Write shortlists_v2 of run_date, all folds."""
    from pyspark.sql import DataFrame

    from tawny.candidates.shortlists import shortlists
    from tawny.features.labelled import by_fold
    from tawny.models.store import saved_files

    saved = run.read_arrow(MODELS)

    def of_fold(fold: Fold) -> DataFrame:
        candidates, sequences, features = (run.read(table, fold=fold) for table in (CANDIDATES, SEQUENCES, USER_FEATURES))
        models = {source: saved_files(saved, source, fold) for source in run.night.sources}
        return shortlists(candidates, sequences, features, models)

    run.write(by_fold(of_fold))


JOB = Job(
    main,
    stage="candidates",
    reads=(CANDIDATES["{source}"], SEQUENCES, USER_FEATURES, MODELS["{source}"]),
    writes=SHORTLISTS,
)

if __name__ == "__main__":
    run_job(JOB)
