"""The doors of a run: what they refuse, what they ask the lake for, and what they note."""

import dataclasses
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from tawny.core.config import Env, NightSettings
from tawny.core.errors import CheckError, ConfigError, StaleInputError
from tawny.core.settings import Settings
from tawny.core.table import Column, TableSpec
from tawny.lake.base import Commit, Conditions, Note, Value, Written
from tawny.runner.manifest import Record
from tawny.runner.plan import Task
from tawny.runner.run import Run, execute, open_run
from tawny.tables.nights import NIGHTS
from tawny.tables.runs import RUNS
from tawny.testing.jobs import make_job

D = date(2020, 1, 2)
DAY = ("run_date", "=", D)


def table(name: str, **values: Any) -> TableSpec:
    columns = {name: Column("string", "") for name in ("run_date", "model", "fold")}
    base = {"columns": columns, "key": ("run_date",), "mode": "replace_partition", "partition_by": ("run_date",)}
    return TableSpec(name=name, doc="", **(base | values))


CATALOG, LISTS = table("catalog_v2"), table("lists_v1")
MODELS = table("models_v1", partition_by=("run_date", "model"), slice_by="model")
EVENTS = table("events_v2", partition_by=("event_date",), time_column="event_ts", mode="merge_by_key")
PINNED = table("events_v2", partition_by=("event_date",), time_column="event_ts", mode="merge_by_key", is_pinned=True)
ITEMS = table("items_v2", partition_by=(), known_column="known_from", mode="merge_by_key", is_pinned=True)
REFUSED = table("refused_v1")


class FakeCommits:
    """The newest commit of each slice; None where no run wrote it."""

    def __init__(self, lake: "FakeLake", spec: TableSpec) -> None:
        self.lake, self.spec = lake, spec

    def newest(self, owned: Mapping[str, Value], version: int | None = None, digest: str | None = None) -> Commit | None:
        key = (self.spec.name, str(owned["model"]) if "model" in owned else None)
        note = self.lake.notes_of.get(key, {"digest": "now", "inputs": {}, "n_rows": 4, "partition": {"list_id": "id"}})
        return Commit(self.lake.versions[self.spec.name], note, "WRITE") if note is not None else None

    def changed_at(self) -> int:
        return self.lake.versions[self.spec.name]


class FakeLake:
    """Records its calls; `counts` holds the rows of a table or of a slice of it, `notes_of` the notes of what wrote them."""

    def __init__(self) -> None:
        self.versions = {"catalog_v2": 3, "models_v1": 5, "events_v2": 7, "lists_v1": 9, RUNS.name: 1, NIGHTS.name: 2}
        self.pins: list[dict[str, Any]] = []
        self.counts: dict[tuple[str, str | None], int] = {}
        self.notes_of: dict[tuple[str, str | None], Note | None] = {}
        self.dates: list[date] = []
        self.reads: list[tuple[str, int, Conditions]] = []
        self.writes: list[tuple[str, Any, Mapping[str, Value], str]] = []
        self.notes: list[dict[str, Any]] = []

    def ensure(self, specs: Any) -> None:
        """Nothing to do."""

    def version(self, spec: TableSpec) -> int:
        return self.versions[spec.name]

    def commits(self, spec: TableSpec) -> FakeCommits:
        return FakeCommits(self, spec)

    def run_dates(self, spec: TableSpec, version: int) -> list[date]:
        return self.dates

    def count(self, spec: TableSpec, version: int, where: Conditions) -> int | None:
        assert {column for column, _, _ in where} <= set(spec.partition_by)
        model = next((value for column, op, value in where if column == "model" and op == "="), None)
        return self.counts.get((spec.name, str(model) if model else None), 4)

    def read(self, spec: TableSpec, version: int, where: Conditions) -> str:
        self.reads.append((spec.name, version, where))
        return "frame"

    def read_arrow(self, spec: TableSpec, version: int, where: Conditions, max_rows: int) -> Any:
        return pa.Table.from_pylist(self.pins) if spec is NIGHTS else self.read(spec, version, where)

    def write(
        self, spec: TableSpec, frame: Any, constants: Mapping[str, Value], app_id: str, note: Note | None = None
    ) -> Written:
        self.writes.append((spec.name, frame, constants, app_id))
        self.notes.append(dict(note or {}))
        return Written(version=11, n_rows=6)

    def update(self, spec: TableSpec, decide: Callable[[Any], Any], note: Note | None = None) -> Written:
        self.writes.append((spec.name, decide("rows"), {}, "update"))
        self.notes.append(dict(note or {}))
        return Written(version=11, n_rows=6)


@pytest.fixture
def lake() -> FakeLake:
    return FakeLake()


MakeRun = Callable[..., Run[Any, str]]


@pytest.fixture
def make_run(lake: FakeLake) -> MakeRun:
    """`make_run(main=..., variant=..., **declaration)`: a run of a small job on D."""

    def make(
        main: Callable[[Any], None] = lambda run: None, *, variant: str | None = None, seed: int = 42, **declaration: Any
    ) -> Run[Any, str]:
        job = make_job("rank", main, **({"writes": LISTS} | declaration))
        night = NightSettings(seed=seed)
        return Run(Task(job, variant, ("als", "bpr")), D, Env(root="/lake", landing="/landing"), night, lake, Settings())

    return make


def test_a_table_that_is_not_declared_is_refused(make_run: MakeRun, lake: FakeLake) -> None:
    run = make_run(reads=(CATALOG,))
    with pytest.raises(ConfigError, match=r"rank: a job reads only what it declares \(catalog_v2\)\. Received: events_v2\."):
        run.read(EVENTS)
    with pytest.raises(ConfigError, match="catalog_v2"):
        run.read_earlier(CATALOG)
    assert lake.reads == []


def test_the_slice_of_another_model_is_refused(make_run: MakeRun) -> None:
    run = make_run(reads=(MODELS["{variant}"],), variant="als")
    assert run.read(MODELS["als"]) == "frame"
    with pytest.raises(ConfigError, match="reads only what it declares"):
        run.read(MODELS["bpr"])


def test_a_read_gets_this_run_date_and_what_was_asked_for(make_run: MakeRun, lake: FakeLake) -> None:
    make_run(reads=(CATALOG,)).read(CATALOG, fold="serve")
    assert lake.reads == [("catalog_v2", 3, (DAY, ("fold", "=", "serve")))]


def test_events_end_before_the_run_date_begins(make_run: MakeRun, lake: FakeLake) -> None:
    run = make_run(reads=(EVENTS,))
    run.read(EVENTS)
    assert run.cutoff == datetime(2020, 1, 2, tzinfo=UTC)
    assert lake.reads == [("events_v2", 7, (("event_ts", "<", run.cutoff),))]


def test_a_table_declared_by_slices_means_these_slices_only(make_run: MakeRun, lake: FakeLake) -> None:
    make_run(reads=(MODELS["{source}"], MODELS["ranker"])).read(MODELS)
    assert lake.reads == [("models_v1", 5, (DAY, ("model", "in", ("als", "bpr", "ranker"))))]


def test_a_slice_of_a_table_declared_whole_is_read_alone(make_run: MakeRun, lake: FakeLake) -> None:
    make_run(reads=(MODELS,)).read(MODELS["als"])
    assert lake.reads == [("models_v1", 5, (DAY, ("model", "in", ("als",))))]


def test_earlier_run_dates_are_read_without_this_one_and_may_be_empty(make_run: MakeRun, lake: FakeLake) -> None:
    lake.counts["lists_v1", None] = 0
    make_run(reads_earlier=(LISTS,)).read_earlier(LISTS)
    assert lake.reads == [("lists_v1", 9, (("run_date", "<", D),))]


def test_a_version_is_pinned_at_the_first_read(make_run: MakeRun, lake: FakeLake) -> None:
    run = make_run(reads=(CATALOG,))
    run.read(CATALOG)
    lake.versions["catalog_v2"] = 4
    run.read_arrow(CATALOG)
    assert [version for _, version, _ in lake.reads] == [3, 3]
    assert run.record.versions_read == {"catalog_v2": 3}


def test_a_partition_that_no_run_wrote_names_the_table_the_date_and_the_way_out(make_run: MakeRun, lake: FakeLake) -> None:
    lake.notes_of["catalog_v2", None] = None
    text = r"rank reads catalog_v2: inputs must be there.*no rows where run_date = 2020-01-02, version 3\. Run `tawny night"
    with pytest.raises(StaleInputError, match=text):
        make_run(reads=(CATALOG,)).read(CATALOG, fold="serve")


def test_a_partition_whose_rows_are_gone_is_refused(make_run: MakeRun, lake: FakeLake) -> None:
    lake.counts["catalog_v2", None] = 0
    with pytest.raises(StaleInputError, match=r"rank reads catalog_v2: inputs must be there"):
        make_run(reads=(CATALOG,)).read(CATALOG)


def test_a_partition_that_a_run_left_empty_is_an_answer(make_run: MakeRun, lake: FakeLake) -> None:
    lake.counts["catalog_v2", None] = 0
    lake.notes_of["catalog_v2", None] = {"digest": "nothing", "inputs": {}, "n_rows": 0}
    assert make_run(reads=(CATALOG,)).read(CATALOG, fold="validation") == "frame"


def test_one_missing_slice_among_several_is_an_error(make_run: MakeRun, lake: FakeLake) -> None:
    lake.notes_of["models_v1", "bpr"] = None
    with pytest.raises(StaleInputError, match=r"rank reads models_v1\[bpr\]: inputs must be there"):
        make_run(reads=(MODELS["{source}"],)).read(MODELS)


def test_an_input_made_from_what_was_written_anew_is_refused_by_name(make_run: MakeRun, lake: FakeLake) -> None:
    lake.notes_of["models_v1", "als"] = {"digest": "m", "inputs": {"catalog_v2": "then"}, "n_rows": 4}
    text = (
        r"rank.als reads models_v1\[als\]: an input must be made from what is there now\. Received: "
        r"models_v1\[als\] was made from catalog_v2 as it was \(then\), which is now now\. Run `tawny night"
    )
    with pytest.raises(StaleInputError, match=text):
        make_run(reads=(MODELS["{variant}"],), variant="als").read(MODELS)
    lake.notes_of["catalog_v2", None] = {"digest": "then", "inputs": {}, "n_rows": 4}
    assert make_run(reads=(MODELS["{variant}"],), variant="als").read(MODELS) == "frame"


def test_an_input_of_an_input_counts_too(make_run: MakeRun, lake: FakeLake) -> None:
    lake.versions["shortlists_v2"] = 1
    lake.notes_of["shortlists_v2", None] = {"digest": "s", "inputs": {"models_v1[als]": "m"}, "n_rows": 4}
    lake.notes_of["models_v1", "als"] = {"digest": "m", "inputs": {"catalog_v2": "then"}, "n_rows": 4}
    shortlists = table("shortlists_v2")
    with pytest.raises(StaleInputError, match=r"models_v1\[als\] was made from catalog_v2 as it was"):
        make_run(reads=(shortlists,)).read(shortlists)


def test_an_input_that_another_program_changed_is_refused(make_run: MakeRun, lake: FakeLake) -> None:
    lake.notes_of["catalog_v2", None] = {}
    with pytest.raises(StaleInputError, match=r"catalog_v2 was changed by another program, in version 3"):
        make_run(reads=(CATALOG,)).read(CATALOG)


def test_a_pinned_table_is_read_as_the_night_pinned_it(make_run: MakeRun, lake: FakeLake) -> None:
    lake.pins = [{"table": "events_v2", "version": 5, "digest": "e", "night_id": "n"}]
    run = make_run(reads=(PINNED,))
    run.read(PINNED)
    assert lake.reads == [("events_v2", 5, (("event_ts", "<", run.cutoff),))]
    assert (run.record.inputs, run.record.night_id) == ({"events_v2": "e"}, "n")


def test_without_a_pin_a_pinned_table_is_not_read(make_run: MakeRun) -> None:
    text = r"rank reads events_v2: a night must say which version.*no row of nights_v1.*Run `tawny run pin_inputs"
    with pytest.raises(StaleInputError, match=text):
        make_run(reads=(PINNED,)).read(PINNED)


def test_what_was_known_later_than_the_run_date_is_not_read(make_run: MakeRun, lake: FakeLake) -> None:
    lake.pins = [{"table": "items_v2", "version": 5, "digest": "i", "night_id": "n"}]
    make_run(reads=(ITEMS,)).read(ITEMS)
    assert lake.reads == [("items_v2", 5, (("known_from", "<=", D),))]


def test_of_a_table_whose_partitions_have_ids_the_one_written_last_is_read(make_run: MakeRun, lake: FakeLake) -> None:
    lists = table("lists_v1", partition_by=("run_date", "list_id"), id_column="list_id")
    lake.dates = [date(2019, 12, 31), D]
    catalog = table("catalog_v2", partition_by=("run_date", "list_id"), id_column="list_id")
    make_run(reads=(catalog,)).read(catalog)
    run = make_run(reads_earlier=(lists,))
    run.read_earlier(lists)
    assert lake.reads == [
        ("catalog_v2", 3, (DAY, ("list_id", "in", ("id",)))),
        ("lists_v1", 9, (("run_date", "<", D), ("list_id", "in", ("id",)))),
    ]
    assert list(run.record.inputs) == ["lists_v1<"]


def test_a_small_table_is_updated_by_its_own_job_only(make_run: MakeRun, lake: FakeLake) -> None:
    make_run(writes=LISTS).update(LISTS, lambda rows: f"{rows} and one")
    assert lake.writes == [("lists_v1", "rows and one", {}, "update")]
    assert lake.notes[0]["partition"] == {"run_date": "2020-01-02"}
    with pytest.raises(ConfigError, match="reads only what it declares"):
        make_run(writes=LISTS).update(CATALOG, lambda rows: rows)


def test_a_table_without_run_dates_may_be_empty(make_run: MakeRun, lake: FakeLake) -> None:
    lake.counts["events_v2", None] = 0
    assert make_run(reads=(EVENTS,)).read(EVENTS) == "frame"


def test_a_peek_gives_version_and_rows_or_none_where_time_decides(make_run: MakeRun) -> None:
    run = make_run(reads=(CATALOG, EVENTS))
    assert run.peek(CATALOG) == (3, 4)
    assert run.peek(EVENTS) == (7, None)


def test_a_write_owns_its_run_date_and_its_slice_and_has_the_date_in_its_app_id(make_run: MakeRun, lake: FakeLake) -> None:
    make_run(writes=MODELS["{variant}"], variant="als").write("frame")
    assert lake.writes == [("models_v1", "frame", {"run_date": D, "model": "als"}, "models_v1/2020-01-02/rank.als")]


def test_a_write_notes_in_its_commit_which_run_it_is(make_run: MakeRun, lake: FakeLake) -> None:
    run = make_run(writes=MODELS["{variant}"], variant="als")
    run.write("frame")
    (note,) = lake.notes
    assert {key: note.pop(key) for key in ("inputs", "settings", "code")} == {
        "inputs": {}, "settings": run.record.config_hash, "code": run.record.code_digest,
    }  # fmt: skip
    assert note == {"run_id": run.record.run_id, "job": "rank", "variant": "als", "run_date": "2020-01-02"}


def test_a_table_without_run_dates_is_written_whole(make_run: MakeRun, lake: FakeLake) -> None:
    make_run(writes=EVENTS).write("frame")
    assert lake.writes == [("events_v2", "frame", {}, "events_v2/2020-01-02/rank")]


def test_refused_rows_are_counted_apart(make_run: MakeRun) -> None:
    run = make_run(quarantine=REFUSED)
    run.quarantine("bad rows")
    run.write("good rows")
    assert run.record.n_quarantined == 6
    assert run.record.rows_written == {"refused_v1": 6, "lists_v1": 6}


def test_a_quarantine_that_is_not_declared_is_refused(make_run: MakeRun) -> None:
    with pytest.raises(ConfigError, match="must declare its quarantine"):
        make_run().quarantine("bad rows")


def test_seeds_differ_by_night_task_and_part_and_by_nothing_else(make_run: MakeRun) -> None:
    seeds = [
        make_run().seed("serve", 1), make_run().seed("serve", 2), make_run(variant="als").seed("serve", 1),
        make_run(seed=1).seed("serve", 1),
    ]  # fmt: skip
    assert len(set(seeds)) == 4
    assert make_run().seed("serve", 1) == seeds[0]
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_a_run_that_succeeds_leaves_a_record_of_all_it_touched(make_run: MakeRun, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tawny")
    kept: list[Record] = []

    def main(run: Run[Any, str]) -> None:
        run.read(CATALOG)
        run.read(EVENTS)
        run.write("frame")

    record = execute(make_run(main, reads=(CATALOG, EVENTS)), kept.append)
    started, ended = kept
    assert (started.status, started.versions_read, started.run_id) == ("started", {}, record.run_id)
    assert ended == record
    assert (record.status, record.error, record.job, record.run_date) == ("succeeded", None, "rank", D)
    assert record.versions_read == {"catalog_v2": 3, "events_v2": 7}
    assert record.rows_read == {"catalog_v2": 4}
    assert (record.versions_written, record.rows_written) == ({"lists_v1": 11}, {"lists_v1": 6})
    assert [m for m in caplog.messages if m.startswith("job=rank run_date=2020-01-02 status=succeeded rows_in=4 rows_out=6")]


@pytest.mark.parametrize(
    "error", [ValueError("broken"), KeyboardInterrupt("broken")], ids=lambda error: type(error).__name__
)
def test_a_run_that_fails_or_is_stopped_is_kept_as_failed(make_run: MakeRun, error: BaseException) -> None:
    kept: list[Record] = []

    def main(run: Run[Any, str]) -> None:
        raise error

    with pytest.raises(type(error), match="broken"):
        execute(make_run(main), kept.append)
    assert [(record.status, record.error) for record in kept[1:]] == [("failed", f"{type(error).__name__}: broken")]


def test_a_job_that_writes_nothing_has_failed(make_run: MakeRun) -> None:
    kept: list[Record] = []
    with pytest.raises(CheckError, match=r"rank: a job must write the table it declares"):
        execute(make_run(), kept.append)
    assert [record.status for record in kept] == ["started", "failed"]


def test_the_record_is_a_row_of_the_manifest(make_run: MakeRun) -> None:
    assert set(dataclasses.asdict(make_run().record)) == set(RUNS.columns)
    assert {field.name for field in dataclasses.fields(Record)} == set(RUNS.columns)


def test_a_wrong_setting_of_the_job_is_refused_before_anything_is_read(lake: FakeLake) -> None:
    env = Env(root="/lake", landing="/landing", jobs={"rank": {"kk": 1}})
    with pytest.raises(ConfigError, match="settings of rank"):
        open_run(Task(make_job("rank", writes=LISTS)), D, env, NightSettings(), lake)


def test_landing_files_are_read_by_jobs_with_spark_only(make_run: MakeRun) -> None:
    with pytest.raises(ConfigError, match=r"rank: landing files are read by Spark tasks\..*Declare engine='spark'"):
        make_run(engine="arrow").landing("events")
