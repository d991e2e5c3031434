"""The closing line."""

from datetime import UTC, date, datetime

from tawny.runner.manifest import Record, closing_line


def a_record(**values: object) -> Record:
    base = {
        "run_id": "r", "run_date": date(1998, 4, 20), "job": "rank", "variant": None, "config": "{}", "config_hash": "h",
        "code_version": "c", "code_digest": "d", "seed": 1, "started_ts": datetime(1998, 4, 20, tzinfo=UTC),
    }  # fmt: skip
    return Record(**(base | values))  # type: ignore[arg-type]


def test_the_closing_line_counts_accepted_and_refused_rows_apart() -> None:
    record = a_record(
        rows_read={"a_v1": 3, "b_v1": 4}, rows_written={"c_v1": 6, "c_v1_quarantine": 2},
        versions_written={"c_v1_quarantine": 1, "c_v1": 5}, n_quarantined=2, seconds=1.5, status="succeeded",
    )  # fmt: skip
    expected = (
        "job=rank run_date=1998-04-20 status=succeeded rows_in=7 rows_out=6 quarantined=2"
        " version=c_v1_quarantine@1,c_v1@5 seconds=1.5"
    )
    assert closing_line(record) == expected


def test_a_failed_run_says_so() -> None:
    assert "status=failed" in closing_line(a_record(status="failed", variant="als"))
