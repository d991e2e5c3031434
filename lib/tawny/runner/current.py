"""Whether a task has anything to do for a run_date: its output is current, or why it is not."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, cast

from tawny.core.config import Env, NightSettings, config_hash, job_settings
from tawny.core.errors import StaleInputError
from tawny.core.table import spec_of
from tawny.runner.lineage import Lineage
from tawny.runner.manifest import code_digest
from tawny.runner.plan import Task
from tawny.tables.nights import NIGHTS

if TYPE_CHECKING:
    from tawny.ingest.files.file import Kind
    from tawny.lake.arrow import ArrowLake

_N_SHOWN = 3


def why_run(task: Task, run_date: date, env: Env, night: NightSettings, lake: ArrowLake) -> str | None:
    """Why the task has something to do, in words; None where running it would change nothing.

    Read from Delta's logs, the ledger and the names of the landing files alone.

    Raises:
        ConfigError: a wrong or unknown setting.
    """
    try:
        if task.job.ledger is not None:
            return _landed(task, env, lake)
        if spec_of(task.writes) == NIGHTS:
            return _other_versions(task, run_date, lake)
        return _changed(task, run_date, env, night, lake)
    except StaleInputError as exc:  # a table is not there yet
        return exc.came


def _landed(task: Task, env: Env, lake: ArrowLake) -> str | None:
    from tawny.ingest.ledger import pending

    paths = pending(env, lake, cast("Kind", spec_of(task.writes).name.partition("_v")[0]))
    more = f" and {len(paths) - _N_SHOWN} more" if len(paths) > _N_SHOWN else ""
    return f"not read yet: {', '.join(paths[:_N_SHOWN])}{more}" if paths else None


def _other_versions(task: Task, run_date: date, lake: ArrowLake) -> str | None:
    lineage = Lineage(lake, run_date)
    for spec in map(spec_of, task.reads):
        pin, changed = lineage.pin(spec), lake.commits(spec).changed_at()
        if pin is None or pin.version < changed:
            return f"{spec.name} changed in version {changed}, " + (f"{pin.version} is pinned" if pin else "none is pinned")
    return None


def _changed(task: Task, run_date: date, env: Env, night: NightSettings, lake: ArrowLake) -> str | None:
    lineage, spec = Lineage(lake, run_date), spec_of(task.writes)
    made = lineage.made(task.writes)
    if made is None:
        return "not run yet"
    settings = job_settings(task.job.settings, env, task.job.name, task.variant)
    if made.note and made.note.get("settings") != config_hash(night, settings):
        return "its settings, or those of the night, are others"
    if made.note and made.note.get("code") != code_digest(task.job.file):
        return "its code is another"
    if spec.mode == "replace_partition" and made.note and not lineage.is_there(made, task.writes, lake.version(spec)):
        return "its rows are gone"
    return lineage.why_stale(str(task.writes))
