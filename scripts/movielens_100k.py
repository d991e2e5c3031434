"""Fetch MovieLens 100K once, as the published wheel of recbole carries it.

    python scripts/movielens_100k.py FOLDER

The wheel is pinned by hash in requirements/data.txt and is only unpacked, never installed.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REQUIREMENTS = Path(__file__).parents[1] / "requirements" / "data.txt"
FILES = ("ml-100k.inter", "ml-100k.item", "ml-100k.user")
TERMS = """MovieLens 100K is by GroupLens Research, University of Minnesota. Its terms: no endorsement may be implied, uses
in publications are acknowledged, it may not be redistributed, and commercial use needs their permission."""


def fetch(folder: Path) -> None:
    """Fill `folder` in one rename; a folder that is there already is left alone."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", work]
        subprocess.run([*pip, "--require-hashes", "--requirement", str(REQUIREMENTS)], check=True)
        part = Path(work) / "ml-100k"
        part.mkdir()
        with zipfile.ZipFile(next(Path(work).glob("recbole-*.whl"))) as wheel:
            for name in FILES:
                (part / name).write_bytes(wheel.read(f"recbole/dataset_example/ml-100k/{name}"))
        part.rename(folder)
    print(TERMS)


if __name__ == "__main__":
    fetch(Path(sys.argv[1]).resolve())
