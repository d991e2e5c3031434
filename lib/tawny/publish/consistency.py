"""The proof that lists are what their inputs say: those of some users are made again and compared row by row.

The same functions that made the lists make them again, each for the sampled users alone: so a list that was changed, that
was made from a mixture of versions, or that depends on who else was in the batch, does not come out the same.
"""

import logging
from dataclasses import asdict, dataclass
from datetime import date
from functools import reduce
from typing import Any, Protocol

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.candidates.shortlists import shortlists
from tawny.candidates.top_items import top_items
from tawny.core.columns import RUN_DATE
from tawny.core.config import NightSettings
from tawny.core.errors import CheckError
from tawny.core.table import TableRef
from tawny.lake.base import Value
from tawny.lake.schema import arrow_schema
from tawny.lake.spark import sample_users
from tawny.models.store import enough_candidates, load, saved_files
from tawny.publish.long_form import long_form
from tawny.ranking.features import ItemFacts
from tawny.ranking.ranker import Ranker
from tawny.ranking.reasons import ReasonFacts
from tawny.ranking.settings import RankSettings
from tawny.ranking.spark import ListMaker, rank
from tawny.tables.candidates import CANDIDATES
from tawny.tables.catalog import CATALOG
from tawny.tables.consistency import CONSISTENCY
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS
from tawny.tables.rankings import RANKINGS
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.user_features import USER_FEATURES

# Scores of a user differ in the last bits where other users share the batch.
_TOLERANCE = 1e-4


logger = logging.getLogger(__name__)


class Before(Protocol):
    """What is needed of the night before (runner/night_before.py)."""

    @property
    def run_date(self) -> date:
        """Of the list."""

    @property
    def list_id(self) -> str:
        """Of the list."""

    def is_same_code(self, code: str) -> bool:
        """Whether the list was made by these sources."""

    def read(self, table: TableRef, **where: Value) -> DataFrame:
        """Rows as they were when the list was made."""

    def read_arrow(self, table: TableRef, **where: Value) -> pa.Table:
        """The same as an Arrow table."""

    def settings(self, table: TableRef) -> dict[str, Any]:
        """The merged settings of the run that wrote it."""


@dataclass(frozen=True)
class Compared:
    """The counts of consistency_v1."""

    n_users: int
    n_rows: int
    n_missing: int
    n_extra: int
    n_mismatched: int

    @property
    def n_wrong(self) -> int:
        """Rows that are not as they should be."""
        return self.n_missing + self.n_extra + self.n_mismatched


def made_again(before: Before, n_users: int, seed: int) -> Compared:
    """Make the lists of at most `n_users` users again, and compare them with those that were published."""
    sample = sample_users(before.read(SEQUENCES, fold="serve").where("is_target"), n_users, seed).persist()
    try:
        published = before.read(RECOMMENDATIONS).join(sample.select("user_id"), "user_id")
        return compared(published, lists_of(before, sample), sample.count())
    finally:
        sample.unpersist()


def lists_of(before: Before, users: DataFrame) -> DataFrame:
    """The rows of recommendations_v2 for these users (rows of sequences_v2), made as the night made them."""
    ranker = before.read_arrow(MODELS[Ranker.name])
    sources = load(Ranker, saved_files(ranker, Ranker.name, "validation")).sources
    saved = pa.concat_tables([ranker, *(before.read_arrow(MODELS[source]) for source in sources)])
    models = {source: saved_files(saved, source, "serve") for source in sources}
    features = before.read(USER_FEATURES, fold="serve").select("user_id", "features")
    items = before.read_arrow(ITEM_FEATURES, fold="serve").sort_by("item_index")
    is_listable = items["is_listable"].to_numpy()
    with_features = users.join(features, "user_id", "left")

    def candidates(source: str) -> DataFrame:
        most = before.settings(CANDIDATES[source])["job"]["n_candidates"]
        n = min(most, enough_candidates(saved, source) or most)
        found = top_items(with_features, models[source], is_listable, n)
        return found.withColumn("source", F.lit(source))

    merged = shortlists(reduce(DataFrame.unionByName, map(candidates, sources)), users, features, models)
    then = before.settings(RANKINGS)
    settings, night = RankSettings.model_validate(then["job"]), NightSettings.model_validate(then["night"])
    why = ReasonFacts.from_tables(items, before.read_arrow(CATALOG), night.events.weights, settings)
    maker = ListMaker.from_saved(saved, ItemFacts.from_features(items), why, "serve", night.k, settings)
    return long_form(rank(merged, users, features, maker), before.read(CATALOG))


def compared(published: DataFrame, again: DataFrame, n_users: int) -> Compared:
    """How many rows are missing, too many or different.

    Args:
        published, again: user_id, rank, item_id, score, sources.
        n_users: of the sample.
    """
    one, other = (
        frame.select("user_id", "rank", F.struct("item_id", "score", "sources").alias(name))
        for frame, name in ((published, "old"), (again, "new"))
    )
    joined = one.join(other, ["user_id", "rank"], "full_outer")
    near = f"abs(old.score - new.score) <= {_TOLERANCE} * greatest(1, abs(old.score))"
    is_same = f"old.item_id = new.item_id AND old.sources = new.sources AND {near}"
    row = joined.agg(
        F.count("old").alias("n_rows"),
        F.count_if(F.expr("old IS NULL")).alias("n_missing"),
        F.count_if(F.expr("new IS NULL")).alias("n_extra"),
        F.count_if(F.expr(f"old IS NOT NULL AND new IS NOT NULL AND NOT ({is_same})")).alias("n_mismatched"),
    ).first()
    return Compared(n_users, **(row.asDict() if row else {}))


def consistency_table(before: Before | None, found: Compared | None, code: str) -> pa.Table:
    """The rows of consistency_v1 without run_date: one, or none where there is no earlier list.

    Args:
        before: the night whose lists were made again.
        found: the counts.
        code: digest of the sources that made them again.
    """
    schema = pa.schema([field for field in arrow_schema(CONSISTENCY) if field.name != RUN_DATE])
    if before is None or found is None:
        return schema.empty_table()
    who = {"list_date": before.run_date, "list_id": before.list_id, "is_same_code": before.is_same_code(code)}
    return pa.Table.from_pylist([{**who, **asdict(found)}], schema=schema)


def refuse_wrong(before: Before | None, found: Compared | None, code: str) -> None:
    """Raise where the same sources did not make the same lists; log where other sources did not.

    Raises:
        CheckError: rows are missing, too many or different.
    """
    if before is None or found is None or not found.n_wrong:
        return
    came = f"{found.n_missing} missing, {found.n_extra} too many and {found.n_mismatched} different of {found.n_rows} rows"
    where = f"{RECOMMENDATIONS.name} {before.run_date}, list {before.list_id}"
    if not before.is_same_code(code):
        logger.warning("%s: made again by other code, %s", where, came)
        return
    rule = f"the lists of {found.n_users} users, made again from what they were made from, must be the same."
    do = f"Compare `tawny trace` of a user; `tawny night --run-date {before.run_date} --again` makes the lists anew."
    raise CheckError(where=where, rule=rule, came=came, do=do)
