"""The console that results are written to (standard output; logs and errors go to standard error)."""

from functools import cache

from rich import box
from rich.console import Console
from rich.table import Table


@cache
def console() -> Console:
    """The console of this process. Without a terminal it is 200 columns wide."""
    # Titles and slices contain brackets, which are no markup.
    out = Console(highlight=False, markup=False)
    return out if out.is_terminal else Console(highlight=False, markup=False, width=200)


def grid(*headers: str, title: str | None = None, right: tuple[str, ...] = ()) -> Table:
    """An empty table with these columns; those in `right` are right-aligned (numbers)."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for header in headers:
        table.add_column(header, justify="right" if header in right else "left", overflow="fold")
    return table
