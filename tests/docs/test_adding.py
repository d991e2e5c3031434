"""The worked examples of docs/adding.md are found and work, without a change to any other file."""

import doctest
import importlib
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import tawny_jobs
from tawny.core.config import Env, NightSettings
from tawny.core.job import all_tasks, find_task, job_names
from tawny.core.run import execute, open_run
from tawny.delta.arrow_io import ArrowLake
from tawny.metrics.registry import metrics
from tawny.models.arrow import model_rows, restored, saved_files
from tawny.models.registry import model_classes
from tawny.tables.catalog import CATALOG
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS
from tawny.tables.registry import all_tables
from tawny.testing.worlds import histories

DOCS = Path(__file__).parents[2] / "docs" / "adding.md"
PACKAGES = {"lib/tawny/metrics": "tawny.metrics", "lib/tawny/tables": "tawny.tables", "lib/tawny/models": "tawny.models",
            "jobs": "tawny_jobs"}  # fmt: skip


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Module names of the page's files, written into folders that lie beside the real ones on their packages' paths."""
    blocks = re.findall(r"`([\w/]+/\w+\.py)`\n\n```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    names = {}
    for path, text in blocks:
        folder, file = path.rsplit("/", 1)
        place = tmp_path / folder
        place.mkdir(parents=True, exist_ok=True)
        (place / file).write_text(text)
        package = importlib.import_module(PACKAGES[folder])
        if str(place) not in package.__path__:
            monkeypatch.setattr(package, "__path__", [*package.__path__, str(place)])
        names[path] = f"{PACKAGES[folder]}.{file.removesuffix('.py')}"
    caches = [job_names, all_tables, metrics]
    for cached in caches:
        cached.cache_clear()
    yield names
    for cached in caches:
        cached.cache_clear()
    for name in names.values():
        sys.modules.pop(name, None)
    assert str(tmp_path) not in tawny_jobs.__path__


def test_the_metric_is_found_and_its_worked_case_holds(added: dict[str, str]) -> None:
    module = importlib.import_module(added["lib/tawny/metrics/r_precision.py"])
    assert "r_precision" in metrics()
    result = doctest.testmod(module)
    assert (result.attempted, result.failed) == (1, 0)


def test_the_table_is_found_and_can_be_made(added: dict[str, str], tmp_path: Path) -> None:
    assert "lib/tawny/tables/quiet_users.py" in added
    spec = all_tables()["quiet_users_v1"]
    lake = ArrowLake(str(tmp_path / "lake"))
    lake.ensure([spec])
    assert lake.version(spec) >= 0


def test_the_jobs_take_their_place_in_the_plan(added: dict[str, str]) -> None:
    assert {"jobs/train_newest.py", "jobs/list_quiet_users.py"} <= set(added)
    night = NightSettings(sources=("popularity", "newest"))
    ids = [task.task_id for task in all_tasks(night)]
    assert ids.index("build_item_features") < ids.index("train_newest") < ids.index("generate_candidates.newest")
    assert ids.index("generate_candidates.newest") < ids.index("merge_shortlists")
    assert "list_quiet_users" not in ids
    assert find_task("list_quiet_users", night).purpose == "List the users who have been quiet."


def test_the_model_is_fitted_by_its_job_and_scores_what_it_says(added: dict[str, str], env: Env) -> None:
    import pyarrow as pa

    assert "newest" in model_classes()
    assert "lib/tawny/models/newest.py" in added
    day = date(1998, 4, 23)
    lake = ArrowLake(env.root)
    lake.ensure([CATALOG, ITEM_FEATURES, MODELS])
    items = [{"item_index": n, "item_id": f"i{n}", "categories": [], "is_available": True, "title": None, "price": None}
             for n in range(3)]  # fmt: skip
    lake.write(CATALOG, pa.Table.from_pylist(items), {"run_date": day}, "made")
    counts = dict.fromkeys(("n_events", "n_users", "n_events_7d", "n_events_30d", "n_events_90d"), 1)
    rest = {"trend": 0.0, "category": None, "price_bucket": None, "mean_rating": None}
    features = [{"fold": fold, "item_index": n, "item_id": f"i{n}", "age_days": age, **counts, **rest}
                for fold in ("validation", "test", "serve") for n, age in ((0, 9.0), (1, 0.0))]  # fmt: skip
    lake.write(ITEM_FEATURES, pa.Table.from_pylist(features), {"run_date": day}, "made")

    night = NightSettings(sources=("popularity", "newest"))
    execute(open_run(find_task("train_newest", night), day, env, night, lake), lambda record: None)

    rows = lake.read(MODELS, lake.version(MODELS), (("model", "=", "newest"),))
    model = restored(saved_files(rows, "newest", "serve"))
    np.testing.assert_allclose(model.score(histories([[0]])), [[0.1, 1.0, -np.inf]], rtol=1e-6)
    assert model_rows({"serve": model}).num_rows == 2
