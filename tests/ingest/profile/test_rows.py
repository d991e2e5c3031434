"""The rows that `tawny init` shows are those that a night reads."""

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from tawny.ingest.profile import infer_rows
from tawny.ingest.profile.infer import infer
from tawny.ingest.profile.infer_rows import first_rows

from .cases import lines, p, rows, u

TODAY = date(2026, 11, 29)


def shown(landing: Path, n: int = 2) -> dict[str, list[dict[str, str]]]:
    """The first rows by the source's path."""
    found = infer(landing, TODAY)
    return {one.source.path: first_rows(landing, one, n) for one in found.tables}


@pytest.mark.parametrize("max_inspected", [8 << 20, 0])
def test_rows_have_their_types_times_and_numbers_as_a_night_has_them(
    max_inspected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a file that is too big to be read through, too."""
    monkeypatch.setattr(infer_rows, "_MAX_INSPECTED_BYTES", max_inspected)
    orders = rows(
        "Kunde;Artikel;Bestelldatum;Betrag", lambda i: f'"{u(i)}";{p(i)};{1 + i:02d}.03.2024 08:15;1.{200 + i},50', 28
    )
    (tmp_path / "Bestellungen.csv").write_text(orders)
    (tmp_path / "hits.jsonl").write_text(
        lines(lambda i: {"ts": 1714521600000 + i, "user": {"id": u(i)}, "sku": p(i), "action": ("AddToCart", "buy")[i % 2]})
    )
    (tmp_path / "names.csv").write_text(rows("", lambda i: f"A{u(i)},B{p(i)},{1 + i % 5},{1369699200 + i}"))
    assert shown(tmp_path) == {
        "Bestellungen.csv": [
            {
                "user_id": "1000",
                "item_id": "500",
                "event_type": "purchase",
                "event_time": "2024-03-01 08:15:00",
                "value": "1200.50",
            },
            {
                "user_id": "1007",
                "item_id": "505",
                "event_type": "purchase",
                "event_time": "2024-03-02 08:15:00",
                "value": "1201.50",
            },
        ],
        "hits.jsonl": [
            {"user_id": "1000", "item_id": "500", "event_type": "cart", "event_time": "2024-05-01 00:00:00"},
            {"user_id": "1007", "item_id": "505", "event_type": "purchase", "event_time": "2024-05-01 00:00:00"},
        ],
        "names.csv": [
            {
                "user_id": "A1000",
                "item_id": "B500",
                "event_type": "rating",
                "event_time": "2013-05-28 00:00:00",
                "value": "1",
            },
            {
                "user_id": "A1007",
                "item_id": "B505",
                "event_type": "rating",
                "event_time": "2013-05-28 00:00:01",
                "value": "2",
            },
        ],
    }


def test_items_and_users_show_lists_and_attributes(tmp_path: Path) -> None:
    products = [{"sku": f"S{i}", "name": f"Lamp {i}", "tags": ["a", f"b{i % 3}"], "price": i} for i in range(20)]
    (tmp_path / "catalog.json").write_text(json.dumps(products))
    (tmp_path / "customers.csv").write_text(rows("id,email,country", lambda i: f"{i},c{i}@example.org,{'DA'[i % 2]}E", 30))
    assert shown(tmp_path, 1) == {
        "catalog.json": [{"item_id": "S0", "title": "Lamp 0", "categories": "a | b0", "price": "0"}],
        "customers.csv": [{"user_id": "0", "attributes": "country DE"}],
    }


def test_a_delta_table_is_read_as_one_and_not_as_its_files(tmp_path: Path) -> None:
    def table(kind: str) -> pa.Table:
        columns = {
            "user": [u(i) for i in range(40)],
            "product": [p(i) for i in range(40)],
            "at": ["2024-01-01T10:00:00Z"] * 40,
        }
        return pa.table({**columns, "action": [kind] * 40})

    write_deltalake(tmp_path / "deeds", table("view"))
    write_deltalake(tmp_path / "deeds", table("buy"), mode="overwrite")
    found = infer(tmp_path, TODAY)
    (one,) = found.tables
    assert (one.source.path, one.source.is_delta, one.settings["event_types"]) == ("deeds", True, {"buy": "purchase"})
    assert first_rows(tmp_path, one, 1)[0]["event_type"] == "purchase"


def test_a_catalogue_of_several_files_a_day_is_delivered_by_folder(tmp_path: Path) -> None:
    for day in ("2026-11-01", "2026-11-02"):
        for part in (0, 1):
            file = tmp_path / "catalog" / day / f"part-{part}.csv"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(rows("sku,name", lambda i, part=part: f"{100 * part + i},Lamp {i}", 20))  # type: ignore[misc]
    (one,) = infer(tmp_path, TODAY).tables
    assert (one.settings["path"], one.settings["mode"]) == ("catalog/*", "snapshot")
    assert first_rows(tmp_path, one, 1) == [{"item_id": "0", "title": "Lamp 0"}]
