"""What names a training: a hash of everything that decides its result.

A training resumes only from a checkpoint of its own fingerprint, and its folder has that name. So weights learned from other
data, other settings or other code are never taken for its own, and nobody has to delete a checkpoint.
"""

import ast
import hashlib
import inspect
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from tawny.core.settings import Settings


def fingerprint(**parts: object) -> str:
    """16 hex digits over all parts, of which none is left out: a dataclass counts with every field it has.

    The number of workers is no part: N workers train to the result of one.

    Args:
        parts: dataclasses, mappings by name, arrays of numbers, Settings, text, numbers, None; also nested.

    Raises:
        TypeError: a part of another kind.

    >>> fingerprint(data=np.arange(3)) == fingerprint(data=np.arange(3).reshape(3, 1))
    False
    """
    digest = hashlib.sha256()
    _add(digest, parts)
    return digest.hexdigest()[:16]


@cache
def code_of(modules: tuple[str, ...]) -> str:
    """16 hex digits over the modules' code, without comments and docstrings: correcting a typo there changes nothing.

    Computed rather than a number that somebody has to raise: a changed loss with the number forgotten would serve weights
    of the old one.
    """
    trees = [ast.dump(_WithoutText().visit(ast.parse(inspect.getsource(import_module(module))))) for module in modules]
    return hashlib.sha256("\n".join(trees).encode()).hexdigest()[:16]


class _WithoutText(ast.NodeTransformer):
    """Drops docstrings: statements that are a text."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node


def _add(digest: Any, value: object) -> None:
    """Kind and length go before the content, so that two values never give the same bytes."""
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        digest.update(f"array {value.dtype.str} {value.shape};".encode())
        digest.update(np.ascontiguousarray(value).reshape(-1).view(np.uint8))
    elif isinstance(value, Mapping):
        digest.update(f"mapping {len(value)};".encode())
        for key in sorted(value):
            _add(digest, key)
            _add(digest, value[key])
    elif is_dataclass(value):
        _add(digest, {field.name: getattr(value, field.name) for field in fields(value)})
    elif isinstance(value, Settings):
        _add(digest, value.model_dump_json())
    elif value is None or isinstance(value, str | int | float):
        text = repr(value)
        digest.update(f"{type(value).__name__} {len(text)} {text};".encode())
    else:
        raise TypeError(f"a fingerprint needs arrays, settings, text or numbers. Received: {type(value).__name__}.")
