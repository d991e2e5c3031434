"""`tawny show`: one user's list, with the reasons in words, read without a JVM."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.text import Text

from tawny.cli.console import console
from tawny.core.errors import ConfigError, StaleInputError
from tawny.core.words import words_of
from tawny.lake.base import Conditions
from tawny.publish.pointer import published_now, published_rows, standing
from tawny.publish.wording import Wording, popularity_window, titles_of
from tawny.runner.local import LocalRunner
from tawny.tables.recommendations import RECOMMENDATIONS

if TYPE_CHECKING:  # so that the help of the commands loads no table reader
    from tawny.lake.arrow import ArrowLake


WIDEST = 100
"""Cells of a line, however wide the terminal: scores that stand far from their titles are hard to read."""

_SOURCES_CELLS = 24


def show_list(runner: LocalRunner, user_id: str, run_date: date | None, language: str | None = None) -> None:
    """Print the newest list of `run_date`, with whether readers follow it; the published one where run_date is None.

    Raises:
        StaleInputError: nothing is published, or no list was written for that day.
        ConfigError: the user has no list, or nobody has words of that language.
    """
    words = words_of(language, runner.env.words) if language else runner.words
    published = published_rows(runner.arrow)
    if run_date is None:
        now = published_now(published)
        day, list_id = now.run_date, now.list_id
    else:
        day, list_id = run_date, _written(runner, run_date)
    where: Conditions = (("run_date", "=", day), ("list_id", "=", list_id), ("user_id", "=", user_id))
    rows = runner.arrow.read(RECOMMENDATIONS, runner.arrow.version(RECOMMENDATIONS), where).to_pylist()
    if not rows:
        rule = f"the user must have a list for {day}."
        do = "User ids are those of the landing files; `tawny tables recommendations --rows 5` shows some."
        raise ConfigError(where=f"user {user_id}", rule=rule, came="none", do=do)
    wording = Wording(words, titles_of(runner.arrow, day), popularity_window(runner.arrow, day))
    out = console()
    out.print(f"user {user_id}, list of {day}, model {rows[0]['model_version']}")
    out.print(standing(published, day, list_id), soft_wrap=True)
    for line in list_lines(rows, wording, min(out.width, WIDEST)):
        out.print(line)


def list_lines(rows: Sequence[Mapping[str, Any]], wording: Wording, width: int) -> Iterator[Text]:
    """Each item on one line (rank, title, score, sources), and its reason below; no line is wider than `width` cells.

    Args:
        rows: of recommendations_v2, of one user.
        wording: for titles and reasons.
        width: in cells of a terminal; a Chinese character takes two.
    """
    ordered = sorted(rows, key=lambda row: int(row["rank"]))
    sources = [short_sources(row["sources"], _SOURCES_CELLS) for row in ordered]
    scores = [f"{row['score']:.4f}" for row in ordered]
    rank_cells, score_cells = len(str(ordered[-1]["rank"])), max(map(len, scores))
    source_cells = max(map(len, sources))
    title_cells = max(10, width - rank_cells - score_cells - source_cells - 7)
    for row, score, source in zip(ordered, scores, sources, strict=True):
        title = Text(wording.title(row["item_id"]), style="bold")
        title.truncate(title_cells, overflow="ellipsis", pad=True)
        yield Text.assemble(f" {row['rank']:>{rank_cells}}  ", title, f"  {score:>{score_cells}}  ", (source, "dim"))
        if why := wording.reasons(row):
            indent = " " * (rank_cells + 3)
            for line in Text(why).wrap(console(), max(20, width - len(indent))):
                line.rstrip()
                yield Text.assemble(indent, line)


def short_sources(sources: Sequence[str], cells: int) -> str:
    """The first sources that fit, and how many more there are.

    >>> short_sources(["transitions", "two_tower", "popularity", "als"], 24)
    'transitions two_tower +2'
    >>> short_sources(["a_source_with_a_long_name"], 10)
    'a_source_with_a_long_name'
    """
    for n in range(len(sources), 0, -1):
        text = " ".join([*sources[:n], *([f"+{len(sources) - n}"] if n < len(sources) else [])])
        if len(text) <= cells or n == 1:
            return text
    return ""


def newest_list(lake: "ArrowLake", run_date: date) -> str | None:
    """The list_id of the list that was written last for a day; None where none was."""
    commit = lake.commits(RECOMMENDATIONS).newest({"run_date": run_date})
    return commit.note.get("partition", {}).get("list_id") if commit else None


def _written(runner: LocalRunner, run_date: date) -> str:
    list_id = newest_list(runner.arrow, run_date)
    if list_id is None:
        rule, do = "a list must be written for the day.", f"Run `tawny night --run-date {run_date}`."
        raise StaleInputError(where=f"{RECOMMENDATIONS.name} {run_date}", rule=rule, came="none", do=do)
    return list_id
