"""Number the items known before run_date and say which may be listed."""

from typing import TYPE_CHECKING

from tawny.core.config import JobConfig, Names
from tawny.core.job import Job
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.items import ITEMS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from tawny.core.run import Run


class Config(JobConfig):
    """Settings of the job.

    Attributes:
        blocked_items: raw keys of items that are never listed.
    """

    blocked_items: Names = ()


JOB = Job(reads=(EVENTS, ITEMS), writes=CATALOG, config=Config)


def main(run: "Run[Config, DataFrame]") -> None:
    """Write catalog_v1 of run_date."""
    from tawny.features.catalog import catalog

    run.write(catalog(run.read(ITEMS), run.read(EVENTS), run.cutoff, run.config.blocked_items))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
