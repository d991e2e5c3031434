"""Run by horovodrun in test_two_tower_training.py: trains on the ring world and writes what came of it."""

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from ring_world import CONFIG, ring_world

from tawny.training import workers
from tawny.training.two_tower import train


def main(folder: Path) -> None:
    """Every worker writes its records and weights, so that the test can compare them."""
    here = workers.current()
    trained = train(ring_world(), CONFIG, here, checkpoint_dir=folder, log_dir=folder / "logs", seed=5)
    report = {"size": here.size, "records": [dict(record) for record in trained.records]}
    (folder / f"report_{here.rank}.json").write_text(json.dumps(report))
    np.savez(folder / f"weights_{here.rank}.npz", **trained.weights)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
