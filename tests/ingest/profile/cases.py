"""A landing folder as a test writes it, and what must be understood of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Entry = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A landing folder and what must be understood of it.

    Attributes:
        name: of the case.
        files: path -> content; bytes as they are, a list of rows as Parquet.
        entries: the `[[files]]` that must be written.
        found: path -> table, of sources that need none.
        not_understood: paths.
        run_date: as ISO, where the data are old.
    """

    name: str
    files: dict[str, str | bytes | list[dict[str, Any]]]
    entries: list[Entry] = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict)
    not_understood: tuple[str, ...] = ()
    run_date: str | None = None

    def write(self, landing: Path) -> Path:
        """Write the files."""
        for path, content in self.files.items():
            (landing / path).parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, list):
                pq.write_table(pa.Table.from_pylist(content), landing / path)
            else:
                (landing / path).write_bytes(content.encode() if isinstance(content, str) else content)
        return landing


def rows(header: str, row: Callable[[int], str], n: int = 40) -> str:
    """CSV with so many rows."""
    return "\n".join([*([header] if header else []), *(row(i) for i in range(n))]) + "\n"


def lines(row: Callable[[int], dict[str, Any]], n: int = 40) -> str:
    """JSON Lines with so many rows."""
    return "".join(json.dumps(row(i)) + "\n" for i in range(n))


def u(i: int) -> int:
    """A user; each comes several times."""
    return 1000 + i * 7 % 11


def p(i: int) -> int:
    """An item; each comes several times."""
    return 500 + i * 5 % 13


EVENTS = ("view", "view", "view", "cart", "purchase")
ACTIONS = ("view", "view", "addtocart", "transaction")
GA4_EVENTS = ("view_item", "view_item_list", "add_to_cart", "purchase", "session_start")
