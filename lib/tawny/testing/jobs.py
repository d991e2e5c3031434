"""Small jobs for tests of the runner."""

from collections.abc import Callable
from typing import Any

from tawny.core.job import Job

NUMBER = '''"""Number two items.

The rest of the text is for readers.
"""

from __future__ import annotations

from tawny.core.settings import Settings
from tawny.core.job import Job
from tawny.runner.entry import ArrowRun, run_job
from tawny.tables.catalog import CATALOG


UNKNOWN = {"price": None, "first_event_ts": None}


class NumberSettings(Settings):
    titles: str = "Alien,Brazil"


def main(run: ArrowRun[NumberSettings]) -> None:
    import pyarrow as pa

    titles = run.settings.titles.split(",")
    if "" in titles:
        raise ValueError("an item has no title")
    rows = [
        {"item_index": i, "item_id": str(i), "title": title, "categories": [], "is_blocked": False, **UNKNOWN}
        for i, title in enumerate(titles)
    ]
    run.write(pa.Table.from_pylist(rows))


JOB = Job(main, stage="features", writes=CATALOG, engine="arrow", settings=NumberSettings)

if __name__ == "__main__":
    run_job(JOB)
'''
"""A job file that needs no JVM and reads no table."""

EVALUATE = '''"""Evaluate the lists."""

from tawny.core.job import Job
from tawny.tables.catalog import CATALOG
from tawny.tables.evaluations import EVALUATIONS

def main(run):
    import pyarrow as pa

    n_items = run.read_arrow(CATALOG).num_rows
    row = {"kind": "backtest", "list_date": run.run_date, "segment": "all", "k": 20, "n_judged": 900, "n_left_out": 1}
    values = [("als", "", 0.25, 0.2, 0.3), ("final", "", n_items / 4, 0.4, 0.6), ("final", "als", 0.25, 0.1, 0.4)]
    rows = [
        {**row, "subject": subject, "versus": versus, "metric": "ndcg", "value": value, "ci_low": low, "ci_high": high}
        for subject, versus, value, low, high in values
    ]
    run.write(pa.Table.from_pylist(rows))


JOB = Job(main, stage="evaluation", reads=(CATALOG,), writes=EVALUATIONS, engine="arrow")
'''
"""A job file that reads what `number` writes."""

_FILE = '''"""{purpose}

The rest of the text is for readers.
"""

def main(run):
    body(run)
'''


def make_job(name: str, body: Callable[[Any], None] = lambda run: None, *, purpose: str = "", **declaration: Any) -> Job:
    """A job as if a file of that name had declared it.

    Args:
        name: of the job.
        body: called by its main.
        purpose: the first line of the file; default: `Does <name>.`
        declaration: arguments of `Job`; the stage may be left out.
    """
    scope: dict[str, Any] = {"body": body}
    text = _FILE.format(purpose=purpose or f"Does {name}.")
    exec(compile(text, f"/made/jobs/{name}.py", "exec"), scope)
    scope["__doc__"] = text.split('"""')[1]
    return Job(scope["main"], **({"stage": "features"} | declaration))
