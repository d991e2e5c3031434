"""A lake and a landing folder of a test's own, in which nights are run, and which can be copied as it is."""

import shutil
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import tawny_jobs
from tawny.core.table import TableSpec
from tawny.runner.local import LocalRunner
from tawny.runner.manifest import Record
from tawny.runner.night import Night, run_night
from tawny.runner.plan import load_jobs
from tawny.tables.registry import all_tables

from .conftest import ENV

JOBS = load_jobs(tawny_jobs)


class OwnLake:
    """A lake.

    Attributes:
        folder: of all of it; env.toml, lake/ and landing/ lie in it.
        runner: runs tasks in it.
    """

    def __init__(self, folder: Path, landed: Path, more: str = "", make: type[LocalRunner] = LocalRunner) -> None:
        """A lake with empty tables, and with copies of landed files: copies keep the time of each file.

        Args:
            folder: not there yet.
            landed: the files that lie in landing.
            more: lines of the env file.
            make: the runner.
        """
        self.folder, self._more, self._make = folder, more, make
        shutil.copytree(landed, folder / "landing")
        workers = "[horovod]\nworkers = 1\n"  # in this process
        (folder / "env.toml").write_text(
            ENV.format(root=folder / "lake", landing=folder / "landing").replace("[night]\n", f"{workers}[night]\n") + more
        )
        self.runner = self.new_runner()
        self.runner.arrow.ensure(list(all_tables().values()))

    @property
    def root(self) -> str:
        """Where the tables lie."""
        return str(self.folder / "lake")

    def new_runner(self) -> Any:
        """A runner (of `make`) with lakes of its own, as another process has one."""
        return self._make(JOBS, self.folder / "env.toml")

    def land(self, folder: Path) -> None:
        """Land copies of all files of a folder."""
        shutil.copytree(folder, self.folder / "landing", dirs_exist_ok=True)

    def copy(self, folder: Path) -> "OwnLake":
        """A copy: tables do not know where they lie."""
        other = OwnLake(folder, self.folder / "landing", self._more, self._make)
        shutil.rmtree(folder / "lake")
        shutil.copytree(self.folder / "lake", folder / "lake")
        return other

    def run(self, task_id: str, day: date) -> Record:
        """Run one task."""
        record: Record = self.runner.run(self.runner.task(task_id), day)
        return record

    def night(self, day: date, runner: LocalRunner | None = None) -> list[str]:
        """Run a night; the tasks that had something to do."""
        its = runner or self.new_runner()
        night = Night(day, its.tasks())
        run_night(its, night, lambda name: nullcontext())
        return [step.name for step in night.steps if step.record]

    def rows(self, spec: TableSpec, **where: Any) -> list[dict[str, Any]]:
        """The newest rows with these values."""
        lake = self.runner.arrow
        found = lake.read(spec, lake.version(spec), ()).to_pylist(maps_as_pydicts="strict")
        return [row for row in found if all(row[name] == value for name, value in where.items())]

    def versions(self) -> dict[str, int]:
        """The newest version of every table."""
        return {name: self.runner.arrow.version(spec) for name, spec in all_tables().items()}


def listed(rows: Sequence[dict[str, Any]]) -> set[tuple[str, str]]:
    """User and item of rows."""
    return {(row["user_id"], row["item_id"]) for row in rows}
