"""Forms of files, and names that need a second look."""

import json

from .cases import EVENTS, Case, lines, p, rows, u

CLIENT_PRODUCT = Case(
    "client, product, ts, action",
    {
        "export.txt": rows(
            "client|product|ts|action",
            lambda i: f"{u(i)}|{p(i)}|{1704067200 + i * 60}|{('View', 'Add to cart', 'Buy')[i % 3]}",
        )
    },
    [
        {
            "table": "events",
            "path": "export.txt",
            "format": "csv",
            "columns": {"user_id": "client", "item_id": "product", "event_type": "action", "event_time": "ts"},
            "event_types": {"add to cart": "cart", "buy": "purchase"},
        },
    ],
    run_date="2024-01-02",
)

CANONICAL = Case(
    "Tawny's own names need no entry",
    {
        "events.jsonl": lines(
            lambda i: {
                "user_id": u(i),
                "item_id": p(i),
                "event_type": EVENTS[i % 5],
                "event_time": f"2024-01-{1 + i % 28:02d}T10:00:00Z",
            }
        ),
    },
    found={"events.jsonl": "events"},
    run_date="2024-01-29",
)

HIVE = Case(
    "Hive folders of Parquet",
    {
        f"clicks/day=2024-01-0{day}/part-0000{day}-3f2504e0-4f89-11d3-9a0c-0305e82c330{day}-c000.snappy.parquet": [
            {"uid": u(i), "sku": f"s{p(i)}", "at": 1704067200 + day * 86400 + i} for i in range(40)
        ]
        for day in (1, 2, 3)
    },
    [
        {
            "table": "events",
            "path": "clicks/*/part-*.snappy.parquet",
            "columns": {"user_id": "uid", "item_id": "sku", "event_time": "at"},
            "defaults": {"event_type": "click"},
        },
    ],
    run_date="2024-01-05",
)

JSON_ARRAY = Case(
    "one JSON array",
    {
        "export.json": json.dumps(
            [
                {
                    "customerId": u(i),
                    "productId": p(i),
                    "purchasedAt": f"2024-06-{1 + i % 28:02d}T10:00:00+02:00",
                    "total": i + 0.5,
                }
                for i in range(40)
            ],
            indent=1,
        )
    },
    [
        {
            "table": "events",
            "path": "export.json",
            "columns": {"user_id": "customerId", "item_id": "productId", "event_time": "purchasedAt", "value": "total"},
            "defaults": {"event_type": "purchase"},
        },
    ],
    run_date="2024-06-29",
)

ANONYMOUS = Case(
    "most rows without an account, all with a visitor",
    {
        "hits.csv": rows(
            "visitor_id,user_id,product_id,event,time",
            lambda i: f"v{u(i)},{u(i) if i % 4 == 0 else ''},{p(i)},{EVENTS[i % 5]},2024-01-0{1 + i % 9}T10:00:00",
        )
    },
    [
        {
            "table": "events",
            "path": "hits.csv",
            "columns": {"user_id": "visitor_id", "item_id": "product_id", "event_type": "event", "event_time": "time"},
        }
    ],
    run_date="2024-01-10",
)

NAMELESS = Case(
    "names that say nothing: the values and the other files say it",
    {
        "products.csv": rows("product_id,title,category", lambda i: f"P-{500 + i},Lamp {i},{'ab'[i % 2]}", 13),
        "users.csv": rows("user_id,country", lambda i: f"C-{1000 + i},{'ab'[i % 2]}", 11),
        "log.csv": rows("a,b,c,d", lambda i: f"P-{p(i)},C-{u(i)},{EVENTS[i % 5]},2024-01-0{1 + i % 9}T10:00:00"),
    },
    [
        {
            "table": "events",
            "path": "log.csv",
            "columns": {"user_id": "b", "item_id": "a", "event_type": "c", "event_time": "d"},
        },
        {
            "table": "items",
            "path": "products.csv",
            "columns": {"item_id": "product_id", "categories": "category"},
            "mode": "snapshot",
        },
        {"table": "users", "path": "users.csv", "mode": "snapshot"},
    ],
    run_date="2024-01-10",
)

MISSING = Case(
    "words for nothing, and a delimiter of its own",
    {
        "views.csv": rows(
            "customer^article^viewed_at",
            lambda i: f"{'guest' if i % 3 == 0 else u(i)}^{p(i)}^2024-01-{1 + i % 28:02d} 10:00:00",
        )
    },
    [
        {
            "table": "events",
            "path": "views.csv",
            "delimiter": "^",
            "columns": {"user_id": "customer", "item_id": "article", "event_time": "viewed_at"},
            "defaults": {"event_type": "view"},
            "missing_values": ["#n/a", "<na>", "\\n", "n/a", "nan", "nat", "none", "null", "guest"],
        },
    ],
    run_date="2024-01-29",
)

CATALOGUES = Case(
    "a catalogue a day is a snapshot, parts of one are not; names of any case",
    {
        **{
            f"Catalog/products_2024010{day}.CSV": rows("SKU,Title", lambda i: f"{500 + i},Lamp {i}", 13 + day)
            for day in (1, 2)
        },
        "EVENTS.CSV": rows(
            "USER_ID,ITEM_ID,EVENT_TYPE,EVENT_TIME",
            lambda i: f"{u(i)},{p(i)},{EVENTS[i % 5].upper()},2024-01-{1 + i % 28:02d}",
        ),
    },
    [{"table": "items", "path": "Catalog/products_*.CSV", "columns": {"item_id": "SKU"}, "mode": "snapshot"}],
    found={"EVENTS.CSV": "events"},
    run_date="2024-01-29",
)

FORMS = (
    CLIENT_PRODUCT,
    CANONICAL,
    HIVE,
    JSON_ARRAY,
    ANONYMOUS,
    NAMELESS,
    MISSING,
    CATALOGUES,
)
