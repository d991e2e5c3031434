"""`tawny similar`: the items nearest to one, by a stored model, without a JVM."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from tawny.cli.console import console
from tawny.cli.show import WIDEST
from tawny.runner.local import LocalRunner

if TYPE_CHECKING:  # it opens tables
    from tawny.publish.similar import Similar


def show_similar(runner: LocalRunner, item_id: str, source: str | None, n: int) -> None:
    """Print the `n` items that the source would list to somebody who only viewed this one.

    Raises:
        StaleInputError: nothing is published, or what the list was made from is no longer kept.
        ConfigError: there is no such item or source, or the source does not look at the history.
    """
    from tawny.publish.similar import similar

    found, out = similar(runner.arrow, item_id, runner.night.sources, source, n), console()
    out.print(f"nearest to {found.item.title or item_id} ({item_id}), by {found.source} of {found.run_date}")
    if not found.near:
        out.print(f"{found.source} knows nothing near it: it has too few events.")
    for line in near_lines(found, min(out.width, WIDEST)):
        out.print(line)


def near_lines(found: "Similar", width: int) -> Iterator[Text]:
    """A line per item: its place, title, score and id; none is wider than `width` cells."""
    id_cells = max((len(one.item_id) for one in found.near), default=0)
    place_cells = len(str(len(found.near)))
    for place, one in enumerate(found.near, start=1):
        title = Text(one.title or one.item_id, style="bold")
        title.truncate(max(10, width - id_cells - place_cells - 15), overflow="ellipsis", pad=True)
        yield Text.assemble(f" {place:>{place_cells}}  ", title, f"  {one.score:8.4f}  ", (one.item_id, "dim"))
