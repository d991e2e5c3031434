"""NDCG@10 of every source and of the final list, beside published and independently counted numbers of the same protocol.

    .venv/bin/python bench/quality.py LAKE ml-100k      # a night with split.test_share = 0.2
    .venv/bin/python bench/quality.py LAKE ml-1m        # a night with split.kind = "leave_last_out"

Full ranking over the whole catalogue, seen items removed, every test interaction relevant. LAKE is the `root` of the night's
env file. Writes bench/results/quality-<data>.{json,md}.
"""

import argparse
import json
from pathlib import Path

from tawny.delta.arrow_io import ArrowLake
from tawny.tables.evaluations import EVALUATIONS

RESULTS = Path(__file__).parent / "results"
# Counted independently, outside of this project, on the same files by the same protocol.
REFERENCE = {
    "ml-100k": {"popularity, last 30 days": 0.404, "implicit ALS, tuned": 0.394, "EASE": 0.391, "transitions": 0.381},
    "ml-1m": {"transitions": 0.157, "implicit ALS, tuned": 0.052},
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lake")
    parser.add_argument("data", choices=sorted(REFERENCE))
    given = parser.parse_args()
    lake = ArrowLake(given.lake)
    rows = lake.read(
        EVALUATIONS, lake.version(EVALUATIONS), (("kind", "=", "backtest"), ("metric", "=", "ndcg"), ("k", "=", 10))
    )
    found = [row for row in rows.to_pylist() if row["value"] is not None]
    found.sort(key=lambda row: (row["segment"], -row["value"]))
    lines = ["| segment | list | NDCG@10 | 95 % interval | users |", "|---|---|---|---|---|"]
    for row in found:
        interval = f"{row['ci_low']:.4f} to {row['ci_high']:.4f}"
        lines.append(f"| {row['segment']} | {row['subject']} | {row['value']:.4f} | {interval} | {row['n_users']} |")
    lines += ["", "Reference (users without a history get popularity):", ""]
    lines += [f"- {name}: {value:.3f}" for name, value in REFERENCE[given.data].items()]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"quality-{given.data}.md").write_text("\n".join(lines) + "\n")
    kept = [{key: row[key] for key in ("segment", "subject", "value", "ci_low", "ci_high", "n_users")} for row in found]
    (RESULTS / f"quality-{given.data}.json").write_text(json.dumps(kept, indent=1) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
