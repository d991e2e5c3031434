"""Settings of the gate."""

from typing import Literal

from pydantic import Field, PositiveInt

from tawny.core.config import Settings


class GateSettings(Settings):
    """How good the final lists must be before readers see them.

    Attributes:
        is_enabled: false lets every list pass that the audit accepts: for a night whose lists are known to be worse.
        metric: what is compared, on the test window; higher is better.
        k: length of the compared lists; default: the longest evaluated one that is no longer than the published lists.
        segment: the users that count; see evaluations_v2.
        tolerance_share: how far below the published list the new one may lie, as a share of its value. Windows of two nights
            differ by a day, and one sale moves all lists by several per cent.
        min_judged: with fewer judged lists the gate measures nothing, and says so: with 100, the 95 % interval of an NDCG
            is some 0.03 to either side, which is as much as good and bad lists differ by.
    """

    is_enabled: bool = True
    metric: Literal["average_precision", "hit_rate", "mrr", "ndcg", "precision", "recall"] = "ndcg"
    k: PositiveInt | None = None
    segment: Literal["all", "warm", "cold", "1-2", "3-10", "11+"] = "all"
    tolerance_share: float = Field(0.1, ge=0.0, lt=1.0)
    min_judged: PositiveInt = 100
