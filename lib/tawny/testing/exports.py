"""One made shop as three others would export it: a CRM, a web log, a shop's database. None uses Tawny's names."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tawny.testing.shops import KnownShop, known_shop

Row = dict[str, Any]
_COUNTRIES = ("DE", "AT", "CH", "FR")
_FIRST_NAMES = ("Anna", "Jürgen", "Zoë", "Ömer", "Marie", "Paul")


def shop_of(n_events: int, *, last_day: date, only_purchases: bool = False) -> tuple[KnownShop, list[Row]]:
    """A known shop, and so many of its newest events, in the order of time.

    Raises:
        ValueError: the shop is too small for them.
    """
    n_users = max(20, n_events // (50 if only_purchases else 80))
    shop = known_shop(9, last_day=last_day, n_users=n_users)
    events = [row for row in shop.events.to_pylist() if not only_purchases or row["event_type"] == "purchase"]
    if len(events) < n_events:
        raise ValueError(f"the shop has {len(events)} events. Received: {n_events}.")
    return shop, events[-n_events:]


def write_crm(landing: Path, n_events: int, last_day: date) -> None:
    """As a CRM in German writes it: orders by month with semicolons, a byte order mark, day before month, decimal commas."""
    shop, events = shop_of(n_events, last_day=last_day, only_purchases=True)
    local, articles = ZoneInfo("Europe/Berlin"), _articles(shop)

    def order(n: int, event: Row) -> Sequence[object]:
        when = event["event_time"].astimezone(local)
        price = f"{_price(event['item_id']):.2f}".replace(".", ",")
        return f"A{700_000 + n}", _number(event["user_id"]), articles[event["item_id"]], f"{when:%d.%m.%Y %H:%M}", 1, price

    header = ("Auftragsnr", "Kundennummer", "Artikelnummer", "Bestelldatum", "Menge", "Betrag")
    by_month: dict[str, list[Sequence[object]]] = {}
    for n, event in enumerate(events):
        by_month.setdefault(f"{event['event_time']:%Y-%m}", []).append(order(n, event))
    for month, rows in by_month.items():
        _write_crm(landing / f"Bestellungen_{month}.csv", header, rows)
    listed = [
        (articles[item["item_id"]], _title(item["item_id"]), item["categories"][0].replace("-", " ").title(),
         f"{_price(item['item_id']):.2f}".replace(".", ","))
        for item in shop.items.to_pylist()
    ]  # fmt: skip
    _write_crm(landing / "Artikelstamm.csv", ("Artikelnummer", "Bezeichnung", "Warengruppe", "Verkaufspreis"), listed)
    customers = [
        (
            _number(user),
            _pick(user, _FIRST_NAMES),
            f"Nachname {_number(user)}",
            f"k{_number(user)}@example.org",
            _pick(user, _COUNTRIES),
        )
        for user in _users(events)
    ]
    _write_crm(landing / "Kundenstamm.csv", ("Kundennummer", "Vorname", "Nachname", "E-Mail", "Land"), customers)


def write_web_log(landing: Path, n_events: int, last_day: date) -> None:
    """As a web log has it: a file of JSON Lines a day, nested, in milliseconds, with other events between those of items."""
    shop, events = shop_of(n_events, last_day=last_day)
    types = {"view": "product_viewed", "purchase": "order_completed"}
    by_day: dict[str, list[str]] = {}
    for n, event in enumerate(events):
        day = by_day.setdefault(f"{event['event_time']:%Y-%m-%d}", [])
        visit = {
            "ts": round(event["event_time"].timestamp() * 1000),
            "visitor": {"id": _hash(event["user_id"]), "country": _pick(event["user_id"], _COUNTRIES)},
        }
        if n % 50 == 0:
            day.append(json.dumps({**visit, "event": "search", "page": {"url": "/search?q=lamp"}}))
        product = {"sku": event["item_id"], "price": _price(event["item_id"])}
        day.append(
            json.dumps(
                {**visit, "event": types[event["event_type"]], "product": product, "page": {"url": f"/p/{event['item_id']}"}}
            )
        )
    for day_name, lines in by_day.items():
        _write_bytes(landing / "hits" / f"{day_name}.jsonl.gz", gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))
    catalog = [
        {
            "sku": item["item_id"],
            "name": _title(item["item_id"]),
            "category": item["categories"],
            "price": _price(item["item_id"]),
        }
        for item in shop.items.to_pylist()
    ]
    _write_bytes(landing / "catalog.json", json.dumps(catalog, indent=1).encode())


def write_database_dump(landing: Path, n_events: int, last_day: date) -> None:
    """As a shop's database is dumped: a CSV.gz a table, keys named `id`, NULL as `\\N`, orders and their lines apart."""
    shop, events = shop_of(n_events, last_day=last_day)
    articles = _articles(shop)
    deeds = [(_number(event["user_id"]), articles[event["item_id"]], _sql_time(event), event) for event in events]
    views = [deed for deed in deeds if deed[3]["event_type"] == "view"]
    bought = [deed for deed in deeds if deed[3]["event_type"] == "purchase"]
    view_rows = [(n, user, item, when, "\\N") for n, (user, item, when, _) in enumerate(views, 1)]
    _dump(landing / "page_views.csv.gz", ("id", "customer_id", "product_id", "viewed_at", "referrer"), view_rows)
    orders = [(90_000 + n, user, when, "paid", when) for n, (user, _, when, _) in enumerate(bought, 1)]
    _dump(landing / "orders.csv.gz", ("id", "customer_id", "created_at", "status", "updated_at"), orders)
    lines = [(n, 90_000 + n, item, 1, _price(event["item_id"])) for n, (_, item, _, event) in enumerate(bought, 1)]
    _dump(landing / "order_lines.csv.gz", ("id", "order_id", "product_id", "quantity", "unit_price"), lines)
    products = [
        (
            articles[one["item_id"]],
            _title(one["item_id"]),
            f"Shop > {one['categories'][0].title()}",
            _price(one["item_id"]),
            1,
        )
        for one in shop.items.to_pylist()
    ]
    _dump(landing / "products.csv.gz", ("id", "name", "category_path", "price", "active"), products)
    numbers = [(_number(user), user) for user in _users(events)]
    customers = [
        (number, _pick(user, _FIRST_NAMES), f"c{number}@example.org", _pick(user, _COUNTRIES), number % 2)
        for number, user in numbers
    ]
    _dump(landing / "customers.csv.gz", ("id", "first_name", "email", "country", "newsletter"), customers)
    _dump(landing / "warehouses.csv.gz", ("id", "city"), [(1, "Kiel"), (2, "Graz")])


EXPORTS: dict[str, Callable[[Path, int, date], None]] = {
    "crm": write_crm, "web-log": write_web_log, "database": write_database_dump,
}  # fmt: skip
"""By name: writes so many events up to and including the day into the folder, and items and users with them."""


def _write_crm(file: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    _write_bytes(file, _csv(header, rows, delimiter=";", lineterminator="\r\n").encode("utf-8-sig"))


def _dump(file: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    _write_bytes(file, gzip.compress(_csv(header, rows, delimiter=",", lineterminator="\n").encode(), mtime=0))


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]], *, delimiter: str, lineterminator: str) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=lineterminator)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _write_bytes(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def _users(events: list[Row]) -> list[str]:
    return sorted({event["user_id"] for event in events})


def _number(user: str) -> int:
    """As a database numbers customers."""
    return 10_000 + int(user.rpartition("-")[2])


def _hash(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _articles(shop: KnownShop) -> dict[str, str]:
    """As an ERP numbers items."""
    return {item: f"{100_000 + 7 * n}" for n, item in enumerate(sorted(shop.items["item_id"].to_pylist()))}


def _title(item: str) -> str:
    kind, _, rest = item.partition("-")
    return f"{kind.title()} article no. {rest}"


def _price(item: str) -> float:
    return round(5 + zlib.crc32(item.encode()) % 9_500 / 100, 2)


def _pick(text: str, names: Sequence[str]) -> str:
    return names[zlib.crc32(text.encode()) % len(names)]


def _sql_time(event: Row) -> str:
    when: datetime = event["event_time"]
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
