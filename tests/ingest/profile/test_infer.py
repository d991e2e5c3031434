"""`tawny init` understands what shops export; each expectation was written by hand, as a person would say it."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tawny.core.config import validate
from tawny.core.landing import FilesSettings
from tawny.ingest.profile.infer import Inferred, infer

from .cases import Case
from .datasets import DATASETS
from .forms import FORMS
from .shops import SHOPS

CASES = (*SHOPS, *DATASETS, *FORMS)
TODAY = date(2024, 12, 31)
MODIFIED = datetime(2024, 1, 31, tzinfo=UTC).timestamp()


def inferred(case: Case, folder: Path) -> Inferred:
    """What is understood of the case; its files are of MODIFIED."""
    landing = case.write(folder / "landing")
    for path in case.files:
        os.utime(landing / path, (MODIFIED, MODIFIED))
    return infer(landing, TODAY)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_export_is_understood_as_a_person_would(case: Case, tmp_path: Path) -> None:
    found = inferred(case, tmp_path)
    assert [one.settings for one in found.tables if one.is_needed] == case.entries
    assert {one.source.path: one.table.kind for one in found.tables if not one.is_needed} == case.found
    assert tuple(source.path for source, _ in found.not_understood) == case.not_understood
    assert str(found.run_date) == str(case.run_date and date.fromisoformat(case.run_date))
    for one in found.tables:
        validate(FilesSettings, one.settings, where=one.source.path)
