"""Plans the split of a night, and labels events by it."""

from datetime import datetime

import pyarrow as pa
from pyspark.sql import DataFrame

from tawny.core.columns import FOLDS, RUN_DATE
from tawny.core.config import NightSettings
from tawny.core.split import NightSplit
from tawny.features.order import is_ordered
from tawny.features.splits.base import splitter
from tawny.features.targets import choose_seen_types, choose_targets
from tawny.lake.schema import arrow_schema
from tawny.tables.splits import SPLITS


def plan_split(events: DataFrame, settings: NightSettings, cutoff: datetime) -> NightSplit:
    """The split of a night.

    Args:
        events: the informative events of events_v2, all before `cutoff`.
        settings: of the night.
        cutoff: run_date 00:00 UTC.

    Raises:
        ConfigError: there is no such split.
    """
    targets = choose_targets(events, settings)
    seen_types = choose_seen_types(events, targets, settings)
    plan = splitter(settings.split.kind).plan(events, settings, tuple(targets), cutoff)
    in_order = is_ordered(events, settings.seed)
    order = "the order of events says something" if in_order else "the order of events says nothing"
    reason = f"asked for: {', '.join(targets)}; {plan.reason}; {order}"
    return NightSplit(plan.kind, plan.folds, in_order, targets, seen_types, reason)


def split_table(split: NightSplit) -> pa.Table:
    """The rows of splits_v1, without run_date."""
    shared = {
        "kind": split.kind, "is_ordered": split.is_ordered, "targets": list(split.targets.items()),
        "seen_types": list(split.seen_types), "reason": split.reason,
    }  # fmt: skip
    rows = [{"fold": fold, **vars(split.folds[fold]), **shared} for fold in FOLDS]
    schema = arrow_schema(SPLITS)
    return pa.Table.from_pylist(rows, schema=schema.remove(schema.get_field_index(RUN_DATE)))
