import subprocess
import sys

import pytest

from tawny.cli.app import ABOUT
from tawny.core import errors
from tawny.runner.entry import error_text, exit_code_for, exit_on_failure

HEAVY = ("pyspark", "tensorflow", "pyarrow", "deltalake", "numba", "horovod")


@pytest.mark.parametrize("command", ["--help", "plan", "night --help"])
def test_nothing_heavy_is_imported_to_say_what_there_is(command: str) -> None:
    code = f"""
import sys
from tawny.cli import main
try:
    main({command.split()})
finally:
    sys.stderr.write(",".join(name for name in {HEAVY} if name in sys.modules))
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_help_names_every_exit_code() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.TawnyError)]
    assert len(kinds) > 5
    for kind in kinds:
        assert f"{kind.exit_code} " in ABOUT


def test_an_error_is_one_text_and_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, exit_on_failure():
        raise errors.CheckError(where="events_v2", rule="keys must be unique.", came="2 alike", do="Fix the job.")
    assert ended.value.code == 5
    assert capsys.readouterr().err == "error: events_v2: keys must be unique. Received: 2 alike. Fix the job.\n"


def test_an_interrupt_ends_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, exit_on_failure():
        raise KeyboardInterrupt
    assert ended.value.code == 130
    assert capsys.readouterr().err.startswith("error: interrupted")


def test_an_unexpected_error_ends_with_1_and_names_its_kind() -> None:
    assert exit_code_for(ValueError("x")) == 1
    assert error_text(KeyError("user")).startswith("KeyError: 'user'")


def test_the_traceback_is_logged_for_verbose_only(caplog: pytest.LogCaptureFixture) -> None:
    for level, expected in (("INFO", 0), ("DEBUG", 1)):
        caplog.clear()
        with caplog.at_level(level, "tawny"), pytest.raises(SystemExit), exit_on_failure():
            raise ValueError("x")
        assert len([record for record in caplog.records if record.exc_info]) == expected
