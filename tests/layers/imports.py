"""Who imports whom, read from the source: nothing is imported to find out."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIB = ROOT / "lib" / "tawny"


@dataclass(frozen=True)
class Import:
    """One imported module (`numpy`, `tawny.runner.run`), the file and line that import it, and whether at module level.

    `is_eager` is False inside of functions and under `if TYPE_CHECKING:`, where `is_for_types` is True.
    """

    module: str
    file: str
    line: int
    is_eager: bool
    is_for_types: bool = False

    @property
    def package(self) -> str:
        """The top-level package."""
        return self.module.split(".")[0]

    @property
    def layer(self) -> str | None:
        """The package of Tawny that is imported, or None for all that is not Tawny's."""
        parts = self.module.split(".")
        if parts[0] == "tawny_jobs":
            return "jobs"
        return parts[1] if parts[0] == "tawny" and len(parts) > 1 else None

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def python_files(folder: Path) -> list[Path]:
    """All Python files below the folder, sorted."""
    return sorted(folder.rglob("*.py"))


@cache
def imports_of(path: Path) -> tuple[Import, ...]:
    """The imports of one file, without the standard library's."""
    name = str(path.relative_to(ROOT))
    found = _walk(ast.parse(path.read_text(encoding="utf-8")), is_eager=True, is_for_types=False)
    return tuple(
        Import(module, name, line, is_eager, is_for_types)
        for module, line, is_eager, is_for_types in found
        if module.split(".")[0] not in sys.stdlib_module_names
    )


def reached_at_import(path: Path) -> dict[str, str]:
    """The third-party packages that importing the file imports, through Tawny's modules too, each with the culprit."""
    reached: dict[str, str] = {}
    waiting, seen = [path], {path}
    while waiting:
        for one in imports_of(waiting.pop()):
            if not one.is_eager:
                continue
            files = _files_of(one.module)
            waiting += [file for file in files if file not in seen]
            seen.update(files)
            if one.package not in ("tawny", "tawny_jobs"):
                reached.setdefault(one.package, str(one))
    return reached


def module_of(path: Path) -> str:
    """The name that a file of the library or of jobs/ is imported by."""
    roots = ((LIB.parent, ""), (ROOT / "jobs", "tawny_jobs."), (ROOT / "airflow_dags", ""))
    root, prefix = next((root, prefix) for root, prefix in roots if path.is_relative_to(root))
    return (prefix + ".".join(path.relative_to(root).with_suffix("").parts)).removesuffix(".__init__")


def _walk(node: ast.AST, *, is_eager: bool, is_for_types: bool) -> Iterator[tuple[str, int, bool, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, child.lineno, is_eager, is_for_types) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0 and child.module, "Tawny's imports are absolute"
            # `from tawny.core import job` may name a module: both are noted, what is no file is ignored later.
            names = [child.module, *(f"{child.module}.{alias.name}" for alias in child.names)]
            names = [name for name in names if name == child.module or _files_of(name)]
            yield from ((name, child.lineno, is_eager, is_for_types) for name in names)
        else:
            is_lazy = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            types = is_for_types or _is_type_checking(child)
            yield from _walk(child, is_eager=is_eager and not is_lazy and not types, is_for_types=types)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _files_of(module: str) -> list[Path]:
    """The file of one of Tawny's modules, with those of the packages around it; empty for all others."""
    parts = module.split(".")
    if parts[0] != "tawny":
        return []
    folders = [LIB.joinpath(*parts[1:depth]) / "__init__.py" for depth in range(1, len(parts))]
    last = LIB.joinpath(*parts[1:])
    own = [file for file in (last.with_suffix(".py"), last / "__init__.py") if file.exists()]
    return [*(file for file in folders if file.exists()), *own] if own else []
