"""Fit implicit ALS: item factors; confidence, regularisation and rank chosen on the validation window."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.models.als.settings import TrainAlsSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.interactions import INTERACTIONS
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES


def main(run: SparkRun[TrainAlsSettings]) -> None:
    """Choose the settings on `validation`, then fit every fold with them on its positive interactions."""
    from tawny.models.als.spark import fit_every_fold
    from tawny.models.store import model_rows

    n_items = run.read_arrow(CATALOG).num_rows
    frames = run.read(SEQUENCES), run.read(HOLDOUTS), run.read(INTERACTIONS)
    models, tuned = fit_every_fold(run.settings, *frames, n_items, run.seed("validation") % 2**31)
    run.write(model_rows(models, tuned.text()))


JOB = Job(
    main,
    stage="training",
    reads=(CATALOG, INTERACTIONS, SEQUENCES, HOLDOUTS),
    writes=MODELS["als"],
    settings=TrainAlsSettings,
)

if __name__ == "__main__":
    run_job(JOB)
