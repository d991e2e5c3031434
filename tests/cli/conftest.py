"""The command line as a function."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and what it wrote to both streams."""

    code: int
    out: str
    err: str


Tawny = Callable[..., Ended]


@pytest.fixture
def tawny(env_file: Path, capsys: pytest.CaptureFixture[str]) -> Tawny:
    """`tawny ARGUMENT... --env ENV_FILE`, in this process."""
    from tawny.cli import main

    def run(*arguments: str) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--env", str(env_file)])
        code = ended.value.code
        streams = capsys.readouterr()
        return Ended(code if isinstance(code, int) else 0, streams.out, streams.err)

    return run
