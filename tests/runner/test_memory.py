import subprocess
import sys

from tawny.runner.memory import SECONDS_BETWEEN, PeakMemory

SIZE = 200 * 2**20


def test_what_was_taken_and_given_back_is_seen_with_that_of_children() -> None:
    with PeakMemory() as nothing:
        pass
    hold = f"import time; held = b'x' * {SIZE}; print('held', flush=True); time.sleep({4 * SECONDS_BETWEEN})"
    with PeakMemory() as memory:
        subprocess.run([sys.executable, "-c", hold], check=True, capture_output=True)
    assert memory.n_bytes > nothing.n_bytes + SIZE
