"""Learning the blend from the validation users' shortlists.

Shapes: U users, M longest shortlist, S sources.
"""

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.errors import CheckError
from tawny.models.arrow import ragged
from tawny.models.blend import Blend, BlendConfig
from tawny.ranking.matrix import padded


def learn_blend(
    shortlists: DataFrame, holdouts: DataFrame, sources: tuple[str, ...], settings: BlendConfig, seed: int
) -> Blend:
    """The blend that is best on a sample of the validation users.

    Args:
        shortlists, holdouts: rows of the validation fold.
        sources: S names, the order of the shortlists' scores.
        settings: its max_users bounds the sample, of users with and of users without a history.
    """
    asked = shortlists.join(holdouts.select("user_id", F.col("item_indices").alias("answers")), "user_id")
    samples = []
    for kind in ("is_warm", "NOT is_warm"):
        chosen = asked.where(kind).orderBy(F.xxhash64(F.col("user_id"), F.lit(seed)), "user_id").limit(settings.max_users)
        samples.append(chosen.select("is_warm", "items", "answers").toArrow())
    rows = pa.concat_tables(samples).combine_chunks()
    if rows.num_rows == 0:
        rule = "the validation window must hold users to learn the blend from."
        do = "Give the split a longer horizon_days, or a larger test_share."
        raise CheckError(where="learn_blend", rule=rule, came="no user", do=do)
    return _learn(rows, sources, settings)


def _learn(rows: pa.Table, sources: tuple[str, ...], settings: BlendConfig) -> Blend:
    shortlist = padded(rows["items"], len(sources))
    answers, indptr = ragged(rows["answers"], np.int64)
    n_relevant = np.diff(indptr)
    width = max(int(answers.max(initial=0)), int(shortlist.items.max(initial=0))) + 1
    keys = np.repeat(np.arange(rows.num_rows), n_relevant) * width + answers
    listed = np.arange(rows.num_rows)[:, None] * width + shortlist.items
    is_relevant = np.isin(listed, keys) & (shortlist.items >= 0)
    is_warm = rows["is_warm"].combine_chunks().to_numpy(zero_copy_only=False)
    return Blend.learn(sources, shortlist.scores, is_relevant, n_relevant, is_warm, settings)
