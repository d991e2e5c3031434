"""The files below the landing folder, grouped into sources: files of one folder and one header, named by one glob."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from tawny.ingest.files.delta import LOG, landed_files
from tawny.ingest.profile.infer_pieces import NotUnderstoodError
from tawny.ingest.profile.infer_sample import Sample, take_sample
from tawny.ingest.profile.infer_vocabulary import words_of

N_ROWS = 20_000
"""Of a source, at most, that are looked at."""

_N_FILES = 5
_NO_DATA = words_of(
    ".md .rst .pdf .png .jpg .jpeg .gif .webp .svg .html .htm .py .r .sh .toml .yaml .yml .ini .sql .ipynb .doc .docx "
    ".crc .sha256 .md5"
)
_PACKED = "an archive; unpack it"
_SPREADSHEET = "a spreadsheet; save it as CSV"
_UNREADABLE = dict.fromkeys((".zip", ".tar", ".tgz", ".7z", ".rar"), _PACKED) | dict.fromkeys(
    (".xls", ".xlsx", ".ods"), _SPREADSHEET
)
_HIVE = re.compile(r"^([A-Za-z_][\w.-]*)=(.*)$")
# What differs from one delivery to the next: UUIDs, then dates and numbers.
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CHANGING = re.compile(r"\d+([-_.:T]?\d+)*Z?")


@dataclass(frozen=True)
class Source:
    """Files of one folder and one header.

    Attributes:
        path: glob below the landing folder that names them, and no other file there.
        files: their paths below the landing folder.
        sample: of some of them, with a column for each Hive folder.
        is_delta: the path is a folder that holds a Delta table.
        n_bytes: of all of them.
        modified_seconds: since 1970, when the newest of them was written.
    """

    path: str
    files: tuple[str, ...]
    sample: Sample
    is_delta: bool
    n_bytes: int
    modified_seconds: float


@dataclass(frozen=True)
class Unread:
    """Files that are no tables.

    Attributes:
        path: of the file, or a glob.
        why: what they are, and what to do.
    """

    path: str
    why: str


def find_sources(landing: Path) -> tuple[list[Source], list[Unread]]:
    """All files below the landing folder, those that are tables and those that are not.

    Raises:
        InputError: something that is no regular file of the landing folder.
    """
    unread: list[Unread] = []
    plain, delta = _files(landing)
    groups: dict[tuple[str, str, str], list[str]] = {}
    for path in plain:
        if why := _no_data(path):
            unread.append(Unread(path, why))
        else:
            groups.setdefault((_folder_glob(path), _name_glob(path), _ending(path)), []).append(path)
    by_header: dict[tuple[str, str, tuple[str, ...]], list[tuple[str, list[str], Sample]]] = {}
    for (folder, name, ending), paths in groups.items():
        for same, sample in _same_header(landing, paths, unread):
            by_header.setdefault((folder, ending, (sample.format, sample.delimiter, *sample.names)), []).append(
                (name, same, sample)
            )
    sources = [replace(_source(landing, folder, paths), is_delta=True) for folder, paths in delta.items()]
    for (folder, _, _), found in by_header.items():
        sources += _merged(landing, folder, found, plain)
    return sorted(sources, key=lambda source: source.path), _grouped(unread)


def _files(landing: Path) -> tuple[list[str], dict[str, list[str]]]:
    """Paths of the files outside Delta tables, and by folder those of the current version of a Delta table."""
    plain: list[str] = []
    delta: dict[str, list[str]] = {}
    for path in landed_files(landing, landing):
        table = next((folder for folder in path.parents if folder.is_relative_to(landing) and (folder / LOG).is_dir()), None)
        paths = plain if table is None else delta.setdefault(str(table.relative_to(landing)), [])
        paths.append(str(path.relative_to(landing)))
    return plain, delta


def _no_data(path: str) -> str:
    ending = PurePath(path).suffix.lower()
    if ending in _UNREADABLE:
        return _UNREADABLE[ending]
    return "no table" if ending in _NO_DATA else ""


def _ending(path: str) -> str:
    return re.sub(r"^.*?((\.[A-Za-z]\w*){0,2})$", r"\1", PurePath(path).name).lower()


def _folder_glob(path: str) -> str:
    """The folder; Hive's and dated ones as `*`."""
    parts = PurePath(path).parts[:-1]
    return "/".join("*" if _HIVE.match(part) or _CHANGING.fullmatch(part) else _escaped(part) for part in parts)


def _name_glob(path: str) -> str:
    stem, ending = _split(path)
    return re.sub(r"\*[\w.-]*\*", "*", _CHANGING.sub("*", _UUID.sub("0", _escaped(stem)))) + ending


def _split(path: str) -> tuple[str, str]:
    """Name and ending; `.snappy.parquet` and `.csv.gz` are endings."""
    name = PurePath(path).name
    ending = re.search(r"(\.[A-Za-z][A-Za-z0-9]*){1,2}$", name)
    return (name[: ending.start()], ending.group()) if ending and ending.start() else (name, "")


def _escaped(text: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", text)


def _same_header(landing: Path, paths: list[str], unread: list[Unread]) -> Iterator[tuple[list[str], Sample]]:
    """The paths by their header, each with the sample of its first file. Of very many files some are looked at."""
    if len(paths) > 100:
        some, rest = _spread(paths, 20), paths
    else:
        some, rest = paths, []
    by_header: dict[tuple[str, ...], list[str]] = {}
    samples: dict[tuple[str, ...], Sample] = {}
    for path in some:
        try:
            sample = take_sample(landing, landing / path, 50)
        except NotUnderstoodError as exc:
            unread.append(Unread(path, str(exc)))
            continue
        # Keys of JSON come and go from row to row.
        header = (sample.format, sample.delimiter, *(sample.names if sample.format not in ("jsonl", "json") else ()))
        by_header.setdefault(header, []).append(path)
        samples.setdefault(header, sample)
    if rest and len(by_header) == 1:
        by_header = dict.fromkeys(by_header, rest)
    yield from ((found, samples[header]) for header, found in by_header.items())


def _spread(paths: list[str], n: int) -> list[str]:
    """The first, the last, and some between, evenly."""
    if len(paths) <= n:
        return paths
    return [paths[i * (len(paths) - 1) // (n - 1)] for i in range(n)]


def _merged(landing: Path, folder: str, found: list[tuple[str, list[str], Sample]], every: list[str]) -> list[Source]:
    """The groups as one source where one glob names their files and no others; else each as its own."""
    both = [path for _, paths, _ in found for path in paths]
    names = [name for name, _, _ in found]
    if len(names) > 1 and (glob := _common_glob(folder, names, both, every)):
        return [_source(landing, glob, both)]
    sources = []
    for name, paths, _ in found:
        glob = _joined(folder, name)
        if len(paths) == 1 and not re.search(r"\d{4}", _split(paths[0])[0]):
            # Of one file, only a date or a long number says that another will follow.
            glob = _joined(folder, _escaped(PurePath(paths[0]).name))
        if set(_matching(glob, every)) != set(paths):
            # `orders_*.csv` would take `orders_lines.csv` too.
            glob = _joined(folder, name.replace("*", "[0-9]*", 1))
        if set(_matching(glob, every)) != set(paths):
            sources += [_source(landing, _escaped(path), [path]) for path in paths]
        else:
            sources.append(_source(landing, glob, paths))
    return sources


def _common_glob(folder: str, names: list[str], paths: list[str], every: list[str]) -> str | None:
    ending = _split(paths[0])[1]
    begin = names[0]
    while not all(name.startswith(begin) for name in names):
        begin = begin[:-1]
    for name in (re.sub(r"[^\w]+$", "", begin) + f"*{ending}", f"*{ending}"):
        glob = _joined(folder, name)
        if set(_matching(glob, every)) == set(paths):
            return glob
    return None


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _matching(glob: str, every: list[str]) -> list[str]:
    """As pathlib matches: `*` stops at a slash, and the case of names does not matter."""
    parts = glob.lower().split("/")
    return [
        path for path in every if len(split := path.lower().split("/")) == len(parts) and all(map(fnmatchcase, split, parts))
    ]


def _source(landing: Path, glob: str, paths: list[str]) -> Source:
    paths = sorted(paths)
    some = _spread(paths, _N_FILES)
    samples = [_with_folders(path, take_sample(landing, landing / path, N_ROWS // len(some))) for path in some]
    stats = [(landing / path).stat() for path in paths]
    is_whole = len(some) == len(paths) and all(sample.is_whole for sample in samples)
    return Source(glob, tuple(paths), _together(samples, is_whole=is_whole), False,
                  sum(stat.st_size for stat in stats), max(stat.st_mtime for stat in stats))  # fmt: skip


def _with_folders(path: str, sample: Sample) -> Sample:
    """With a column for each Hive folder that the file does not have itself."""
    found = {match[1]: match[2] for part in PurePath(path).parts[:-1] if (match := _HIVE.match(part))}
    added: dict[str, list[str | None]] = {
        name: [value] * sample.n_rows for name, value in found.items() if name not in sample.columns
    }
    return replace(sample, columns=sample.columns | added)


def _together(samples: list[Sample], *, is_whole: bool) -> Sample:
    names = dict.fromkeys(name for sample in samples for name in sample.names)
    columns = {
        name: [value for sample in samples for value in sample.columns.get(name, [None] * sample.n_rows)] for name in names
    }
    latest = {name: max(sample.latest.get(name, "") for sample in samples) for name in samples[0].latest}
    sees_end = all(sample.sees_end for sample in samples)
    return replace(
        samples[0], columns=columns, is_whole=is_whole, sees_end=sees_end, latest=latest if len(samples) == 1 else {}
    )


def _grouped(unread: list[Unread]) -> list[Unread]:
    """Many files of one folder and one reason as one."""
    counts = Counter((_folder_glob(one.path), _split(one.path)[1], one.why) for one in unread)
    told: dict[tuple[str, str, str], None] = {}
    grouped = []
    for one in unread:
        key = (_folder_glob(one.path), _split(one.path)[1], one.why)
        if counts[key] <= 2:
            grouped.append(one)
        elif key not in told:
            told[key] = None
            grouped.append(Unread(_joined(key[0], f"*{key[1]}"), f"{one.why} ({counts[key]:,} files)"))
    return grouped
