"""Fetch MovieLens 100K once, as the published wheel of recbole carries it.

    python scripts/movielens_100k.py FOLDER
    python scripts/movielens_100k.py --terms

The wheel is pinned by hash in requirements/data.txt and is only unpacked, never installed. `--terms` prints the terms
of use: `make` shows them before the download, whose own output goes to a log.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REQUIREMENTS = Path(__file__).parents[1] / "requirements" / "data.txt"
FILES = ("ml-100k.inter", "ml-100k.item", "ml-100k.user")
TERMS = """MovieLens 100K is by GroupLens Research, University of Minnesota. Its terms: no endorsement may be implied, uses
in publications are acknowledged, it may not be redistributed, and commercial use needs their permission.
NOTICE has the terms in full."""


def fetch(folder: Path) -> None:
    """Fill `folder` in one rename; a folder that is there already is left alone."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", work]
        if subprocess.run([*pip, "--require-hashes", "--requirement", str(REQUIREMENTS)], check=False).returncode:
            raise SystemExit("pip gave no recbole wheel, and says why above; is the network there?")
        part = Path(work) / "ml-100k"
        part.mkdir()
        with zipfile.ZipFile(next(Path(work).glob("recbole-*.whl"))) as wheel:
            for name in FILES:
                (part / name).write_bytes(wheel.read(f"recbole/dataset_example/ml-100k/{name}"))
        part.rename(folder)


if __name__ == "__main__":
    if sys.argv[1] == "--terms":
        print(TERMS)
    else:
        fetch(Path(sys.argv[1]).resolve())
