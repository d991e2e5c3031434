"""Learn the final order of the shortlists on the validation window."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.ranking.settings import RankerSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.shortlists import SHORTLISTS


def main(run: SparkRun[RankerSettings]) -> None:
    """Learn the ranker on `validation`; `test` and `serve` use it too."""
    from tawny.models.store import model_rows
    from tawny.ranking.features import ItemFacts
    from tawny.ranking.spark import learn_ranker

    shortlists, sequences, holdouts = (run.read(table, fold="validation") for table in (SHORTLISTS, SEQUENCES, HOLDOUTS))
    facts = ItemFacts.from_features(run.read_arrow(ITEM_FEATURES, fold="validation"))
    sources, seed = run.night.sources, run.seed("sample")
    ranker = learn_ranker(shortlists, sequences, holdouts, facts, sources, run.settings, seed)
    run.write(model_rows({"validation": ranker}))


JOB = Job(
    main,
    stage="ranking",
    reads=(SHORTLISTS, SEQUENCES, HOLDOUTS, ITEM_FEATURES),
    writes=MODELS["ranker"],
    settings=RankerSettings,
)

if __name__ == "__main__":
    run_job(JOB)
