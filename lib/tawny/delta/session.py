"""The Spark session."""

import os
import sys
from pathlib import Path

from pyspark import SparkContext
from pyspark.sql import SparkSession

from tawny.core.config import Env


def spark_session(env: Env) -> SparkSession:
    """The session of this process: under spark-submit its own, else a local one of the size that `env` names."""
    builder = SparkSession.builder.appName("tawny")
    for key, value in _always().items():
        builder = builder.config(key, value)
    # A gateway that is there already means spark-submit: master, memory and jars are its business.
    if "PYSPARK_GATEWAY_PORT" not in os.environ and SparkContext._active_spark_context is None:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        for key, value in _local(env).items():
            builder = builder.config(key, value)
    for key, value in env.spark.conf.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def _always() -> dict[str, str]:
    return {
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone": "UTC",
        # Arrow carries every frame between the JVM and Python.
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }


def _local(env: Env) -> dict[str, str]:
    cores = env.spark.cores
    jars = ",".join(sorted(str(jar) for jar in Path(env.jars).glob("*.jar"))) if env.jars else ""
    silent = Path(__file__).with_name("log4j2.properties")
    java = f"-XX:+UseParallelGC -Dlog4j2.configurationFile={silent.as_uri()} -Dio.netty.tryReflectionSetAccessible=true"
    return {
        "spark.master": f"local[{cores}]",
        "spark.driver.memory": env.spark.driver_memory,
        # Throughput over pause times; and no console of INFO lines.
        "spark.driver.extraJavaOptions": java,
        # Nothing leaves the machine, and Spark need not guess its name.
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.jars": jars,
        # The defaults (200 and 50 tasks) are for clusters: locally they are almost all start-up.
        "spark.sql.shuffle.partitions": str(env.spark.shuffle_partitions or 2 * cores),
        "spark.databricks.delta.snapshotPartitions": str(cores),
        "spark.default.parallelism": str(cores),
        # Statistics of a few columns are enough to prune; the default reads 32 into every commit.
        "spark.databricks.delta.properties.defaults.dataSkippingNumIndexedCols": "8",
        # Many tables and little code per table: generated classes are reused, old snapshots are not kept.
        "spark.sql.codegen.cache.maxEntries": "1000",
        "spark.databricks.delta.delta.log.cacheSize": "64",
    }
