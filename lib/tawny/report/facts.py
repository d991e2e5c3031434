"""What the page of one night needs, read without a JVM and in bounded memory: small tables whole, others as samples."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from tawny.core.columns import RUN_DATE
from tawny.core.config import NightSettings
from tawny.core.table import TableSpec
from tawny.core.words import Words
from tawny.lake.base import Conditions
from tawny.publish.pointer import published_rows, standing
from tawny.report.history import N_NIGHTS, NightFacts, Row, change, nights, of_length
from tawny.report.samples import SampleList, sample_lists
from tawny.report.verdict import Finding, findings
from tawny.runner.lineage import Lineage
from tawny.runner.plan import Task
from tawny.tables.changes import CHANGES
from tawny.tables.consistency import CONSISTENCY
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.events import EVENTS_QUARANTINE
from tawny.tables.items import ITEMS_QUARANTINE
from tawny.tables.landings import LANDINGS
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.splits import SPLITS
from tawny.tables.users import USERS_QUARANTINE

if TYPE_CHECKING:  # so that the help of the commands loads no table reader
    from tawny.lake.arrow import ArrowLake

N_EXAMPLES = 3
"""Of every reason for which rows were refused."""

_QUARANTINES = {"events": EVENTS_QUARANTINE, "items": ITEMS_QUARANTINE, "users": USERS_QUARANTINE}


@dataclass(frozen=True)
class Landed:
    """The files of one kind that the night read.

    Attributes:
        kind: events, items or users.
        files: rows of landings_v1.
        reasons: refused rows by reason, the most frequent first.
        examples: by reason, some of them.
    """

    kind: str
    files: Sequence[Row]
    reasons: Sequence[tuple[str, int]]
    examples: Mapping[str, Sequence[Row]]

    @property
    def n_rows(self) -> int:
        """Of the files."""
        return sum(file["n_rows"] for file in self.files)


@dataclass(frozen=True)
class NightPage:
    """One night, as its page shows it.

    Attributes:
        history: the nights up to this one, oldest first; the last is this one.
        k: length of the evaluated lists.
        evaluations: rows of evaluations_v2 of the run_date and that length.
        changes: rows of changes_v1 of the run_date.
        consistency: the row of consistency_v1, where there was a list before.
        standing: whether readers follow the night's list, and why not; empty where the night wrote none.
        asked: what the night was asked (splits_v1).
        samples: lists of some users.
        tasks: of the night, in order.
    """

    history: Sequence[NightFacts]
    k: int
    evaluations: Sequence[Row]
    changes: Sequence[Row]
    consistency: Row | None
    standing: str
    asked: str
    landed: Sequence[Landed]
    samples: Sequence[SampleList]
    tasks: Sequence[Task]

    @property
    def night(self) -> NightFacts:
        """This one."""
        return self.history[-1]

    @property
    def before(self) -> Sequence[NightFacts]:
        """The nights before it."""
        return self.history[:-1]

    @property
    def run_date(self) -> date:
        """Of the night."""
        return self.night.run_date

    @property
    def findings(self) -> list[Finding]:
        """What there is to say of it, what is worse first."""
        return findings(self.night, self.before)

    def change(self, measure: str, segment: str = "all") -> Row | None:
        """A row of changes_v1 that has a value."""
        return change(self.changes, measure, segment)


def night_page(
    lake: "ArrowLake", run_date: date, settings: NightSettings, tasks: Sequence[Task], words: Words
) -> NightPage | None:
    """The facts of a night; None where no job ran for that day.

    Args:
        lake: the tables.
        run_date: the night.
        settings: of the night.
        tasks: of the night, in order.
        words: of the reasons.
    """
    history = nights(lake, run_date, settings.k, N_NIGHTS)
    if not history or history[-1].run_date != run_date:
        return None
    day: Conditions = ((RUN_DATE, "=", run_date),)
    evaluations, k = of_length(_rows(lake, EVALUATIONS, day), settings.k)
    made = Lineage(lake, run_date).made(RECOMMENDATIONS)
    list_id = str(made.note.get("partition", {}).get("list_id", "")) if made else ""
    return NightPage(
        history,
        k,
        evaluations,
        _rows(lake, CHANGES, day),
        next(iter(_rows(lake, CONSISTENCY, day)), None),
        standing(published_rows(lake), run_date, list_id) if list_id else "",
        next((row["reason"] for row in _rows(lake, SPLITS, (*day, ("fold", "=", "serve")))), ""),
        [_landed(lake, kind, run_date) for kind in _QUARANTINES],
        list(sample_lists(lake, run_date, list_id, words)) if list_id else [],
        tasks,
    )


def _landed(lake: "ArrowLake", kind: str, run_date: date) -> Landed:
    """The files are small in number; the refused rows may be many, and are counted as they are read."""
    files = _rows(lake, LANDINGS, ((RUN_DATE, "=", run_date), ("kind", "=", kind)))
    digests = tuple(file["digest"] for file in files)
    reasons, examples = Counter[str](), dict[str, list[Row]]()
    for row in _refused(lake, _QUARANTINES[kind], digests):
        reasons[row["reason"]] += 1
        own = examples.setdefault(row["reason"], [])
        if len(own) < N_EXAMPLES:
            own.append(row)
    return Landed(kind, files, sorted(reasons.items(), key=lambda one: (-one[1], one[0])), examples)


def _refused(lake: "ArrowLake", spec: TableSpec, digests: tuple[str, ...]) -> Iterator[Row]:
    columns = ["reason", "detail", "source_file", "source_line", "raw"]
    where: Conditions = (("source_digest", "in", digests),)
    for batch in lake.batches(spec, lake.version(spec), where, columns) if digests else ():
        yield from batch.to_pylist()


def _rows(lake: "ArrowLake", spec: TableSpec, where: Conditions) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = lake.read(spec, lake.version(spec), where).to_pylist()
    return rows
