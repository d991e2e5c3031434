"""What a night says when it ends: rows, metrics, seconds, and where everything is; or how far it came."""

import sys
from collections import Counter
from typing import TYPE_CHECKING

from rich.table import Table

from tawny.cli.console import console, grid
from tawny.cli.night import Night
from tawny.cli.pointer import published
from tawny.cli.workbench import Workbench
from tawny.core.errors import StaleInputError
from tawny.core.run import LANDING
from tawny.core.table import spec_of
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.rankings import RANKINGS

if TYPE_CHECKING:
    from tawny.core.lake import Conditions

SHOWN_METRICS = ("ndcg", "recall", "hit_rate", "mrr", "average_precision", "precision", "coverage", "novelty")


def show_night(bench: Workbench, night: Night, total_seconds: float) -> None:
    """Print the closing tables of a night that succeeded."""
    out = console()
    for table in (rows_table(bench, night), metrics_table(bench, night), seconds_table(night, total_seconds)):
        if table.row_count:
            out.print(table)
    out.print(closing(bench, night), soft_wrap=True)


def show_failure(bench: Workbench, night: Night) -> None:
    """Say on standard error how far the night came, and that readers are where they were."""
    done, left = night.done, night.not_done
    lines = [f"The night of {night.run_date} stopped."]
    lines += [f"done:     {', '.join(done) or 'nothing'}"]
    lines += [f"not done: {', '.join(left)}"] if left else []
    lines += [_still_published(bench)]
    env = f" --env {bench.env_file}" if bench.env_file else ""
    lines += [f"Go on with: tawny night{env} --run-date {night.run_date} --from {left[0]}"] if left else []
    sys.stderr.write("\n".join(lines) + "\n")


def rows_table(bench: Workbench, night: Night) -> Table:
    """What came in and what became of it, by ingest job."""
    columns = ("rows in", "accepted", "quarantined")
    table = grid("landed", *columns, "reasons", title="Rows", right=columns)
    for step in night.steps:
        task = next((task for task in night.tasks if task.task_id == step.name), None)
        if task is None or task.job.quarantine is None or step.record is None:
            continue
        refused = spec_of(task.job.quarantine)
        where: Conditions = (("run_date", "=", night.run_date),)
        reasons = Counter(bench.arrow.read(refused, bench.arrow.version(refused), where)["reason"].to_pylist())
        n_landed, n_refused = step.record.rows_read.get(LANDING, 0), reasons.total()
        counts = (f"{n:,}" for n in (n_landed, n_landed - n_refused, n_refused))
        table.add_row(spec_of(task.writes).name, *counts, ", ".join(f"{code} {n:,}" for code, n in reasons.most_common()))
    return table


def metrics_table(bench: Workbench, night: Night) -> Table:
    """Every subject's metrics on the test window, with their 95 % intervals; the final list last."""
    where: Conditions = (("run_date", "=", night.run_date), ("kind", "=", "backtest"), ("segment", "=", "all"))
    rows = bench.arrow.read(EVALUATIONS, bench.arrow.version(EVALUATIONS), where).to_pylist()
    lengths = sorted({row["k"] for row in rows})
    k = bench.night.k if bench.night.k in lengths else max(lengths, default=bench.night.k)
    cells = {
        (row["subject"], row["metric"]): _cell(row["value"], row["ci_low"], row["ci_high"]) for row in rows if row["k"] == k
    }
    metrics = sorted({metric for _, metric in cells}, key=_place)
    users = max((row["n_users"] for row in rows), default=0)
    title = f"On the test window, lists of {k}, {users:,} users, 95 % intervals"
    table = grid("list", *metrics, title=title)
    for subject in sorted({subject for subject, _ in cells}, key=lambda name: (name == "final", name)):
        table.add_row(subject, *(cells.get((subject, metric), "") for metric in metrics))
    return table


def seconds_table(night: Night, total_seconds: float) -> Table:
    """Where the time went. What a step took beyond its job is start-up and bookkeeping."""
    columns = ("seconds", "share", "start-up, bookkeeping")
    table = grid("step", *columns, title="Seconds", right=columns)
    besides = total_seconds - sum(step.record.seconds for step in night.steps if step.record)
    for step in night.steps:
        beyond = step.seconds - (step.record.seconds if step.record else 0)
        table.add_row(step.name, f"{step.seconds:.1f}", f"{step.seconds / total_seconds:.0%}", f"{beyond:.1f}")
    table.add_section()
    table.add_row("total", f"{total_seconds:.1f}", "100%", f"{besides:.1f} ({besides / total_seconds:.0%})")
    return table


def closing(bench: Workbench, night: Night) -> str:
    """One paragraph: what is published, and where the tables are."""
    lake = bench.arrow
    pointer = published(lake)
    where: Conditions = (("run_date", "=", night.run_date), ("fold", "=", "serve"))
    n_lists = lake.count(RANKINGS, lake.version(RANKINGS), where) or 0
    now = f"Published: {pointer.run_date} (model {pointer.model_version})" if pointer else "Nothing is published"
    return f"{now}. Lists of {night.run_date}: {n_lists:,}, one per user.\nTables: {lake.root} (`tawny tables`)."


def _still_published(bench: Workbench) -> str:
    try:
        pointer = published(bench.arrow)
    except StaleInputError:
        pointer = None
    if pointer is None:
        return "Nothing is published yet; nothing was."
    return f"Published is still {pointer.run_date} (model {pointer.model_version}); readers see no change."


def _cell(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if low is None or high is None else f"{value:.4f} {low:.4f}–{high:.4f}"


def _place(metric: str) -> tuple[int, str]:
    return (SHOWN_METRICS.index(metric) if metric in SHOWN_METRICS else len(SHOWN_METRICS), metric)
