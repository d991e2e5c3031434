"""Run by horovodrun in test_train.py: trains on the ring world and writes what came of it."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from ring_world import run

from tawny.training import workers


def main(folder: Path) -> None:
    """Every worker writes its records and weights, so that the test can compare them."""
    here = workers.current()
    trained = run(folder / "training", workers=here)
    report = {"size": here.size, "records": [dict(record) for record in trained.records]}
    (folder / f"report_{here.rank}.json").write_text(json.dumps(report))
    arrays: dict[str, Any] = dict(trained.weights)
    np.savez(folder / f"weights_{here.rank}.npz", **arrays)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
