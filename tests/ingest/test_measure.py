"""What is measured of landing files, on rows made by hand."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tawny.core.config import Env
from tawny.core.landing import FilesSettings
from tawny.ingest.files import text as texts
from tawny.ingest.profile.facts import EventFacts, columns_of, unused_columns
from tawny.ingest.profile.measure import look, measure
from tawny.ingest.settings import IngestEventsSettings, IngestItemsSettings

EVENTS = """visitor,sku,kind,at,session
ann,a,order,1793440800,s1
ann,a,view,1793440800000,s1
ann,b,view,2026-10-31T10:00:00+01:00,
bob,a,view,2026-11-03,
bob,a,view,2026-11-03,
,a,view,2026-11-03,
"""
DECLARED = FilesSettings(
    table="events",
    path="clicks.csv",
    columns={"user_id": "visitor", "item_id": "sku", "event_type": "kind", "event_time": "at"},
    defaults={"value": "1"},
    event_types={"order": "purchase"},
)


@pytest.fixture
def own(env: Env) -> Env:
    (Path(env.landing) / "clicks.csv").write_text(EVENTS)
    (Path(env.landing) / "items.csv").write_text("item_id,title\na,Anvil\nc,Cup\n")
    return env.model_copy(update={"files": (DECLARED,)})


def test_the_facts_are_those_of_the_accepted_rows(own: Env) -> None:
    measured = measure(look(own, "events"), IngestEventsSettings(), 1_000)
    assert (measured.n_read, measured.n_accepted) == (6, 4)
    assert measured.n_by_reason() == {"duplicate": 1, "missing_value": 1}
    facts = EventFacts.of(measured)
    assert (facts.n_events, facts.n_users, facts.n_items) == (4, 2, 2)
    assert facts.n_by_type() == {"view": 3, "purchase": 1}
    assert (facts.first, facts.last) == (datetime(2026, 10, 31, 9, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
    assert (facts.n_active_days(), facts.longest_gap()) == (2, (date(2026, 11, 1), 2))
    assert [(one.name, one.n) for one in facts.heavy_users()] == [("ann", 3), ("bob", 1)]
    assert facts.midnight_share() == 0.25
    assert facts.n_from(datetime(2026, 11, 1, tzinfo=UTC)) == 1
    assert facts.exhausted_share(("view",), 2) == 0.5


def test_what_describes_an_item_of_an_event_counts_only(own: Env) -> None:
    facts = EventFacts.of(measure(look(own, "events"), IngestEventsSettings(), 1_000))
    items = measure(look(own, "items"), IngestItemsSettings(), 1_000)
    assert (facts.described_share(items), facts.n_with_described(items)) == (0.5, 3)


def test_the_mapping_is_repeated(own: Env) -> None:
    (one,) = look(own, "events").files
    assert columns_of(one) == {
        "user_id": "visitor", "item_id": "sku", "event_type": "kind", "event_time": "at", "value": "= 1"
    }  # fmt: skip
    assert unused_columns(one) == ["session"]


def test_of_many_rows_a_part_is_read_evenly(env: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CHUNK_BYTES", "PART_BYTES"):
        monkeypatch.setattr(texts, name, 4_000)
    rows = [f"u{n},i{n},view,2026-11-01T{n // 60 % 24:02d}:{n % 60:02d}:00Z\n" for n in range(1_000)]
    (Path(env.landing) / "events.csv").write_text("user_id,item_id,event_type,event_time\n" + "".join(rows))
    looked = look(env, "events")
    assert len(looked.files[0].parts) == 5
    measured = measure(looked, IngestEventsSettings(), 500)
    assert 200 <= measured.n_read <= 500
    users = measured.rows["user_id"].to_pylist()
    assert {"u0", "u999"} <= set(users)


def test_files_of_which_all_rows_are_refused_stop_the_first_night_however_few_they_are(env: Env) -> None:
    (Path(env.landing) / "events.csv").write_text("user_id,item_id,event_type,event_time\nu,i,bought,2026-11-01\n")
    measured = measure(look(env, "events"), IngestEventsSettings(), 1_000)
    assert measured.refusal is not None
    assert 'event_types = { bought = "view" }' in measured.refusal.do
