"""Fingerprints: whatever decides a training changes its name."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tawny.core.settings import Settings
from tawny.training.fingerprint import code_of, fingerprint


class Few(Settings):
    """Attributes:
    dim: a number.
    """

    dim: int = 3


@dataclass(frozen=True)
class Data:
    items: NDArray[np.int32]
    features: NDArray[np.float32] | None = None


def test_the_same_parts_have_the_same_fingerprint_in_any_order() -> None:
    first = fingerprint(a=Data(np.arange(3, dtype=np.int32)), b={"x": 1, "y": None}, c=Few())
    assert first == fingerprint(c=Few(), b={"y": None, "x": 1}, a=Data(np.arange(3, dtype=np.int32)))
    assert len(first) == 16


def test_every_different_value_has_a_fingerprint_of_its_own() -> None:
    array = np.arange(4, dtype=np.int32)
    different: list[object] = [
        None,
        0,
        0.0,
        "0",
        "None",
        False,
        array,
        array.astype(np.int64),
        array.view(np.float32),
        array.reshape(2, 2),
        array[::-1],
        np.zeros((0, 3)),
        np.zeros((3, 0)),
        Data(array),
        Data(array, np.zeros(2, np.float32)),
        Few(),
        Few(dim=4),
        {"a": 1, "b": 2},
        {"a": 2, "b": 1},
        {"a": {"b": 2}},
    ]
    assert len({fingerprint(value=value) for value in different}) == len(different)
    assert fingerprint(a="1", b="") != fingerprint(a="", b="1")


def test_a_part_whose_content_cannot_be_seen_is_refused() -> None:
    with pytest.raises(TypeError, match="Received: object"):
        fingerprint(a=object())
    with pytest.raises(TypeError, match="Received: ndarray"):
        fingerprint(a=np.array(["x"], object))


CODE = '''"""A module."""

def loss(a, b):
    """A loss."""
    return a - b  # a comment
'''


@pytest.mark.parametrize(
    ("edited", "is_same"),
    [
        (CODE.replace("A loss", "The loss, worked by hand"), True),
        (CODE.replace("a comment", "another").replace('"""A module."""', ""), True),
        (CODE.replace("a - b", "b - a"), False),
    ],
)
def test_code_counts_and_comments_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edited: str, is_same: bool
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    names = [f"losses_{abs(hash(text))}" for text in (CODE, edited)]
    for name, text in zip(names, (CODE, edited), strict=True):
        (tmp_path / f"{name}.py").write_text(text)
    assert (code_of((names[0],)) == code_of((names[1],))) == is_same
