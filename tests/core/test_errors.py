"""Errors say where, which rule, what came and what to do."""

import pickle

import pytest

from tawny.core import errors
from tawny.core.errors import CheckError, TawnyError


def test_the_text_has_all_four_parts_in_order() -> None:
    error = CheckError(where="events_v2", rule="the key must be unique.", came="2 rows", do="Nothing was written.")
    assert str(error) == "events_v2: the key must be unique. Received: 2 rows. Nothing was written."


@pytest.mark.parametrize("kind", TawnyError.__subclasses__(), ids=lambda kind: kind.__name__)
def test_an_error_survives_the_way_from_a_worker(kind: type[TawnyError]) -> None:
    error = kind(where="a", rule="b.", came="c", do="d.")
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert str(back) == str(error)


def test_a_configuration_error_and_a_failed_check_have_different_exit_codes() -> None:
    codes = {kind.__name__: kind.exit_code for kind in TawnyError.__subclasses__()}
    assert all(code > 0 for code in codes.values())
    assert errors.ConfigError.exit_code != errors.CheckError.exit_code != errors.InputError.exit_code
