"""Sources whose newest delivery is the whole truth: what was in an earlier one and is not in it is gone from its day on.

What is gone gets a description of its own, of line 0 of the delivery, that says so; it has its day as any other, so folds of
earlier days know the item as it was. An item that another source described later is not gone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tawny.core.columns import KNOWN_FROM, REASON, SOURCE_DIGEST, SOURCE_FILE, SOURCE_LINE
from tawny.core.table import TableSpec
from tawny.ingest.deliveries import Plan
from tawny.ingest.files.file import LandingFile
from tawny.ingest.files.schema import DELIVERY, SOURCE
from tawny.ingest.rules import place

GONE = "gone"
"""The value of `was` of descriptions that say that their item is gone."""


@dataclass(frozen=True)
class Point:
    """A day from which a delivery of a snapshot is the truth.

    Attributes:
        file: of the delivery, the last one that is known from that day.
        digests: of all its files that are known on that day.
    """

    file: LandingFile
    known_from: date
    digests: frozenset[str]


def points_of(plan: Plan) -> list[Point]:
    """The deliveries of snapshots among the files that are read."""
    shipments: dict[tuple[str, str], list[LandingFile]] = {}
    for one in plan.reads:
        if one.file.mode == "snapshot":
            shipments.setdefault((one.file.source, one.file.shipment), []).append(one.file)
    return [point for files in shipments.values() for point in _points(files)]


def _points(files: list[LandingFile]) -> Iterator[Point]:
    """A folder of which a part came later was another truth before."""
    for day in sorted({file.known_from for file in files if file.known_from}):
        known = [file for file in files if file.known_from and file.known_from <= day]
        last = max((file for file in known if file.known_from == day), key=lambda file: file.delivery)
        yield Point(last, day, frozenset(file.digest for file in known))


def digests_of(plan: Plan, sources: Iterable[str]) -> frozenset[str]:
    """All files that are or were in the tables and are snapshots of these sources."""
    wanted = frozenset(sources)
    return frozenset(entry.digest for entry in (*plan.before, *plan.entries) if entry.snapshot_of in wanted)


def with_gone(rows: DataFrame, points: list[Point], plan: Plan, table: TableSpec, ends: dict[str, Column]) -> DataFrame:
    """The rows, and a row (`was` = GONE) for each id and point from which the id is gone.

    Args:
        rows: new and stored descriptions, checked; of every id that a source of the points ever described, all of them.
        points: that were read.
        plan: of the ingest.
        table: items_v2 or users_v2.
        ends: by column, what differs from the description before in the one that says that the item is gone.
    """
    key = table.key[0]
    sourced = rows.join(_sources(rows, plan), SOURCE_DIGEST, "left")
    candidates = _absent(sourced, points, key).withColumn("was", F.lit(GONE))
    said = [name for name in table.columns if name not in (*table.key, SOURCE_FILE, SOURCE_DIGEST, SOURCE_LINE)]
    before = Window.partitionBy(F.when(F.col(REASON).isNull(), F.col(key)), F.when(F.col(REASON).isNotNull(), place()))
    before = before.orderBy(KNOWN_FROM, DELIVERY, SOURCE_LINE).rowsBetween(Window.unboundedPreceding, -1)
    described = F.when(F.col("was") != GONE, F.struct(F.coalesce(SOURCE, F.lit("")).alias(SOURCE), *said))
    every = sourced.unionByName(candidates, allowMissingColumns=True)
    dated = every.withColumn("last", F.last(described, ignorenulls=True).over(before))
    is_gone = F.col("was") == GONE
    kept = dated.where(~is_gone | (F.col(f"last.{SOURCE}") == F.col(SOURCE)))
    filled = {name: F.when(is_gone, F.col(f"last.{name}")).otherwise(F.col(name)) for name in said}
    ended = {name: F.when(is_gone, end).otherwise(F.col(name)) for name, end in ends.items()}
    return kept.withColumns(filled).withColumns(ended).drop("last", SOURCE)


def _absent(sourced: DataFrame, points: list[Point], key: str) -> DataFrame:
    """The ids that a source described before a point and that are not in it, with the point's place and day."""
    spark = sourced.sparkSession
    days = [
        (point.file.source, point.file.delivery, point.known_from, point.file.digest, point.file.path) for point in points
    ]
    columns = f"{SOURCE} string, {DELIVERY} long, {KNOWN_FROM} date, {SOURCE_DIGEST} string, {SOURCE_FILE} string"
    files = [(digest, point.file.delivery) for point in points for digest in sorted(point.digests)]
    accepted = sourced.where(F.col(REASON).isNull() & F.col(SOURCE).isNotNull())
    first = accepted.groupBy(SOURCE, key).agg(F.min(DELIVERY).alias("first_delivery"))
    in_point = F.broadcast(spark.createDataFrame(files, f"{SOURCE_DIGEST} string, point long"))
    present = (
        accepted.where("was = 'new'").join(in_point, SOURCE_DIGEST).select(key, F.col("point").alias(DELIVERY)).distinct()
    )
    asked = first.join(F.broadcast(spark.createDataFrame(days, columns)), SOURCE).where(
        F.col("first_delivery") < F.col(DELIVERY)
    )
    absent = asked.join(present, [key, DELIVERY], "left_anti").drop("first_delivery")
    return absent.withColumns({SOURCE_LINE: F.lit(0).cast("bigint"), REASON: F.lit(None).cast("string")})


def _sources(rows: DataFrame, plan: Plan) -> DataFrame:
    """By digest of a snapshot, its source."""
    named = {entry.digest: entry.snapshot_of for entry in (*plan.before, *plan.entries) if entry.snapshot_of}
    return F.broadcast(rows.sparkSession.createDataFrame(sorted(named.items()), f"{SOURCE_DIGEST} string, {SOURCE} string"))
