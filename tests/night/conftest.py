"""One night over a synthetic shop, done once for all tests of this folder."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import tawny_jobs
from tawny.runner.local import LocalRunner
from tawny.runner.night import Night, run_night
from tawny.runner.plan import load_jobs
from tawny.testing.shops import write_shop

D = date(2026, 11, 23)
ENV = """
root = "{root}"
landing = "{landing}"
[spark]
cores = 2
driver_memory = "2g"
shuffle_partitions = 2
[night]
k = 5
split.window_days = 5
[jobs.generate_candidates]
n_candidates = 20
[jobs.train_als.model]
rank = 8
iterations = 2
[jobs.train_two_tower.model]
dim = 8
min_steps = 10
max_steps = 20
global_batch = 64
"""


@dataclass(frozen=True)
class Shop:
    """A landing folder, an env file over it, and the number of events that were landed."""

    runner: LocalRunner
    n_events: int
    n_users: int
    run_date: date = D

    def do(self, *, run_date: date = D, first: str | None = None) -> Night:
        """The night of a date, or its tasks from `first` on."""
        tasks = self.runner.tasks()
        ids = [task.task_id for task in tasks]
        night = Night(run_date, tasks[ids.index(first) if first else 0 :])
        run_night(self.runner, night, lambda name: nullcontext())
        return night


@pytest.fixture(scope="session")
def shop(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop after its first night."""
    folder: Path = tmp_path_factory.mktemp("shop")
    n_events = write_shop(folder / "landing", np.random.default_rng(7), last_day=date(2026, 11, 22))
    file = folder / "env.toml"
    file.write_text(ENV.format(root=folder / "lake", landing=folder / "landing") + "[horovod]\nmin_rows = 0\n")
    made = Shop(LocalRunner(load_jobs(tawny_jobs), file), n_events, n_users=60)
    made.do()
    yield made
