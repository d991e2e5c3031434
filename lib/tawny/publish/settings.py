"""Settings of publishing."""

from pydantic import Field

from tawny.core.settings import Settings
from tawny.evaluation.settings import GateSettings


class AuditSettings(Settings):
    """What the audit measures the lists against.

    Attributes:
        low, high: range of scores.
        min_coverage_share: of the eligible users with something left to list, this share must have a list with at least one
            item.
        max_exhausted_share: of the eligible users, at most this share may have seen every available item, and so have no
            list. They are counted and block nobody; many of them are a sign that the items' availability is wrong.
        max_drop_share: of the users served before and still eligible, at most this share may be without a list now.
    """

    low: float = 0.0
    high: float = 100.0
    min_coverage_share: float = Field(1.0, ge=0.0, le=1.0)
    max_exhausted_share: float = Field(0.1, ge=0.0, le=1.0)
    max_drop_share: float = Field(0.0, ge=0.0, le=1.0)


class PublishSettings(AuditSettings):
    """What a list must be before readers see it.

    Attributes:
        gate: how good it must be.
    """

    gate: GateSettings = GateSettings()
