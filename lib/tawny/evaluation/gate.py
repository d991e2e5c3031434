"""The gate: how good the final lists must be before readers see them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tawny.core.errors import CheckError
from tawny.evaluation.settings import GateSettings

logger = logging.getLogger(__name__)

FINAL, FLOOR = "final", "popularity"
"""The subjects of evaluations_v2 that the gate compares."""

UNRULED = "before_policy"
"""The final lists as they would be without the list policy, where there is one; no source."""

Row = Mapping[str, Any]
"""A row of evaluations_v2: subject, versus, segment, metric, k, value, ci_low, ci_high, n_judged."""


@dataclass(frozen=True)
class Judgement:
    """What the gate measured of a list; it is kept with the list, because the next one is compared with it.

    Attributes:
        metric: its name, k and segment, such as `ndcg@20 of all`.
        n_judged: lists judged.
        value, ci_low, ci_high: of the final list, with its 95 % interval; None where the gate measured nothing.
        floor: the value of popularity on the same users; None where the gate measured nothing.
    """

    metric: str
    n_judged: int
    value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    floor: float | None = None


def judge(backtest: Sequence[Row], settings: GateSettings, list_length: int, *, where: str) -> Judgement:
    """What the final list is worth on the test window.

    Noise stops no night: only a list whose whole interval lies below the floor is refused.

    Args:
        backtest: the rows of evaluations_v2 of the run, kind backtest.
        settings: see there.
        list_length: of the published lists.
        where: table and run_date, for the error.

    Raises:
        CheckError: popularity is better than the whole interval of the final list; or the two were measured on different
            lists, or not exactly once.
    """
    k = settings.k or max((row["k"] for row in backtest if row["k"] <= list_length), default=0)
    name = f"{settings.metric}@{k} of {settings.segment}"
    of = (settings.metric, k, settings.segment, "")
    rows = [row for row in backtest if (row["metric"], row["k"], row["segment"], row["versus"]) == of]
    n_judged = max((row["n_judged"] for row in rows if row["subject"] == FINAL), default=0)
    if n_judged < settings.min_judged or not settings.is_enabled:
        why = f"{n_judged} judged lists, min_judged={settings.min_judged}" if settings.is_enabled else "it is not enabled"
        logger.warning("the gate measured nothing of %s: %s", where, why)
        return Judgement(name, n_judged)
    final, floor = (_only(rows, subject, name, where) for subject in (FINAL, FLOOR))
    if final["n_judged"] != floor["n_judged"]:
        rule = f"{name} of the final list and of the floor must be measured on the same users."
        came = f"{final['n_judged']} and {floor['n_judged']} lists"
        raise CheckError(where=where, rule=rule, came=came, do="Evaluate both on the same holdout: run evaluate again.")
    judgement = Judgement(name, n_judged, final["value"], final["ci_low"], final["ci_high"], floor["value"])
    _must_reach(judgement, floor["value"], f"the floor, {FLOOR}", where)
    return judgement


def check_champion(new: Judgement, champion: Judgement | None, settings: GateSettings, *, where: str) -> None:
    """Refuse a list that is worse than the published one by more than the tolerance and than both intervals allow.

    Args:
        new: of the list that would be published.
        champion: of the list that is published now; None where there is none.
        settings: see there.
        where: table and run_date, for the error.

    Raises:
        CheckError: it is worse.
    """
    if champion is None or new.value is None or champion.value is None:
        return
    if new.metric != champion.metric:
        logger.warning("the published list was judged by %s, not by %s: not compared", champion.metric, new.metric)
        return
    low = champion.value if champion.ci_low is None else champion.ci_low
    whose = f"the published list less {settings.tolerance_share:.1%} (it had {champion.value:.6f}, at least {low:.6f})"
    _must_reach(new, (1.0 - settings.tolerance_share) * low, whose, where)


def _only(rows: Sequence[Row], subject: str, name: str, where: str) -> Row:
    own = [row for row in rows if row["subject"] == subject and row["value"] is not None]
    if len(own) != 1:
        rule, came = f"{subject} must have exactly one value of {name}.", f"{len(own)} rows with a value"
        raise CheckError(where=where, rule=rule, came=came, do="Run evaluate with this metric, k and segment first.")
    return own[0]


def _must_reach(new: Judgement, least: float, whose: str, where: str) -> None:
    high = new.value if new.ci_high is None else new.ci_high
    if high is None or not high >= least:  # not `<`, so that NaN is refused
        raise CheckError(
            where=f"gate of {where}",
            rule=f"the 95 % interval of {new.metric} must reach {whose}.",
            came=f"{new.value:.6f}, at most {high:.6f}, against {least:.6f}, {new.n_judged} lists",
            do="Nothing was published; the previous lists stay. Compare the subjects in evaluations_v2 to find which part"
            " got worse. To publish these lists knowingly, set `gate.is_enabled = false` (or a larger"
            " `gate.tolerance_share`) in [jobs.publish] and run publish again.",
        )
