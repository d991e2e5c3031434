"""Number the items known on run_date."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.core.settings import Names, Settings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.items import ITEMS


class CatalogSettings(Settings):
    """Which items are never listed.

    Attributes:
        blocked_items: their ids, as in the landing files.
    """

    blocked_items: Names = ()


def main(run: SparkRun[CatalogSettings]) -> None:
    """Write catalog_v2 of run_date."""
    from tawny.features.catalog import catalog

    run.write(catalog(run.read(ITEMS), run.read(EVENTS), run.cutoff, run.settings.blocked_items))


JOB = Job(main, stage="features", reads=(EVENTS, ITEMS), writes=CATALOG, settings=CatalogSettings)

if __name__ == "__main__":
    run_job(JOB)
