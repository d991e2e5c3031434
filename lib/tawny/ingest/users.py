"""Cleaning users."""

from pyspark.sql import DataFrame

from tawny.core.columns import USER_ID
from tawny.ingest.latest import refuse_superseded
from tawny.ingest.parse import text, tidy_map
from tawny.ingest.rules import UserRules
from tawny.ingest.verdict import judge, missing, too_long


def judge_users(raw: DataFrame, rules: UserRules) -> DataFrame:
    """The raw rows (tawny.landing.schema) with the columns of users_v1, `reason` and `detail`.

    `reason` is null where the row is accepted. Of the rows of one user the last by file and line is accepted.
    """
    typed = raw.withColumns({USER_ID: text(USER_ID), "attributes": tidy_map("attributes")})
    judged = judge(typed, [*missing(USER_ID), *too_long(rules.max_id_length, USER_ID)])
    return judged.transform(refuse_superseded, USER_ID)
