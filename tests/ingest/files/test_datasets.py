"""MovieLens and RecBole files as they are distributed."""

from pathlib import Path

from tawny.core.landing import FilesSettings

from .conftest import Raw


def test_movielens_100k_reads_ratings_flags_and_latin_titles(landing: Path, raw: Raw) -> None:
    (landing / "u.data").write_text("196\t242\t3\t881250949\n196 242 3\t881250949\n")
    flags = "|".join("1" if i in (5, 8) else "0" for i in range(19))
    unknown = "|".join(["1", *["0"] * 18])
    item = f"543|Misérables, Les (1995)|01-Jan-1995||http://x/(1995)|{flags}\n267|unknown||||{unknown}\n"
    (landing / "u.item").write_bytes(item.encode("latin-1"))
    (landing / "u.user").write_text("1|24|M|technician|85711\n")

    good, bad = raw("events")
    assert [good[key] for key in ("user_id", "item_id", "event_type", "value", "event_time")] == [
        "196", "242", "rating", "3", "881250949",
    ]  # fmt: skip
    assert (bad["fault"], bad["fault_detail"]) == ("malformed_row", "2 fields instead of 4")
    titled = [(row["item_id"], row["title"], row["categories"]) for row in raw("items")]
    assert titled == [("267", "unknown", []), ("543", "Misérables, Les (1995)", ["Comedy", "Drama"])] or titled == [
        ("543", "Misérables, Les (1995)", ["Comedy", "Drama"]), ("267", "unknown", []),
    ]  # fmt: skip
    (user,) = raw("users")
    attributes = {"age": "24", "gender": "M", "occupation": "technician", "zip_code": "85711"}
    assert (user["user_id"], dict(user["attributes"])) == ("1", attributes)


def test_movielens_1m_reads_double_colons(landing: Path, raw: Raw) -> None:
    (landing / "ratings.dat").write_text("1::1193::5::978300760\n1::661::3\n")
    (landing / "movies.dat").write_bytes("73::Misérables, Les (1995)::Drama|Musical\n".encode("latin-1"))
    (landing / "users.dat").write_text("1::F::1::10::48067\n")

    good, bad = raw("events")
    assert [good[key] for key in ("user_id", "item_id", "event_type", "value", "event_time")] == [
        "1", "1193", "rating", "5", "978300760",
    ]  # fmt: skip
    assert (bad["fault_detail"], bad["raw"]) == ("3 fields instead of 4", "1::661::3")
    (movie,) = raw("items")
    assert (movie["item_id"], movie["title"], movie["categories"]) == ("73", "Misérables, Les (1995)", ["Drama", "Musical"])
    (user,) = raw("users")
    assert dict(user["attributes"]) == {"gender": "F", "age": "1", "occupation": "10", "zip_code": "48067"}


def test_atomic_files_read_typed_headers_lists_and_years(landing: Path, raw: Raw) -> None:
    (landing / "ml.inter").write_text(
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n196\t242\t3\t881250949\n"
    )
    (landing / "ml.item").write_text(
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        "1\tToy Story\t1995\tAnimation Children's Comedy\n267\tunkonwn\tunkonwn\tunknown\n"
    )
    (landing / "ml.user").write_text("user_id:token\tage:token\n1\t24\n")

    (event,) = raw("events")
    assert [event[key] for key in ("user_id", "item_id", "event_type", "value", "event_time", "source_line")] == [
        "196", "242", "rating", "3", "881250949", 2,
    ]  # fmt: skip
    assert [(row["title"], row["categories"]) for row in raw("items")] == [
        ("Toy Story (1995)", ["Animation", "Children's", "Comedy"]),
        ("unkonwn", ["unknown"]),
    ]
    assert [row["attributes"] for row in raw("users")] == [[("age", "24")]]


def test_atomic_interactions_without_ratings_are_views_unless_declared(landing: Path, raw: Raw) -> None:
    (landing / "x.inter").write_text("user_id:token\titem_id:token\ttimestamp:float\nu\ti\t1e9\n")
    assert [(row["event_type"], row["value"]) for row in raw("events")] == [("view", None)]
    declared = FilesSettings(table="events", path="x.inter", defaults={"event_type": "play"})
    assert [row["event_type"] for row in raw("events", declared)] == ["play"]
