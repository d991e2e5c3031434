"""The one form of the errors about landing files."""

from tawny.core.errors import InputError
from tawny.landing.source import Source

_MEND = "Mend the file or take it out of the landing folder; nothing was written."


def refuse(
    source: Source, rule: str, came: str, *, line: int | None = None, column: str | None = None, do: str = _MEND
) -> InputError:
    """The error that names file, line and column, as far as they are known."""
    where = ":".join([source.path, *([str(line)] if line else []), *([column] if column else [])])
    return InputError(where=where, rule=rule, came=came, do=do)
