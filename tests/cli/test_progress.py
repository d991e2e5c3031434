import io
import logging
import sys

import pytest
from rich.console import Console

from tawny.cli import progress as progress_module
from tawny.cli.progress import progress


def test_without_a_terminal_every_step_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "tawny"), progress(2) as watch:
        for name in ("read", "write"):
            with watch(name):
                pass
    assert caplog.messages == ["step 1 of 2: read", "step 2 of 2: write"]


def test_on_a_terminal_the_running_step_is_shown_and_the_log_goes_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(progress_module, "Console", lambda **_: Console(file=screen, force_terminal=True, width=80))
    monkeypatch.setattr(sys, "stderr", screen)
    handler = logging.StreamHandler(screen)
    logging.getLogger().addHandler(handler)
    try:
        with progress(1) as watch, watch("train_als"):
            assert handler.stream is not screen
            logging.getLogger("tawny").warning("a line of the log")
        assert handler.stream is screen
    finally:
        logging.getLogger().removeHandler(handler)
    assert "train_als" in screen.getvalue()
    assert "a line of the log\n" in screen.getvalue()


def test_a_failed_step_leaves_no_display_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(progress_module, "Console", lambda **_: Console(file=screen, force_terminal=True, width=80))
    before = sys.stderr
    with pytest.raises(ValueError, match="bad"), progress(1) as watch, watch("train_als"):
        raise ValueError("bad")
    assert sys.stderr is before
