"""Reads a page as a browser would, with the parser of the standard library."""

from html.parser import HTMLParser
from typing import Any

EMPTY = {"meta", "br", "hr"}


class Reader(HTMLParser):
    """What a page holds; raises where a tag is not closed, or closed twice.

    Attributes:
        tags: every start tag with its attributes.
        headings: text of h1, h2 and h3, in order.
        ids: of all elements.
        tables: by the section's id, each a list of rows of cells.
        text: of the whole page.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.tables: dict[str, list[list[list[str]]]] = {}
        self.text = ""
        self._open: list[str] = []
        self._section = ""

    @classmethod
    def of(cls, html: str) -> "Reader":
        """The page, read to its end."""
        reader = cls()
        reader.feed(html)
        reader.close()
        assert reader._open == [], f"not closed: {reader._open}"
        return reader

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"an attribute twice: {tag} {attrs}"
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"] or "")
        if tag == "section":
            self._section = attributes["id"] or ""
        elif tag == "table":
            self.tables.setdefault(self._section, []).append([])
        elif tag == "tr":
            self.tables[self._section][-1].append([])
        elif tag in ("td", "th"):
            self.tables[self._section][-1][-1].append("")
        elif tag in ("h1", "h2", "h3"):
            self.headings.append((tag, ""))
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"</{tag}> closes {self._open[-3:]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if "head" in self._open:
            return
        self.text += data
        if {"td", "th"} & set(self._open):
            self.tables[self._section][-1][-1][-1] += data
        if self._open and self._open[-1] in ("h1", "h2", "h3"):
            level, text = self.headings[-1]
            self.headings[-1] = (level, text + data)
