"""What a night prints when it ends: rows, metrics, seconds and the published date; or how far it got before a failure."""

import sys
from collections import Counter
from typing import Any

from rich.table import Table

from tawny.cli.console import console, grid
from tawny.cli.show import newest_list
from tawny.core.config import job_settings
from tawny.core.errors import ConfigError, StaleInputError, TawnyError
from tawny.core.table import spec_of
from tawny.lake.base import Conditions
from tawny.publish.pointer import PublishedList, published_in, published_pointer, published_rows, standing
from tawny.publish.settings import PublishSettings
from tawny.report.history import nights
from tawny.report.sentences import since_lines, verdict_lines
from tawny.report.verdict import findings
from tawny.runner.local import LocalRunner
from tawny.runner.night import Night
from tawny.runner.run import LANDING
from tawny.tables.changes import CHANGES
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.splits import SPLITS

Backtest = tuple[list[dict[str, Any]], int]
"""Rows of evaluations_v2 of one length, and the length."""

REASONS = "reason_agreement"
"""The metric of ranking/agreement.py; only sources have it, on users with a history."""

SHOWN_METRICS = ("ndcg", "recall", "hit_rate", "mrr", "average_precision", "precision", "coverage", "novelty")


def show_night(runner: LocalRunner, night: Night, total_seconds: float) -> None:
    """Print the tables of a night that succeeded."""
    out = console()
    backtest = _backtest(runner, night)
    out.print(asked_text(runner, night), soft_wrap=True)
    few = few_judged_text(backtest, min_judged(runner))
    judged = () if few else (metrics_table(backtest), differences_table(backtest), reasons_table(backtest))
    for table in (rows_table(runner, night), *judged, seconds_table(night, total_seconds)):
        if table.row_count:
            out.print(table)
    if few:
        out.print(few, soft_wrap=True)
    for line in changed_lines(runner, night):
        out.print(line, soft_wrap=True)
    out.print(closing_text(runner, night), soft_wrap=True)


def asked_text(runner: LocalRunner, night: Night) -> str:
    """What the night was asked, and why; nothing where no split was planned."""
    where: Conditions = (("run_date", "=", night.run_date), ("fold", "=", "serve"))
    rows = runner.arrow.read(SPLITS, runner.arrow.version(SPLITS), where)
    return "".join(f"The night was {reason}." for reason in rows["reason"].to_pylist())


def changed_lines(runner: LocalRunner, night: Night) -> list[str]:
    """What changed since the night before, and what is worse than in the nights before."""
    history = nights(runner.arrow, night.run_date, runner.night.k)
    if not history:
        return []
    where: Conditions = (("run_date", "=", night.run_date),)
    rows = runner.arrow.read(CHANGES, runner.arrow.version(CHANGES), where).to_pylist()
    found = findings(history[-1], history[:-1])
    return [*since_lines(rows), *verdict_lines(found, len(history) - 1)]


def min_judged(runner: LocalRunner) -> int:
    """With fewer judged lists the gate measures nothing, and so does whoever reads the report."""
    return job_settings(PublishSettings, runner.env, "publish", None).gate.min_judged


def few_judged_text(backtest: Backtest, needed: int) -> str:
    """That there is too little to judge, where that is so: four users who hit or miss are no NDCG of 1.0000."""
    n_judged = max((row["n_judged"] for row in backtest[0] if row["segment"] == "all"), default=0)
    if n_judged >= needed:
        return ""
    said = f"only {n_judged:,} lists" if n_judged else "no list"
    return (
        f"Nothing is claimed of how good the lists are: {said} could be judged, {needed:,} are needed for a number "
        f"([jobs.publish] gate.min_judged). What was counted is in {EVALUATIONS.name}."
    )


def show_failure(runner: LocalRunner, night: Night, failure: BaseException) -> None:
    """Print on standard error how far the night got, what readers still see, and how to go on where that helps.

    A wrong setting is wrong again: its own text says what to do. After other errors that a retry would repeat, the way out
    comes first.
    """
    done, left = night.done, night.not_done
    lines = [f"The night of {night.run_date} stopped."]
    lines += [f"done:     {', '.join(done) or 'nothing'}"]
    lines += [f"not done: {', '.join(left)}"] if left else []
    lines += [_still_published(runner)]
    env = f" --env {runner.env_file}" if runner.env_file else ""
    if left and not isinstance(failure, ConfigError):
        first = " (after the cause is removed)" if isinstance(failure, TawnyError) and failure.is_final else ""
        lines += [f"Go on with: tawny night{env} --run-date {night.run_date}{first}"]
    sys.stderr.write("\n".join(lines) + "\n")


def rows_table(runner: LocalRunner, night: Night) -> Table:
    """Landed, accepted and quarantined rows, by ingest job."""
    from tawny.ingest.ledger import read_ledger

    columns = ("rows in", "accepted", "quarantined")
    table = grid("landed", *columns, "reasons", title="Rows", right=columns)
    for step in night.steps:
        task = next((task for task in night.tasks if task.task_id == step.name), None)
        if task is None or task.job.quarantine is None or step.record is None:
            continue
        refused = spec_of(task.job.quarantine)
        read = tuple(entry.digest for entry in read_ledger(runner.arrow) if entry.run_id == step.record.run_id)
        where: Conditions = (("source_digest", "in", read),)
        rows = runner.arrow.read(refused, runner.arrow.version(refused), where)["reason"].to_pylist() if read else []
        reasons = Counter(rows)
        n_landed, n_refused = step.record.rows_read.get(LANDING, 0), reasons.total()
        counts = (f"{n:,}" for n in (n_landed, n_landed - n_refused, n_refused))
        table.add_row(spec_of(task.writes).name, *counts, ", ".join(f"{code} {n:,}" for code, n in reasons.most_common()))
    return table


def metrics_table(backtest: Backtest) -> Table:
    """Every subject's metrics on the test window, with their 95 % intervals; the final list last."""
    everyone, k = [row for row in backtest[0] if row["segment"] == "all"], backtest[1]
    cells = {
        (row["subject"], row["metric"]): _cell(row["value"], row["ci_low"], row["ci_high"])
        for row in everyone
        if not row["versus"]
    }
    metrics = sorted({metric for _, metric in cells}, key=_metric_order)
    n_judged = max((row["n_judged"] for row in everyone), default=0)
    title = f"On the test window, lists of {k}, {n_judged:,} judged, 95 % intervals"
    table = grid("list", *metrics, title=title)
    for subject in sorted({subject for subject, _ in cells}, key=lambda name: (name == "final", name)):
        table.add_row(subject, *(cells.get((subject, metric), "") for metric in metrics))
    return table


def differences_table(backtest: Backtest) -> Table:
    """What every subject is ahead of others on the same lists, with its 95 % interval; by segment, the largest first."""
    rows, k = backtest
    metric = min((row["metric"] for row in rows if row["versus"]), key=_metric_order, default="")
    compared = [row for row in rows if row["versus"] and row["metric"] == metric and row["value"] is not None]
    n_judged = {row["segment"]: row["n_judged"] for row in compared}
    segments = sorted(n_judged, key=lambda segment: (segment != "all", -n_judged[segment], segment))
    cells = {(row["subject"], row["versus"], row["segment"]): _difference(row) for row in compared}
    headers = (f"{segment} ({n_judged[segment]:,})" for segment in segments)
    table = grid(f"{metric}@{k}", *headers, title="Differences, paired by user, by entries of the history (lists judged)")
    for one, other in dict.fromkeys((one, other) for one, other, _ in cells):
        table.add_row(f"{one} - {other}", *(cells.get((one, other, segment), "") for segment in segments))
    return table


def reasons_table(backtest: Backtest) -> Table:
    """How well the reasons of every source hold, with the 95 % interval, and on how many lists."""
    table = grid("list", REASONS, "lists judged", title="How well reasons hold", right=("lists judged",))
    for row in sorted((row for row in backtest[0] if row["metric"] == REASONS), key=lambda row: str(row["subject"])):
        table.add_row(row["subject"], _cell(row["value"], row["ci_low"], row["ci_high"]), f"{row['n_judged']:,}")
    return table


def seconds_table(night: Night, total_seconds: float) -> Table:
    """Seconds by step. What a step takes beyond its job is start-up and bookkeeping."""
    columns = ("seconds", "share", "start-up, bookkeeping")
    table = grid("step", *columns, title="Seconds", right=columns)
    overhead = total_seconds - sum(step.record.seconds for step in night.steps if step.record)
    for step in night.steps:
        if step.is_current:
            continue
        overhead_of_step = step.seconds - (step.record.seconds if step.record else 0)
        table.add_row(step.name, f"{step.seconds:.1f}", f"{step.seconds / total_seconds:.0%}", f"{overhead_of_step:.1f}")
    if n_current := sum(step.is_current for step in night.steps):
        seconds = sum(step.seconds for step in night.steps if step.is_current)
        table.add_row(f"{n_current} jobs were current", f"{seconds:.1f}", f"{seconds / total_seconds:.0%}", f"{seconds:.1f}")
    table.add_section()
    table.add_row("total", f"{total_seconds:.1f}", "100%", f"{overhead:.1f} ({overhead / total_seconds:.0%})")
    return table


def closing_text(runner: LocalRunner, night: Night) -> str:
    """What is published, why the night's list is not, if it is not, and where the tables are; a line each."""
    lake = runner.arrow
    rows = published_rows(lake)
    now, list_id = published_in(rows), newest_list(lake, night.run_date)
    lines = _published_lines(now) if now else ["Nothing is published."]
    if list_id and not (now and now.is_list(night.run_date, list_id)):
        lines.append(standing(rows, night.run_date, list_id))
    return "\n".join([*lines, f"Tables: {lake.root} (`tawny tables`)."])


def _published_lines(now: PublishedList) -> list[str]:
    """The list that readers follow, and what audit and gate said of it."""
    judged = f"{now.metric} on {now.n_judged:,} lists"
    why = f"{now.n_judged:,} judged lists are too few, or it is not enabled" if now.n_judged else "no list could be judged"
    gate = f"The gate measured nothing: {why}." if now.value is None else f"Gate: {judged}: {now.value:.4f}"
    against = "" if now.value is None or now.floor is None else f", popularity {now.floor:.4f}."
    return [
        f"Published: {now.run_date} (list {now.list_id}, model {now.model_version}).",
        f"Audit: {now.n_users:,} eligible users, {now.n_listed:,} with a list, {now.n_exhausted:,} who have seen all"
        f" there is. {gate}{against}",
    ]


def _still_published(runner: LocalRunner) -> str:
    try:
        pointer = published_pointer(runner.arrow)
    except StaleInputError:
        pointer = None
    if pointer is None:
        return "Nothing is published yet."
    return f"Still published: {pointer.run_date} (list {pointer.list_id}); readers see no change."


def _backtest(runner: LocalRunner, night: Night) -> Backtest:
    """The night's rows of the test window for one length: that of the published lists where it was evaluated."""
    where: Conditions = (("run_date", "=", night.run_date), ("kind", "=", "backtest"))
    rows = runner.arrow.read(EVALUATIONS, runner.arrow.version(EVALUATIONS), where).to_pylist()
    lengths = {row["k"] for row in rows}
    k = runner.night.k if runner.night.k in lengths else max(lengths, default=runner.night.k)
    return [row for row in rows if row["k"] == k], k


def _difference(row: dict[str, Any]) -> str:
    return f"{row['value']:+.4f} [{row['ci_low']:.4f}, {row['ci_high']:.4f}]"


def _cell(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if low is None or high is None else f"{value:.4f} {low:.4f}–{high:.4f}"


def _metric_order(metric: str) -> tuple[int, str]:
    return (SHOWN_METRICS.index(metric) if metric in SHOWN_METRICS else len(SHOWN_METRICS), metric)
