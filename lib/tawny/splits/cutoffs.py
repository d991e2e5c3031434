"""The column of cutoffs that all splitters add."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from tawny.core.columns import CUTOFFS, FOLDS


def cutoffs(*, validation: Column, test: Column, serve: Column) -> Column:
    """struct<validation, test, serve: timestamp>, named `cutoffs`."""
    instants = {"validation": validation, "test": test, "serve": serve}
    return F.struct(*(instants[fold].alias(fold) for fold in FOLDS)).alias(CUTOFFS)
