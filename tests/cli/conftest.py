"""A night of two made-up jobs that need no JVM, and the command line as a function."""

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tawny.core import job as core_job
from tawny.core.config import Env

NUMBER = '''"""Number two items.

The rest of the text is for readers.
"""

from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.tables.catalog import CATALOG


class Config(JobConfig):
    titles: str = "Alien,Brazil"


JOB = Job(writes=CATALOG, engine="arrow", config=Config)


def main(run):
    import pyarrow as pa

    titles = run.config.titles.split(",")
    if "" in titles:
        raise ValueError("an item has no title")
    rows = [
        {"item_index": i, "item_id": str(i), "title": title, "categories": [], "price": None, "is_available": True}
        for i, title in enumerate(titles)
    ]
    run.write(pa.Table.from_pylist(rows))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
'''

JUDGE = '''"""Judge the lists."""

from tawny.core.job import Job
from tawny.tables.catalog import CATALOG
from tawny.tables.evaluations import EVALUATIONS

JOB = Job(reads=(CATALOG,), writes=EVALUATIONS, engine="arrow")


def main(run):
    import pyarrow as pa

    n_items = run.read_arrow(CATALOG).num_rows
    row = {"kind": "backtest", "list_date": run.run_date, "segment": "all", "k": 20, "n_users": 9, "n_left_out": 1}
    values = [("als", 0.25, 0.2, 0.3), ("final", n_items / 4, 0.4, 0.6)]
    rows = [
        {**row, "subject": subject, "metric": "ndcg", "value": value, "ci_low": low, "ci_high": high}
        for subject, value, low, high in values
    ]
    run.write(pa.Table.from_pylist(rows))
'''


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and what it wrote to both streams."""

    code: int
    out: str
    err: str


Tawny = Callable[..., Ended]


@pytest.fixture
def jobs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that stands for jobs/: `judge` needs `number`."""
    folder = tmp_path / "jobs"
    folder.mkdir()
    (folder / "number.py").write_text(NUMBER)
    (folder / "judge.py").write_text(JUDGE)
    package = importlib.import_module("tawny_jobs")
    monkeypatch.setattr(package, "__path__", [str(folder)])
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("tawny_jobs.")}
    core_job.job_names.cache_clear()
    yield folder
    for name in [name for name in sys.modules if name.startswith("tawny_jobs.")]:
        del sys.modules[name]
    sys.modules.update(before)
    core_job.job_names.cache_clear()


@pytest.fixture
def env_file(tmp_path: Path, env: Env, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An env file for this test's own tables; no TOML of the checkout is read."""
    monkeypatch.setenv("TAWNY_CONF", str(tmp_path / "conf"))
    path = tmp_path / "env.toml"
    path.write_text(f'root = "{env.root}"\nlanding = "{env.landing}"\nrun_date = 1998-04-23\n')
    return path


@pytest.fixture
def tawny(env_file: Path, capsys: pytest.CaptureFixture[str]) -> Tawny:
    """`tawny ARGUMENT... --env ENV_FILE`, in this process."""
    from tawny.cli import main

    def run(*arguments: str) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--env", str(env_file)])
        code = ended.value.code
        streams = capsys.readouterr()
        return Ended(code if isinstance(code, int) else 0, streams.out, streams.err)

    return run
