"""What `make night` and `make test` stand on: the locks, the scripts and the targets."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def _fake(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_locked_package_has_a_version_and_a_hash_and_no_host(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    packages = re.split(r"\n(?=\S)", text.strip())
    assert packages
    for package in packages:
        assert re.match(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,-]+\])?==\S+ .*\\\n", package), package
        assert "--hash=sha256:" in package


def test_every_list_of_requirements_is_locked() -> None:
    assert {path.stem for path in (ROOT / "requirements").glob("*.in")} == {lock.stem for lock in LOCKS}


@pytest.mark.parametrize("name", ["test", "bench"])
def test_all_environments_agree_with_the_night(name: str) -> None:
    def versions(lock: str) -> dict[str, str]:
        text = (ROOT / "requirements" / f"{lock}.txt").read_text()
        return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.M))

    night = versions("night")
    assert night.items() <= versions(name).items()


def test_what_the_machine_lacks_is_named_with_its_command(tmp_path: Path) -> None:
    _fake(tmp_path / "java", """echo 'openjdk version "11.0.2" 2019-01-15' >&2""")
    _fake(tmp_path / "old-python", "exit 1")
    ended = subprocess.run(
        [ROOT / "scripts" / "check_machine.sh", str(tmp_path / "old-python")],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert (
        "Java 17 or newer on PATH (found: 11). On Debian or Ubuntu: apt-get install -y openjdk-17-jre-headless"
        in ended.stderr
    )
    assert "apt-get install -y python3-venv" in ended.stderr


def _step(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    line = [str(ROOT / "scripts" / "step.sh"), "tools", "The tools", command]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)


def test_a_step_says_what_it_is_and_its_seconds_and_keeps_what_its_tools_print(tmp_path: Path) -> None:
    ended = _step(tmp_path, "echo 1 of 2; echo 2 of 2 >&2")
    assert ended.returncode == 0
    assert re.fullmatch(r"The tools \.\.\. \d+ s\n", ended.stdout + ended.stderr)
    assert (tmp_path / ".cache" / "logs" / "tools.log").read_text() == "1 of 2\n2 of 2\n"


def test_a_failed_step_shows_what_its_tools_printed_and_names_the_log(tmp_path: Path) -> None:
    ended = _step(tmp_path, "for i in {1..50}; do echo line $i; done; (exit 3) | cat; echo never")
    assert ended.returncode == 3
    assert "The tools ... failed after" in ended.stderr
    assert "  | line 50\n" in ended.stderr
    assert "  | line 9\n" not in ended.stderr
    assert "never" not in ended.stderr
    assert "The whole log is .cache/logs/tools.log." in ended.stderr


def test_set_up_prints_nothing_but_its_steps() -> None:
    terms = "@$(BIN)/python scripts/movielens_100k.py --terms"
    silent = ("@$(STEP) ", "@touch ", "@mkdir ", "@scripts/check_machine.sh ", terms)
    recipes = re.findall(r"^\$\((?:STAMPS|JARS|DATA)\).*:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.M)
    assert len(recipes) == 10
    for recipe in recipes:
        assert all(line.strip().startswith(silent) for line in re.sub(r"\\\n", "", recipe).splitlines()), recipe


def test_github_and_make_test_run_the_same_tests() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())["jobs"]
    makefile = (ROOT / "Makefile").read_text()
    assert jobs["make"]["strategy"]["matrix"]["target"] == ["lint", "test-fast", "test-spark", "test-dags"]
    assert re.search(r"^test: install-test lint test-dags +##", makefile, re.M)
    # What `make test` runs are the two halves together.
    assert re.findall(r"^\t\$\(PYTEST\) (.*)", makefile, re.M) == [
        "-n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=",
        '-m "not spark and not horovod"',
        '-m "spark or horovod"',
        "--long --timeout=3600 tests/night",
    ]


def test_uv_gets_the_configuration_of_pip(tmp_path: Path) -> None:
    settings = [
        ":env:.index-url='https://env.example/simple'",
        "global.index-url='https://file.example/simple'",
        "global.cert='/etc/cert.pem'",
        "install.find-links='/wheels'",
    ]
    _fake(tmp_path / "bin" / "python", "cat <<'E'\n" + "\n".join(settings) + "\nE")
    _fake(tmp_path / "bin" / "uv", 'echo "$*"; echo "$UV_DEFAULT_INDEX $SSL_CERT_FILE $UV_FIND_LINKS ${UV_INDEX:-none}"')
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("UV_", "SSL_"))}
    script = ROOT / "scripts" / "uv.sh"
    ended = subprocess.run([script, tmp_path, "pip", "list"], env=clean, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == ["pip list", "https://env.example/simple /etc/cert.pem /wheels none"]
    own = {**clean, "UV_DEFAULT_INDEX": "https://own.example/simple"}
    ended = subprocess.run([script, tmp_path, "pip", "list"], env=own, capture_output=True, text=True, check=True)
    assert "https://own.example/simple" in ended.stdout
