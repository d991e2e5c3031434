"""Public data sets, as they are downloaded."""

import gzip

from .cases import ACTIONS, Case, lines, p, rows, u

RETAILROCKET = Case(
    "RetailRocket",
    {
        "events.csv": rows(
            "timestamp,visitorid,event,itemid,transactionid",
            lambda i: f"{1433221332117 + i * 60_000},{u(i)},{ACTIONS[i % 4]},{p(i)},{i if i % 4 == 3 else ''}",
        ),
        "item_properties_part1.csv": rows(
            "timestamp,itemid,property,value", lambda i: f"{1435460400000 + i},{p(i)},{i % 3},{i * 17}"
        ),
        "category_tree.csv": rows("categoryid,parentid", lambda i: f"{i},{i // 4}"),
    },
    [
        {
            "table": "events",
            "path": "events.csv",
            "columns": {"user_id": "visitorid", "event_type": "event", "event_time": "timestamp"},
            "event_types": {"addtocart": "cart", "transaction": "purchase"},
        },
    ],
    not_understood=("category_tree.csv", "item_properties_part1.csv"),
    run_date="2015-06-03",
)

MOVIELENS_LATEST = Case(
    "MovieLens latest",
    {
        "ratings.csv": rows("userId,movieId,rating,timestamp", lambda i: f"{u(i)},{p(i)},{1 + i % 9 / 2},{964982703 + i}"),
        "movies.csv": rows(
            "movieId,title,genres", lambda i: f'{500 + i},"Film {i} (1995)",Comedy|{("Drama", "War")[i % 2]}', 20
        ),
        "links.csv": rows("movieId,imdbId,tmdbId", lambda i: f"{500 + i},0114{i:03d},{862 + i}", 20),
    },
    [
        {
            "table": "events",
            "path": "ratings.csv",
            "columns": {"item_id": "movieId", "event_time": "timestamp", "value": "rating"},
            "defaults": {"event_type": "rating"},
        },
        {
            "table": "items",
            "path": "movies.csv",
            "columns": {"item_id": "movieId", "categories": "genres"},
            "mode": "snapshot",
        },
    ],
    not_understood=("links.csv",),
    run_date="2000-07-31",
)

MOVIELENS_100K = Case(
    "MovieLens 100K",
    {
        "ml-100k/u.data": rows("", lambda i: f"{u(i)}\t{p(i)}\t{1 + i % 5}\t{881250949 + i}"),
        "ml-100k/u.item": rows(
            "", lambda i: f"{500 + i}|Film {i} (1995)|01-Jan-1995||http://x|" + "|".join("01" * 10)[:37], 13
        ),
    },
    found={"ml-100k/u.data": "events", "ml-100k/u.item": "items"},
    run_date="1997-12-05",
)

AMAZON_REVIEWS = Case(
    "Amazon reviews",
    {
        "reviews_Beauty_5.json.gz": gzip.compress(
            lines(
                lambda i: {
                    "reviewerID": f"A{u(i)}",
                    "asin": f"B00{p(i)}",
                    "reviewerName": f"N. {i}",
                    "helpful": [0, 0],
                    "reviewText": "Very good. " * 9,
                    "overall": 1.0 + i % 5,
                    "summary": "good",
                    "unixReviewTime": 1391040000 + i // 2 * 86400,
                    "reviewTime": f"01 {30 - i % 20}, 2014",
                }
            ).encode(),
            mtime=0,
        ),
        "meta_Beauty.jsonl": lines(
            lambda i: {
                "asin": f"B00{500 + i}",
                "title": f"Cream {i}",
                "price": 9.5 + i,
                "categories": ["Beauty", "Skin"],
                "brand": "x",
            },
            20,
        ),
    },
    [
        {
            "table": "events",
            "path": "reviews_Beauty_5.json.gz",
            "format": "jsonl",
            "columns": {"user_id": "reviewerID", "item_id": "asin", "event_time": "unixReviewTime", "value": "overall"},
            "defaults": {"event_type": "rating"},
        },
        {"table": "items", "path": "meta_Beauty.jsonl", "columns": {"item_id": "asin"}, "mode": "snapshot"},
    ],
    run_date="2014-02-19",
)

AMAZON_2023 = Case(
    "Amazon reviews of 2023, rating only",
    {
        "All_Beauty.csv": rows(
            "user_id,parent_asin,rating,timestamp", lambda i: f"AE{u(i)}Q,B01{p(i)},{1 + i % 5}.0,{1588687728923 + i * 1000}"
        )
    },
    [
        {
            "table": "events",
            "path": "All_Beauty.csv",
            "columns": {"item_id": "parent_asin", "event_time": "timestamp", "value": "rating"},
            "defaults": {"event_type": "rating"},
        },
    ],
    run_date="2020-05-06",
)

INSTACART = Case(
    "Instacart: orders and their lines apart",
    {
        "orders.csv": rows(
            "order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,days_since_prior_order",
            lambda i: f"{i},{i // 4},prior,{i % 4 + 1},{i % 7},{i % 24},{i % 30}.0",
        ),
        "order_products__prior.csv": rows(
            "order_id,product_id,add_to_cart_order,reordered", lambda i: f"{i // 2},{p(i)},{i % 2 + 1},{i % 2}", 80
        ),
        "products.csv": rows(
            "product_id,product_name,aisle_id,department_id", lambda i: f"{500 + i},Chocolate no {i},{i % 5},{i % 3}", 20
        ),
        "aisles.csv": rows("aisle_id,aisle", lambda i: f"{i},aisle {i}", 5),
    },
    [
        {
            "table": "items",
            "path": "products.csv",
            "columns": {"item_id": "product_id", "title": "product_name", "categories": "aisle_id"},
            "mode": "snapshot",
        }
    ],
    not_understood=("aisles.csv", "order_products__prior.csv", "orders.csv"),
)

YELP = Case(
    "Yelp",
    {
        "yelp_academic_dataset_review.json": lines(
            lambda i: {
                "review_id": f"r{i}",
                "user_id": f"u{u(i)}",
                "business_id": f"b{p(i)}",
                "stars": 1.0 + i % 5,
                "useful": 0,
                "text": "Good food and service. " * 5,
                "date": f"2018-07-{1 + i % 28:02d} 22:09:11",
            }
        ),
        "yelp_academic_dataset_business.json": lines(
            lambda i: {
                "business_id": f"b{500 + i}",
                "name": f"Café {i}",
                "city": "Tampa",
                "stars": 4.0,
                "categories": "Coffee & Tea, Food, Bakeries" if i % 2 else "Food, Pets",
            },
            13,
        ),
        "yelp_academic_dataset_user.json": lines(
            lambda i: {"user_id": f"u{1000 + i}", "name": f"Ann {i}", "review_count": i % 5, "fans": i % 3}, 30
        ),
    },
    [
        {
            "table": "events",
            "path": "yelp_academic_dataset_review.json",
            "format": "jsonl",
            "columns": {"item_id": "business_id", "event_time": "date", "value": "stars", "event_id": "review_id"},
            "defaults": {"event_type": "rating"},
        },
        {
            "table": "items",
            "path": "yelp_academic_dataset_business.json",
            "format": "jsonl",
            "columns": {"item_id": "business_id", "title": "name"},
            "categories_separator": ",",
            "mode": "snapshot",
        },
        {
            "table": "users",
            "path": "yelp_academic_dataset_user.json",
            "format": "jsonl",
            "columns": {"attributes.review_count": "review_count", "attributes.fans": "fans"},
            "mode": "snapshot",
        },
    ],
    run_date="2018-07-29",
)

LASTFM_COUNTS = Case(
    "last.fm play counts, without a time",
    {
        "user_artists.dat": rows("userID\tartistID\tweight", lambda i: f"{u(i)}\t{p(i)}\t{100 + i * 3}"),
        "artists.dat": rows(
            "id\tname\turl\tpictureURL", lambda i: f"{500 + i}\tBand {i}\thttp://l.fm/{i}\thttp://p/{i}", 20
        ),
    },
    [
        {
            "table": "events",
            "path": "user_artists.dat",
            "format": "csv",
            "columns": {"item_id": "artistID", "value": "weight"},
            "defaults": {"event_type": "play", "event_time": "2024-01-31"},
        },
        {
            "table": "items",
            "path": "artists.dat",
            "format": "csv",
            "columns": {"item_id": "id", "title": "name"},
            "mode": "snapshot",
        },
    ],
    run_date="2024-02-01",
)

LASTFM_SCROBBLES = Case(
    "last.fm scrobbles, without a header",
    {
        "scrobbles.tsv": rows(
            "",
            lambda i: (
                f"user_{u(i)}\t2009-05-0{1 + i % 9}T23:08:57Z\tart{p(i)}\tThe Band of {p(i)}\ttr{p(i)}\tA Song of {p(i)}"
            ),
        )
    },
    [
        {
            "table": "events",
            "path": "scrobbles.tsv",
            "header": ["user_id", "event_time", "item_id", "column_4", "column_5", "column_6"],
            "defaults": {"event_type": "play"},
        }
    ],
    run_date="2009-05-10",
)

AMAZON_RATINGS = Case(
    "Amazon ratings, without a header",
    {"ratings_Beauty.csv": rows("", lambda i: f"A39HT{u(i)},B00{p(i)},{1 + i % 5}.0,{1369699200 + i * 86400}")},
    [
        {
            "table": "events",
            "path": "ratings_Beauty.csv",
            "header": ["user_id", "item_id", "value", "event_time"],
            "defaults": {"event_type": "rating"},
        }
    ],
    run_date="2013-07-07",
)

TAOBAO = Case(
    "behaviour as numbers",
    {
        "tianchi_user.csv": rows(
            "user_id,item_id,behavior_type,user_geohash,item_category,time",
            lambda i: f"{u(i)},{p(i)},{(1, 1, 1, 3, 4, 2)[i % 6]},,{i % 4},2014-12-{1 + i % 18:02d} 0{i % 9}",
        )
    },
    [
        {
            "table": "events",
            "path": "tianchi_user.csv",
            "columns": {"event_type": "behavior_type", "event_time": "time"},
            "event_types": {"1": "view", "3": "cart", "4": "purchase", "2": "like"},
            "time_format": "%Y-%m-%d %H",
        },
    ],
    run_date="2014-12-19",
)

RECBOLE = Case(
    "RecBole",
    {
        "ml/ml.inter": rows(
            "user_id:token\titem_id:token\trating:float\ttimestamp:float",
            lambda i: f"{u(i)}\t{p(i)}\t{1 + i % 5}\t{881250949 + i}",
        )
    },
    found={"ml/ml.inter": "events"},
    run_date="1997-12-05",
)

DATASETS = (
    RETAILROCKET,
    MOVIELENS_LATEST,
    MOVIELENS_100K,
    AMAZON_REVIEWS,
    AMAZON_2023,
    INSTACART,
    YELP,
    LASTFM_COUNTS,
    LASTFM_SCROBBLES,
    AMAZON_RATINGS,
    TAOBAO,
    RECBOLE,
)
