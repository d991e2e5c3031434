"""The nights up to a day as numbers, read from the small tables that keep one row per metric, run or file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from tawny.core.columns import RUN_DATE
from tawny.evaluation.gate import FINAL, UNRULED
from tawny.lake.base import Conditions
from tawny.publish.pointer import PublishedList, lists_of, published_rows
from tawny.report.series import ALL
from tawny.tables.changes import CHANGES
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.landings import LANDINGS
from tawny.tables.runs import RUNS

if TYPE_CHECKING:  # so that the help of the commands loads no table reader
    from tawny.lake.arrow import ArrowLake

N_NIGHTS = 60
"""How far the curves reach back."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Number:
    """A value with its 95 % interval, where it has one; of a drift, from 0 to what chance gives."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class TaskRun:
    """The last run of a task for a run_date.

    Attributes:
        status: succeeded, failed, or started: it was killed, or still runs.
    """

    task_id: str
    status: str
    seconds: float
    peak_memory_bytes: int | None
    error: str | None
    versions_written: Mapping[str, int]
    rows_written: Mapping[str, int]
    code_version: str


@dataclass(frozen=True)
class NightFacts:
    """What the tables say of one night.

    Attributes:
        numbers: by key of series.ALL; what was not measured is left out.
        runs: by task_id.
        published: the newest of its lists that readers follow or followed, or that was withdrawn; None: they saw none.
    """

    run_date: date
    numbers: Mapping[str, Number] = field(default_factory=dict)
    runs: Mapping[str, TaskRun] = field(default_factory=dict)
    published: PublishedList | None = None

    @property
    def failed(self) -> list[TaskRun]:
        """The runs that failed, or were killed."""
        return [run for run in self.runs.values() if run.status != "succeeded"]


def nights(lake: "ArrowLake", run_date: date, k: int, n_nights: int = N_NIGHTS) -> list[NightFacts]:
    """The nights up to run_date that ran at least one job, oldest first; at most `n_nights`.

    Args:
        lake: the tables.
        run_date: the last one.
        k: length of the lists.
        n_nights: at most so many.
    """
    runs = _runs(lake, run_date)
    days = sorted(runs)[-n_nights:]
    evaluated, changed = _evaluated(lake, days, k), _by_day(_read(lake, CHANGES, days))
    landed = _by_day(_read(lake, LANDINGS, days))
    seen = {one.run_date: one for one in lists_of(published_rows(lake))}
    return [
        NightFacts(
            day,
            {
                **quality(evaluated.get(day, ())),
                **changes(changed.get(day, ())),
                **_published(seen.get(day)),
                **_landed(landed.get(day, ())),
                **_operation(runs[day].values()),
            },
            runs[day],
            seen.get(day),
        )
        for day in days
    ]


def quality(rows: Iterable[Row]) -> dict[str, Number]:
    """The final list's metrics and the best single source, of the backtest of all users."""
    own = [row for row in rows if row["kind"] == "backtest" and not row["versus"] and row["value"] is not None]
    final = {row["metric"]: number(row) for row in own if row["subject"] == FINAL}
    best = best_source(own)
    found = {key: final[key] for key in ("ndcg", "coverage", "novelty") if key in final}
    return found | ({"best_source": number(best)} if best else {})


def best_source(rows: Sequence[Row], metric: str = "ndcg") -> Row | None:
    """The row of the source with the highest value of the metric, among rows of one segment."""
    others = [row for row in rows if row["subject"] not in (FINAL, UNRULED)]
    sources = [row for row in others if row["metric"] == metric and row["value"] is not None]
    return max(sources, key=lambda row: (row["value"], row["subject"]), default=None)


def changes(rows: Iterable[Row]) -> dict[str, Number]:
    """The rows of changes_v1 that are followed from night to night."""
    by_name = {(row["measure"], row["segment"]): row for row in rows if row["value"] is not None}
    found = {
        name: number(row) for (name, segment), row in by_name.items() if segment == "all" and name in {s.key for s in ALL}
    }
    quiet = by_name.get(("lists_changed_share", "quiet"))
    return found | ({"quiet_changed": number(quiet)} if quiet else {})


def change(rows: Iterable[Row], measure: str, segment: str = "all") -> Row | None:
    """A row of changes_v1 of one run_date that has a value; None where there is none."""
    found = (row for row in rows if (row["measure"], row["segment"]) == (measure, segment))
    return next((row for row in found if row["value"] is not None), None)


def number(row: Row) -> Number:
    """The value of a row of evaluations_v2 or changes_v1."""
    if row.get("measure", "").startswith("drift"):
        return Number(row["value"], 0.0, row["usual"])
    return Number(row["value"], row["ci_low"], row["ci_high"])


def _published(one: PublishedList | None) -> dict[str, Number]:
    return {"listed_share": Number(one.n_listed / one.n_users)} if one and one.n_users else {}


def _landed(files: Sequence[Row]) -> dict[str, Number]:
    n_rows = sum(file["n_rows"] for file in files)
    return {"refused_share": Number(sum(file["n_refused"] for file in files) / n_rows)} if n_rows else {}


def _operation(runs: Iterable[TaskRun]) -> dict[str, Number]:
    known = list(runs)
    peaks = [run.peak_memory_bytes for run in known if run.peak_memory_bytes]
    memory = {"memory": Number(float(max(peaks)))} if peaks else {}
    return {"seconds": Number(sum(run.seconds for run in known)), **memory}


def _runs(lake: "ArrowLake", run_date: date) -> dict[date, dict[str, TaskRun]]:
    """The last run of every task, by run_date. Of two rows of a run the one of its end counts."""
    columns = ["run_id", RUN_DATE, "job", "variant", "status", "started_ts", "seconds", "peak_memory_bytes", "error",
               "versions_written", "rows_written", "code_version"]  # fmt: skip
    rows = lake.read(RUNS, lake.version(RUNS), ((RUN_DATE, "<=", run_date),)).select(columns)
    found: dict[date, dict[str, TaskRun]] = {}
    for row in sorted(rows.to_pylist(), key=lambda row: (row["started_ts"], row["run_id"], row["status"] != "started")):
        task_id = f"{row['job']}.{row['variant']}" if row["variant"] else row["job"]
        versions, n_rows = dict(row["versions_written"]), dict(row["rows_written"])
        found.setdefault(row[RUN_DATE], {})[task_id] = TaskRun(
            task_id, row["status"], row["seconds"], row["peak_memory_bytes"], row["error"], versions, n_rows,
            row["code_version"],
        )  # fmt: skip
    return found


def _evaluated(lake: "ArrowLake", days: Sequence[date], k: int) -> dict[date, list[Row]]:
    """The rows of all users, of lists of length k, or of the longest that was evaluated."""
    more: Conditions = (("segment", "=", "all"), ("kind", "=", "backtest"), ("versus", "=", ""))
    return {day: of_length(rows, k)[0] for day, rows in _by_day(_read(lake, EVALUATIONS, days, more)).items()}


def of_length(rows: Sequence[Row], k: int) -> tuple[list[Row], int]:
    """The rows of one length, and the length: k where it was evaluated, else the longest."""
    lengths = {row["k"] for row in rows}
    length = k if k in lengths else max(lengths, default=k)
    return [row for row in rows if row["k"] == length], length


def _read(lake: "ArrowLake", spec: Any, days: Sequence[date], more: Conditions = ()) -> list[Row]:
    where: Conditions = ((RUN_DATE, "in", tuple(days)), *more)
    rows: list[Row] = lake.read(spec, lake.version(spec), where).to_pylist() if days else []
    return rows


def _by_day(rows: Iterable[Row]) -> dict[date, list[Row]]:
    found: dict[date, list[Row]] = {}
    for row in rows:
        found.setdefault(row[RUN_DATE], []).append(row)
    return found
