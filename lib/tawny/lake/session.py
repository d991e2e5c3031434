"""The Spark session."""

import os
import signal
import sys
import threading
from pathlib import Path

from pyspark import SparkContext
from pyspark.sql import SparkSession

from tawny.core.config import Env


def spark_session(env: Env) -> SparkSession:
    """The session of this process: that of spark-submit, else a local one of the size that `env` sets."""
    builder = SparkSession.builder.appName("tawny")
    for key, value in _common_conf().items():
        builder = builder.config(key, value)
    # A gateway exists already under spark-submit, which sets master, memory and jars itself.
    if "PYSPARK_GATEWAY_PORT" not in os.environ and SparkContext._active_spark_context is None:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        # log4j2.properties and spark-env.sh there keep Spark's own messages off the console.
        os.environ.setdefault("SPARK_CONF_DIR", str(Path(__file__).with_name("spark_conf")))
        for key, value in _local_conf(env).items():
            builder = builder.config(key, value)
    for key, value in env.spark.conf.items():
        builder = builder.config(key, value)
    on_interrupt = signal.getsignal(signal.SIGINT)
    session = builder.getOrCreate()
    # Spark's own handler calls the JVM in the middle of a call to the JVM, which fails: Ctrl-C would end in a traceback.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, on_interrupt)
    return session


def _common_conf() -> dict[str, str]:
    return {
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone": "UTC",
        # Arrow carries every frame between the JVM and Python.
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }


def _local_conf(env: Env) -> dict[str, str]:
    cores = env.spark.cores
    jars = ",".join(sorted(str(jar) for jar in Path(env.jars).glob("*.jar"))) if env.jars else ""
    # Java's own BLAS: the same numbers on every machine, and no warning where there is no native one.
    blas = "-Ddev.ludovic.netlib.blas.allowNative=false -Ddev.ludovic.netlib.lapack.allowNative=false"
    java = f"-XX:+UseParallelGC -Dio.netty.tryReflectionSetAccessible=true {blas}"
    return {
        "spark.master": f"local[{cores}]",
        "spark.driver.memory": env.spark.driver_memory,
        # Throughput over pause times.
        "spark.driver.extraJavaOptions": java,
        # Nothing leaves the machine, and Spark does not look up the host name.
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.jars": jars,
        # The defaults (200 and 50 tasks) are for clusters: on one machine such tasks would mostly start up.
        "spark.sql.shuffle.partitions": str(env.spark.shuffle_partitions or 2 * cores),
        "spark.databricks.delta.snapshotPartitions": str(cores),
        "spark.default.parallelism": str(cores),
        # Statistics of a few columns are enough to prune files; the default collects 32 at every commit.
        "spark.databricks.delta.properties.defaults.dataSkippingNumIndexedCols": "8",
        # Many small tables: keep the generated classes for reuse, and drop old snapshots.
        "spark.sql.codegen.cache.maxEntries": "1000",
        "spark.databricks.delta.delta.log.cacheSize": "64",
    }
