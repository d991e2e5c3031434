"""What may be read of a landing folder: regular files, folders, links to those below it; all else is refused unopened."""

import stat
from collections.abc import Iterator
from pathlib import Path

from tawny.core.errors import InputError

_KINDS = {
    stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder", stat.S_IFREG: "a regular file",
}  # fmt: skip
_DO = "Take it out of the landing folder, or put a file there; nothing was written."


def resolve_below(landing: Path, path: Path) -> Path:
    """Where the path leads, without links: a file or folder below the landing folder. Nothing is opened.

    Raises:
        InputError: it leads nowhere, out of the landing folder, to itself, or its name is not UTF-8.
        OSError: it is gone, or may not be looked at.
    """
    try:
        str(path).encode()
        resolved = path.resolve(strict=True)
    except UnicodeEncodeError as exc:
        raise _refused(landing, path, "a name that is not UTF-8") from exc
    except (OSError, RuntimeError) as exc:  # RuntimeError: a link to itself, before Python 3.13
        if path.is_symlink():
            came = f"a link to {path.readlink()}, which is not there or is the link itself"
            raise _refused(landing, path, came) from exc
        raise
    if not resolved.is_relative_to(landing.resolve()):
        raise _refused(landing, path, f"a link to {resolved}, out of the landing folder")
    return resolved


def check_regular(landing: Path, path: Path, mode: int) -> None:
    """Refuse what is no regular file.

    Raises:
        InputError: a FIFO, a socket, a device, a folder.
    """
    if not stat.S_ISREG(mode):
        raise _refused(landing, path, _KINDS.get(stat.S_IFMT(mode), "something else"))


def files_below(landing: Path, path: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """The path itself where it is a file, else the files below it, by name; not hidden ones, nor markers as `_SUCCESS`.

    Args:
        landing: the landing folder.
        path: in it.
        above: the folders that were walked to come here, without links.

    Raises:
        InputError: something that is no regular file or folder, or a link out of the landing folder, nowhere or in a circle.
    """
    try:
        resolved = resolve_below(landing, path)
        mode = resolved.stat().st_mode
        if not stat.S_ISDIR(mode):
            check_regular(landing, path, mode)
            yield path
            return
        if any(folder.is_relative_to(resolved) for folder in above):
            raise _refused(landing, path, f"a link to {resolved}, which contains it")
        inside = sorted(one for one in path.iterdir() if not is_hidden(one.name))
    except OSError as exc:
        raise _refused(landing, path, str(exc)) from exc
    for one in inside:
        yield from files_below(landing, one, (*above, resolved))


def is_hidden(name: str) -> bool:
    """Whether files and folders of that name are left alone unless they are declared."""
    return name.startswith((".", "_"))


def _refused(landing: Path, path: Path, came: str) -> InputError:
    shown = str(path.relative_to(landing)).encode(errors="replace").decode()
    rule = "the landing folder must hold regular files, folders, and links to those below it."
    return InputError(where=shown, rule=rule, came=came, do=_DO)
