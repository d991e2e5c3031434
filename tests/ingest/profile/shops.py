"""Exports of shops: from CRMs, web logs, databases, in several languages."""

import bz2
import gzip

from .cases import EVENTS, GA4_EVENTS, Case, lines, p, rows, u

CRM_GERMAN = Case(
    "a CRM, in German",
    {
        "Bestellungen.csv": rows(
            "Auftragsnr;Kundennummer;Artikelnummer;Bestelldatum;Menge;Betrag",
            lambda i: f"A{i // 2};K{u(i)};{p(i)};{1 + i % 28:02d}.03.2024 {8 + i % 10:02d}:15;{1 + i % 2};{10 + i},90",
        ),
        "Artikelstamm.csv": rows(
            "Artikelnummer;Bezeichnung;Warengruppe;Preis",
            lambda i: f"{500 + i};Lampe {i} weiß;{('Leuchten', 'Möbel')[i % 2]};{10 + i},90",
            13,
        ),
        "Kundenstamm.csv": rows(
            "Kundennummer;Vorname;Nachname;Land;Geschlecht",
            lambda i: f"K{1000 + i};Vor{i};Nach{i};{('DE', 'AT')[i % 2]};{'mw'[i % 2]}",
            30,
        ),
    },
    [
        {
            "table": "events",
            "path": "Bestellungen.csv",
            "columns": {
                "user_id": "Kundennummer",
                "item_id": "Artikelnummer",
                "event_time": "Bestelldatum",
                "value": "Betrag",
            },
            "defaults": {"event_type": "purchase"},
            "time_format": "%d.%m.%Y %H:%M",
            "decimal": ",",
        },
        {
            "table": "items",
            "path": "Artikelstamm.csv",
            "mode": "snapshot",
            "decimal": ",",
            "columns": {"item_id": "Artikelnummer", "title": "Bezeichnung", "categories": "Warengruppe", "price": "Preis"},
        },
        {
            "table": "users",
            "path": "Kundenstamm.csv",
            "mode": "snapshot",
            "columns": {"user_id": "Kundennummer", "attributes.Land": "Land", "attributes.Geschlecht": "Geschlecht"},
        },
    ],
    run_date="2024-03-29",
)

WEB_LOG = Case(
    "a web log, nested JSON Lines in milliseconds",
    {
        "log/2024-05-01.jsonl": lines(
            lambda i: {
                "ts": 1714521600000 + i * 1000,
                "user": {"id": f"u{u(i)}"},
                "product": {"sku": f"S{p(i)}"},
                "action": ("pageview", "detail", "addToCart", "order")[i % 4],
            }
        ),
        "log/2024-05-02.jsonl": lines(
            lambda i: {
                "ts": 1714608000000 + i * 1000,
                "user": {"id": f"u{u(i)}"},
                "product": {"sku": f"S{p(i)}"},
                "action": ("pageview", "detail", "addToCart", "order")[i % 4],
            }
        ),
    },
    [
        {
            "table": "events",
            "path": "log/*.jsonl",
            "columns": {"user_id": "user.id", "item_id": "product.sku", "event_type": "action", "event_time": "ts"},
            "event_types": {"pageview": "view", "detail": "view", "addtocart": "cart", "order": "purchase"},
        },
    ],
    run_date="2024-05-03",
)

SHOP_DATABASE = Case(
    "a shop's database: orders, products, customers",
    {
        "orders.csv.gz": gzip.compress(
            rows(
                "id,customer_id,sku,order_date,qty,amount,updated_at",
                lambda i: (
                    f"{i},{u(i)},SKU-{p(i)},2024-02-{1 + i % 28:02d} 10:{i % 60:02d}:00,{1 + i % 3},{i}.50,"
                    f"2024-03-01 00:00:{i % 60:02d}"
                ),
            ).encode(),
            mtime=0,
        ),
        "products.csv.gz": gzip.compress(
            rows(
                "id,sku,name,category,price,created_at",
                lambda i: f"{i},SKU-{500 + i},Lamp no. {i},{'ab'[i % 2]},{i}.00,2020-01-01",
                20,
            ).encode(),
            mtime=0,
        ),
        "customers.csv.gz": gzip.compress(
            rows(
                "id,email,country,birth_date",
                lambda i: f"{1000 + i},c{i}@example.org,{('DE', 'FR')[i % 2]},19{60 + i % 40}-01-01",
                30,
            ).encode(),
            mtime=0,
        ),
    },
    [
        {
            "table": "events",
            "path": "orders.csv.gz",
            "columns": {
                "user_id": "customer_id",
                "item_id": "sku",
                "event_time": "order_date",
                "value": "amount",
                "event_id": "id",
            },
            "defaults": {"event_type": "purchase"},
        },
        {
            "table": "items",
            "path": "products.csv.gz",
            "columns": {"item_id": "sku", "title": "name", "categories": "category"},
            "mode": "snapshot",
        },
        {
            "table": "users",
            "path": "customers.csv.gz",
            "columns": {"user_id": "id", "attributes.country": "country"},
            "mode": "snapshot",
        },
    ],
    run_date="2024-02-29",
)

REES46 = Case(
    "a shop of many categories",
    {
        "2019-Oct.csv": rows(
            "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session",
            lambda i: (
                f"2019-10-01 00:{i:02d}:00 UTC,{EVENTS[i % 5]},{p(i)},2103807,electronics.phone,acme,{i}.99,{u(i)},s{i // 3}"
            ),
        ),
        "2019-Nov.csv": rows(
            "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session",
            lambda i: (
                f"2019-11-01 00:{i:02d}:00 UTC,{EVENTS[i % 5]},{p(i)},2103807,electronics.phone,acme,{i}.99,{u(i)},s{i // 3}"
            ),
        ),
    },
    [{"table": "events", "path": "*.csv", "columns": {"item_id": "product_id", "value": "price"}}],
    run_date="2019-11-02",
)

H_AND_M = Case(
    "a fashion chain's transactions and articles",
    {
        "transactions_train.csv": rows(
            "t_dat,customer_id,article_id,price,sales_channel_id",
            lambda i: f"2018-09-{1 + i % 28:02d},c{u(i)},0{p(i)},0.05{i},2",
        ),
        "articles.csv": rows(
            "article_id,product_code,prod_name,product_type_name,product_group_name,detail_desc",
            lambda i: f'0{500 + i},{i // 3},Strap top {i},Vest top,{("Upper", "Lower")[i % 2]},"Jersey top, narrow straps"',
            20,
        ),
    },
    [
        {
            "table": "events",
            "path": "transactions_train.csv",
            "columns": {"user_id": "customer_id", "item_id": "article_id", "event_time": "t_dat", "value": "price"},
            "defaults": {"event_type": "purchase"},
        },
        {
            "table": "items",
            "path": "articles.csv",
            "columns": {
                "item_id": "article_id",
                "title": "prod_name",
                "categories": "product_group_name",
                "description": "detail_desc",
            },
            "mode": "snapshot",
        },
    ],
    run_date="2018-09-29",
)

ONLINE_RETAIL = Case(
    "an online retailer's invoices, American dates",
    {
        "OnlineRetail.csv": rows(
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
            lambda i: (
                f"{536365 + i // 3},8{p(i)}A,HEART,{1 + i % 6},{1 + i % 3}/{2 + i % 27}/2011 {8 + i % 9}:26,2.55,{u(i)},UK"
            ),
        )
    },
    [
        {
            "table": "events",
            "path": "OnlineRetail.csv",
            "columns": {"user_id": "CustomerID", "item_id": "StockCode", "event_time": "InvoiceDate", "value": "UnitPrice"},
            "defaults": {"event_type": "purchase"},
            "time_format": "%m/%d/%Y %H:%M",
        },
    ],
    run_date="2011-03-29",
)

CHINESE = Case(
    "Chinese headers and words",
    {
        "行为.csv": rows(
            "用户编号,商品编号,行为类型,时间",
            lambda i: f"{u(i)},{p(i)},{('浏览', '加购', '购买', '收藏')[i % 4]},2024/03/{1 + i % 28:02d} 10:00:00",
        )
    },
    [
        {
            "table": "events",
            "path": "行为.csv",
            "columns": {
                "user_id": "用户编号",
                "item_id": "商品编号",
                "event_type": "行为类型",
                "event_time": "时间",
            },
            "event_types": {"浏览": "view", "加购": "cart", "购买": "purchase", "收藏": "like"},
            "time_format": "%Y/%m/%d %H:%M:%S",
        },
    ],
    run_date="2024-03-29",
)

FRENCH = Case(
    "French orders",
    {
        "commandes.csv": rows(
            "id_client;ref_produit;date_commande;quantite;montant",
            lambda i: f"{u(i)};P{p(i)};{1 + i % 28:02d}/02/2024;1;{i},50",
        )
    },
    [
        {
            "table": "events",
            "path": "commandes.csv",
            "columns": {"user_id": "id_client", "item_id": "ref_produit", "event_time": "date_commande", "value": "montant"},
            "defaults": {"event_type": "purchase"},
            "time_format": "%d/%m/%Y",
            "decimal": ",",
        },
    ],
    run_date="2024-02-29",
)

SPANISH = Case(
    "Spanish events",
    {
        "eventos.csv": rows(
            "usuario,producto,evento,fecha_hora",
            lambda i: f"{u(i)},{p(i)},{('vista', 'carrito', 'compra')[i % 3]},2024-01-{1 + i % 28:02d} 10:00:00",
        )
    },
    [
        {
            "table": "events",
            "path": "eventos.csv",
            "columns": {"user_id": "usuario", "item_id": "producto", "event_type": "evento", "event_time": "fecha_hora"},
            "event_types": {"vista": "view", "carrito": "cart", "compra": "purchase"},
        },
    ],
    run_date="2024-01-29",
)

GA4 = Case(
    "a web analytics export in microseconds",
    {
        "ga4.csv.bz2": bz2.compress(
            rows(
                "event_date,event_timestamp,event_name,user_pseudo_id,item_id",
                lambda i: f"20240105,{1704412800000000 + i * 1_000_000},{GA4_EVENTS[i % 5]},{u(i)}.17,{p(i)}",
            ).encode()
        )
    },
    [
        {
            "table": "events",
            "path": "ga4.csv.bz2",
            "columns": {"user_id": "user_pseudo_id", "event_type": "event_name", "event_time": "event_timestamp"},
            "event_types": {"view_item": "view", "view_item_list": "impression", "add_to_cart": "cart"},
        },
    ],
    run_date="2024-01-06",
)

HIERARCHY = Case(
    "categories from broad to narrow, and a Shopify-like name",
    {
        "sales.csv": rows(
            "Order ID,Customer ID,Lineitem sku,Created at,Lineitem price",
            lambda i: f"#{i // 2},{u(i)},SK{p(i)},2024-01-{1 + i % 28:02d} 10:00:00 +0100,{i}.5",
        ),
        "catalog.csv": rows(
            "sku,product_title,product_category",
            lambda i: f"SK{500 + i},Mug {i},Home > Kitchen > {('Mugs', 'Pans')[i % 2]}",
            20,
        ),
    },
    [
        {
            "table": "events",
            "path": "sales.csv",
            "columns": {
                "user_id": "Customer ID",
                "item_id": "Lineitem sku",
                "event_time": "Created at",
                "value": "Lineitem price",
            },
            "defaults": {"event_type": "purchase"},
        },
        {
            "table": "items",
            "path": "catalog.csv",
            "columns": {"item_id": "sku", "title": "product_title", "categories": "product_category"},
            "categories_separator": ">",
            "mode": "snapshot",
        },
    ],
    run_date="2024-01-29",
)

SHOPS = (
    CRM_GERMAN,
    WEB_LOG,
    SHOP_DATABASE,
    REES46,
    H_AND_M,
    ONLINE_RETAIL,
    CHINESE,
    FRENCH,
    SPANISH,
    GA4,
    HIERARCHY,
)
