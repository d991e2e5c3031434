"""Resolve Delta's jars once into a folder, so that sessions start offline with `spark.jars`.

    python scripts/delta_jars.py FOLDER

The Maven coordinate is the one the installed delta-spark names itself. A private Ivy folder is used, because a half-filled
local Maven repository breaks Ivy's resolution. Jars that pyspark ships already (hadoop, parquet, jackson ...) are left out:
every session would copy and load them again.
"""

import re
import sys
import tempfile
from pathlib import Path

import pyspark
from delta import configure_spark_with_delta_pip
from pyspark.errors import PySparkRuntimeError
from pyspark.sql import SparkSession

MISSING = "Maven gave no delta-spark jar. Ivy's report above says where it looked; is the network there?"


def artifact(jar: Path) -> str:
    """`org.roaringbitmap_RoaringBitmap-0.9.25.jar` and `RoaringBitmap-1.3.0.jar` are both `RoaringBitmap`."""
    name = re.sub(r"-\d[\w.-]*\.jar$", "", jar.name)
    return re.sub(r"^[a-z][\w.-]*?\.[\w.-]+?_(?=\D)", "", name)


def resolve(folder: Path) -> None:
    """Fill `folder` with Delta's jars, in one rename; a folder that is there already is left alone."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        builder = SparkSession.builder.appName("delta_jars").master("local[1]")
        builder = builder.config("spark.ui.enabled", "false").config("spark.jars.ivy", f"{work}/ivy")
        try:
            configure_spark_with_delta_pip(builder).getOrCreate().stop()
        except PySparkRuntimeError as exc:
            raise SystemExit(MISSING) from exc
        shipped = {artifact(jar) for jar in (Path(pyspark.__file__).parent / "jars").glob("*.jar")}
        part = Path(work) / "jars"
        part.mkdir()
        for jar in (Path(work) / "ivy" / "jars").glob("*.jar"):
            if artifact(jar) not in shipped:
                jar.rename(part / jar.name)
        if not any(part.glob("*delta-spark*.jar")):
            raise SystemExit(MISSING)
        part.rename(folder)


if __name__ == "__main__":
    resolve(Path(sys.argv[1]).resolve())
