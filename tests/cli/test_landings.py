"""`tawny retract` and `tawny replay` name a landed file, do what is asked, say so, and leave records in the manifest."""

from pathlib import Path

import pytest

from tawny.core.config import Env
from tawny.lake.arrow import ArrowLake
from tawny.tables.events import EVENTS
from tawny.tables.runs import RUNS

from .conftest import Tawny

CSV = "user_id,item_id,event_type,event_time\na,1,view,2024-02-01\nb,1,view,2024-02-01\nbad\n"


@pytest.mark.usefixtures("spark")
def test_a_file_is_replayed_and_retracted_by_its_name(tawny: Tawny, env: Env) -> None:
    (Path(env.landing) / "events_1.csv").write_text(CSV)
    day = ("--run-date", "2024-03-01")
    tawny("run", "ingest_events", *day)
    replayed = tawny("replay", "events_1.csv", *day)
    assert "2 rows accepted (2 before), 1 quarantined (1 before)" in replayed.out
    retracted = tawny("retract", "events_1.csv", *day)
    assert "2 accepted and 1 quarantined rows of events" in retracted.out
    lake = ArrowLake(env.root)
    assert lake.read(EVENTS, lake.version(EVENTS), ()).num_rows == 0
    runs = lake.read(RUNS, lake.version(RUNS), (("status", "=", "succeeded"),))["job"].to_pylist()
    assert sorted(runs) == ["ingest_events"] * 3 + ["replay", "retract"]
    unknown = tawny("retract", "events_2.csv", *day)
    assert (unknown.code, "must name one landed file" in unknown.err) == (2, True)
