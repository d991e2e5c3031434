"""NDCG@10 of every source and of the final list, beside simple peers that are run here on the same folds (peers.py).

    .venv/bin/python bench/quality.py LAKE ml-100k      # a night with split.test_share = 0.2
    .venv/bin/python bench/quality.py LAKE ml-1m        # a night with split.kind = "leave_last_out"

Full ranking over the whole catalog, seen items removed, every test interaction relevant. LAKE is the `root` of the night's
env file. Writes bench/results/quality-<data>.{json,md}.

MovieLens 100K is a development set: defaults of the two-tower (its temperature among them) were chosen on its test users.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from peers import evaluate_peers

from tawny.lake.arrow import ArrowLake
from tawny.lake.base import Conditions
from tawny.tables.evaluations import EVALUATIONS

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lake")
    parser.add_argument("data", choices=["ml-100k", "ml-1m"])
    args = parser.parse_args()
    lake = ArrowLake(args.lake)
    rows = evaluated(lake)
    lines = ["| segment | list | NDCG@10 | 95 % interval | users |", "|---|---|---|---|---|"]
    for row in rows:
        interval = f"{row['ci_low']:.4f} to {row['ci_high']:.4f}"
        lines.append(f"| {row['segment']} | {row['subject']} | {row['value']:.4f} | {interval} | {row['n_users']} |")
    lines += ["", "Peers, run on the same folds; the setting in brackets was chosen on validation:", ""]
    lines += ["| peer | NDCG@10 | standard error | users |", "|---|---|---|---|"]
    for name, values in evaluate_peers(lake):
        error = values.std() / np.sqrt(len(values))
        lines.append(f"| {name} | {values.mean():.4f} | {error:.4f} | {len(values)} |")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"quality-{args.data}.md").write_text("\n".join(lines) + "\n")
    (RESULTS / f"quality-{args.data}.json").write_text(json.dumps(rows, indent=1) + "\n")
    print("\n".join(lines))


def evaluated(lake: ArrowLake) -> list[dict[str, Any]]:
    """The night's own rows of NDCG@10 on the test window, the best first."""
    where: Conditions = (("kind", "=", "backtest"), ("metric", "=", "ndcg"), ("k", "=", 10))
    rows = [row for row in lake.read(EVALUATIONS, lake.version(EVALUATIONS), where).to_pylist() if row["value"] is not None]
    rows.sort(key=lambda row: (row["segment"], -row["value"]))
    return [{key: row[key] for key in ("segment", "subject", "value", "ci_low", "ci_high", "n_users")} for row in rows]


if __name__ == "__main__":
    main()
