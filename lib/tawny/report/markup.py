"""HTML and SVG as text, escaped where it is put together: what comes from users' data can never become markup."""

from collections.abc import Iterable
from html import escape


class Markup(str):
    """Text that is markup already. Only `tag`, `join` and constants of this package make it."""

    __slots__ = ()


Child = str | Markup
"""What an element holds: plain text, which is escaped, or markup."""

_WITHOUT_END = frozenset({"meta", "br", "hr", "line", "rect", "circle", "path", "polyline", "polygon"})
_NO_CHILDREN_IN_HTML = frozenset({"meta", "br", "hr"})


def tag(name: str, /, *children: Child, **attributes: object) -> Markup:
    """An element.

    Args:
        name: of the element.
        children: in order; strings that are no Markup are escaped.
        attributes: a trailing `_` is dropped (`class_`), other `_` become `-`; None leaves the attribute out.

    >>> tag("p", "1 < 2", tag("b", "!"), class_="note")
    '<p class="note">1 &lt; 2<b>!</b></p>'
    >>> tag("p", "<script>alert(1)</script>", title='"><script>')
    '<p title="&quot;&gt;&lt;script&gt;">&lt;script&gt;alert(1)&lt;/script&gt;</p>'
    """
    own = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _NO_CHILDREN_IN_HTML:
        return Markup(f"<{name}{own}>")
    if name in _WITHOUT_END and not children:
        return Markup(f"<{name}{own}/>")
    return Markup(f"<{name}{own}>{join(children)}</{name}>")


def join(children: Iterable[Child], between: str = "") -> Markup:
    """Children one after the other, as one piece of markup.

    >>> join(["a & b", tag("br"), "c"])
    'a &amp; b<br>c'
    """
    parts = (child if isinstance(child, Markup) else escape(printable(child)) for child in children)
    return Markup(escape(between).join(parts))


def printable(text: str) -> str:
    r"""The text without control characters, which no HTML may hold.

    >>> printable("a\x00b\x1b[1m")
    'a�b�[1m'
    """
    return "".join(char if (char >= " " and char != "\x7f") or char in "\n\t" else "\ufffd" for char in text)


def table(
    headers: Iterable[Child], rows: Iterable[Iterable[Child]], numbers: Iterable[int] = (), **attributes: object
) -> Markup:
    """A table that scrolls sideways where the screen is narrow.

    Args:
        headers: of the columns.
        rows: cells; a row of tag("td") elements is taken as it is.
        numbers: places of the columns that are aligned to the right.
        attributes: of the table.
    """
    right = set(numbers)

    def cell(kind: str, place: int, child: Child) -> Markup:
        return tag(kind, child, class_="number" if place in right else None)

    head = tag("tr", *(cell("th", place, child) for place, child in enumerate(headers)))
    body = [tag("tr", *(cell("td", place, child) for place, child in enumerate(row))) for row in rows]
    return tag("div", tag("table", tag("thead", head), tag("tbody", *body), **attributes), class_="scroll", tabindex="0")
