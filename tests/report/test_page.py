"""The page of a night: its structure, its safety, and that its numbers are those of the tables."""

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tawny.core.errors import ConfigError, StaleInputError
from tawny.evaluation.metrics.registry import metrics
from tawny.report.history import NightFacts
from tawny.report.index import index_html
from tawny.report.night import night_html
from tawny.report.write import report_folder, write_report
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.events import EVENTS_QUARANTINE
from tawny.testing.nights import K

from .conftest import ATTACK, LAST, Pages
from .reader import Reader

OUTLINE = [
    ("h1", "Worse than before: NDCG of the final list, coverage, refused rows, items gone and 2 more."),
    ("h2", "What readers see"),
    ("h2", "How good the lists are"),
    ("h3", "NDCG@20 of every list"),
    ("h3", "NDCG@20 by segment, beside the best single source"),
    ("h3", "All metrics, all users"),
    ("h2", "How the list before did"),
    ("h2", "How the lists changed"),
    ("h3", "Which source speaks most for a listed item"),
    ("h2", "What landed"),
    ("h3", "Refused rows, by reason"),
    ("h3", "Since the list of 2026-11-22"),
    ("h3", "The last day, beside a mean day of the four weeks before"),
    ("h2", "Drift"),
    ("h2", "Curves"),
    ("h3", "Lists"),
    ("h3", "▼ NDCG of the final list"),
    ("h3", "NDCG of the list that readers saw"),
    ("h3", "▼ Coverage"),
    ("h3", "Novelty"),
    ("h3", "Overlap with the list before"),
    ("h3", "Lists changed without a cause"),
    ("h3", "Users with a list"),
    ("h3", "Data"),
    ("h3", "Events of the last day"),
    ("h3", "Users of the last day"),
    ("h3", "New users"),
    ("h3", "Late events"),
    ("h3", "▼ Refused rows"),
    ("h3", "▼ Items gone"),
    ("h3", "Drift"),
    ("h3", "▼ Drift of event types"),
    ("h3", "Drift of hours"),
    ("h3", "Drift of scores"),
    ("h3", "Drift of sources"),
    ("h3", "The night"),
    ("h3", "Seconds of all jobs"),
    ("h3", "Largest memory of a job"),
    ("h2", "Ten lists"),
    ("h2", "The night"),
    ("h3", "The graph, with the versions that each job wrote"),
]


@pytest.fixture(scope="session")
def read(pages: Pages) -> Reader:
    return Reader.of(pages.html)


def _cells(read: Reader, section: str, place: int) -> dict[str, list[str]]:
    """The rows of a table of a section, by their first cell."""
    return {row[0]: row[1:] for row in read.tables[section][place]}


def test_the_parts_of_the_page_are_these_in_this_order(read: Reader) -> None:
    assert [one for one in read.headings if not one[1].startswith("User ")] == OUTLINE


def test_every_link_leads_to_a_part_or_to_the_index(read: Reader) -> None:
    links = [str(attributes["href"]) for tag, attributes in read.tags if tag == "a"]
    assert len(links) > 10
    assert {link for link in links if not link.startswith("#")} == {"index.html"}
    assert {link[1:] for link in links if link.startswith("#")} <= set(read.ids)
    assert len(set(read.ids)) == len(read.ids)


def test_nothing_is_loaded_and_no_script_runs(pages: Pages, read: Reader) -> None:
    assert not {"script", "img", "link", "iframe", "object", "base", "form"} & {tag for tag, _ in read.tags}
    named = {name for _, attributes in read.tags for name in attributes}
    assert not {"src", "srcset", "style", "background"} & named
    assert not [name for name in named if name.startswith("on")]
    assert "url(" not in pages.html
    assert "@import" not in pages.html
    assert "://" not in pages.html
    policy = next(attributes["content"] for _, attributes in read.tags if "http-equiv" in attributes)
    assert str(policy).startswith("default-src 'none'; style-src 'unsafe-inline';")


def test_what_comes_from_users_data_is_text(pages: Pages, read: Reader) -> None:
    assert ATTACK in read.text  # as a title of a listed item
    assert "<script>alert(2)</script>" in read.text  # as a refused row
    assert "event_type = <b>veiw</b>" in read.text
    assert "<script" not in pages.html
    assert "<img" not in pages.html


def test_control_characters_are_shown_as_replaced(pages: Pages) -> None:
    item = replace(pages.page.samples[0].items[0], title="a\x00b\x1b")
    sample = replace(pages.page.samples[0], items=[item])
    assert "a\ufffdb\ufffd" in night_html(replace(pages.page, samples=[sample]))


def test_the_metrics_are_those_of_the_table(pages: Pages, read: Reader) -> None:
    lake = pages.runner.arrow
    where: Any = (("run_date", "=", LAST), ("segment", "=", "all"), ("k", "=", K), ("versus", "=", ""))
    rows = lake.read(EVALUATIONS, lake.version(EVALUATIONS), where).to_pylist()
    shown = read.tables["quality"][2]
    names = [name.replace(" ", "_").lower() for name in shown[0][1:]]
    assert sorted(names) == sorted(metrics())
    values = {(row["subject"], row["metric"]): row for row in rows}
    assert len(shown) == 6
    for subject, *cells in shown[1:]:
        for name, cell in zip(names, cells, strict=True):
            row, digits = values[subject, name], 2 if name == "novelty" else 4
            ends = "" if row["ci_low"] is None else f" {row['ci_low']:.{digits}f} to {row['ci_high']:.{digits}f}"
            assert cell.rstrip() == f"{row['value']:.{digits}f}{ends}", (subject, name)


def test_every_metric_is_explained_in_a_sentence(read: Reader, pages: Pages) -> None:
    explained = re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", pages.html)
    assert len(explained) == len(metrics())
    assert all(len(sentence) > 20 and sentence.endswith(".") for _, sentence in explained)


def test_the_final_list_stands_beside_the_best_source_of_every_segment(read: Reader) -> None:
    rows = read.tables["quality"][1][1:]
    assert [row[1] for row in rows] == ["final", "two_tower"] * 6
    assert [row[0] for row in rows if row[0]][:2] == ["all users", "with a history"]


def test_refused_rows_are_those_of_the_quarantine(pages: Pages, read: Reader) -> None:
    lake = pages.runner.arrow
    reasons = lake.read(EVENTS_QUARANTINE, lake.version(EVENTS_QUARANTINE), ())["reason"].to_pylist()
    for reason in set(reasons):
        assert f"{reason}: {reasons.count(reason)} rows of events" in read.text
    assert _cells(read, "landed", 0)["events"] == ["1", "1,200", "398", "33.2 %"]


def test_samples_are_ten_lists_with_titles_and_reasons(pages: Pages, read: Reader) -> None:
    users = [text for level, text in read.headings if level == "h3" and text.startswith("User ")]
    assert len(users) == len(set(users)) == 10
    sample = pages.page.samples[0]
    number = int(sample.user_id.rpartition("-")[2])
    assert [item.rank for item in sample.items] == list(range(1, 11))
    assert sample.items[0].why == f"because of Item number {number}"
    assert sample.n_past == number % 9


def test_the_graph_names_every_task_and_what_it_wrote(pages: Pages, read: Reader) -> None:
    for task in pages.runner.tasks():
        run = pages.page.night.runs[task.task_id]
        name, version = next(iter(run.versions_written.items()))
        assert f"{task.task_id}: {task.job.purpose} {name}@{version}" in read.text.replace("\n", " ")


def test_the_same_tables_give_the_same_bytes(pages: Pages) -> None:
    again = pages.on(LAST)
    assert again is not None
    assert night_html(again) == pages.html


def test_a_good_night_says_so_first(pages: Pages) -> None:
    page = pages.on(LAST - timedelta(days=1))
    assert page is not None
    assert Reader.of(night_html(page)).headings[0] == ("h1", "Nothing is worse than in the nights before.")


def test_a_night_that_stopped_has_a_page_that_says_why(pages: Pages) -> None:
    night = pages.page.night
    failed = replace(night.runs["rank"], status="failed", error="CheckError: <b>no</b> lists\nmore")
    stopped = NightFacts(LAST, {}, {"rank": failed})
    bare = replace(
        pages.page, history=[stopped], evaluations=[], changes=[], samples=[], landed=[], consistency=None, standing=""
    )
    page = Reader.of(night_html(bare))
    assert page.headings[0][1] == "Worse than before: nothing was published and rank did not succeed."
    assert "CheckError: <b>no</b> lists" in page.text
    assert "The night has written no list." in page.text


def test_a_shop_too_young_to_be_judged_is_told_so_whatever_its_reasons_are_worth(pages: Pages) -> None:
    row = next(row for row in pages.page.evaluations if row["segment"] == "warm" and row["subject"] == "als")
    young = replace(pages.page, evaluations=[{**row, "metric": "reason_agreement", "versus": ""}])
    assert "Nothing was judged" in Reader.of(night_html(young)).text


def test_the_index_has_a_row_per_night_the_newest_first(pages: Pages) -> None:
    page = Reader.of(index_html(pages.page.history, {LAST: f"{LAST}.html"}))
    rows = page.tables[""][0]
    assert len(rows) == 2 + pages.made.n_nights
    assert rows[2][:2] == ["Mon 2026-11-23", "▼ Worse 6"]
    assert rows[3][:2] == ["Sun 2026-11-22", "✓"]
    assert "2026-11-23.html" in {attributes.get("href") for tag, attributes in page.tags if tag == "a"}


def test_pages_are_written_beside_the_tables_and_left_whole(pages: Pages, tmp_path: Path) -> None:
    file = write_report(pages.runner, LAST)
    assert file == Path(pages.runner.env.root) / "reports" / "2026-11-23.html"
    assert file.read_text() == pages.html
    assert {path.name for path in file.parent.iterdir()} == {"2026-11-23.html", "index.html"}
    out = tmp_path / "deep" / "night.html"
    assert write_report(pages.runner, LAST, out) == out
    assert [path.name for path in out.parent.iterdir()] == ["night.html"]


def test_a_day_without_a_night_has_no_page(pages: Pages) -> None:
    with pytest.raises(StaleInputError, match="a night must have run for the day"):
        write_report(pages.runner, date(2020, 1, 1))


def test_tables_in_an_object_store_need_a_file(pages: Pages) -> None:
    assert report_folder("s3://bucket/lake") is None
    runner = pages.runner
    before = runner.env
    runner.env = before.model_copy(update={"root": "s3://bucket/lake"})
    try:
        with pytest.raises(ConfigError, match="pages are written below a local root"):
            write_report(runner, LAST)
    finally:
        runner.env = before
