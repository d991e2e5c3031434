"""What a check looks at besides files: the machine, and how much of the data it reads."""

import subprocess
import sys
from pathlib import Path

import pytest

from tawny.core.config import Env, SparkSettings
from tawny.core.errors import ConfigError, TawnyError
from tawny.runner import machine
from tawny.runner.machine import Remark, check_disk, check_machine, memory_bytes


@pytest.fixture
def there(env: Env, tmp_path: Path) -> Env:
    """An env whose jars are there."""
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "delta-spark.jar").touch()
    return env.model_copy(update={"jars": str(tmp_path / "jars")})


def test_nothing_is_said_of_a_machine_on_which_the_night_can_run(there: Env) -> None:
    assert list(check_machine(there)) == []


def test_a_container_s_limit_counts_where_it_is_lower(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    physical = memory_bytes()
    for text, expected in (("max\n", physical), ("1073741824\n", 1 << 30), (f"{physical * 2}\n", physical)):
        (tmp_path / "memory.max").write_text(text)
        monkeypatch.setattr(machine, "_CGROUP", tmp_path / "memory.max")
        assert memory_bytes() == expected


@pytest.mark.parametrize(("size", "kind"), [("3g", ConfigError), ("1900m", Remark), ("1g", None)])
def test_memory_is_compared_with_that_of_the_machine(
    there: Env, monkeypatch: pytest.MonkeyPatch, size: str, kind: type[TawnyError | Remark] | None
) -> None:
    monkeypatch.setattr(machine, "memory_bytes", lambda: 2 << 30)
    found = list(check_machine(there.model_copy(update={"spark": SparkSettings(cores=1, driver_memory=size)})))
    assert [type(one) for one in found] == ([kind] if kind else [])


def test_under_spark_submit_its_own_options_count(there: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    wanted = {"jars": None, "spark": SparkSettings(cores=1, driver_memory="900t")}
    assert list(check_machine(there.model_copy(update=wanted))) == []


def test_the_check_of_a_root_leaves_nothing_behind(there: Env, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    list(check_machine(there))
    assert list(check_disk(there, 10)) == []
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(("written", "expected"), [("512m", 512 << 20), ("4g", 4 << 30), ("2T", 2 << 40), ("7kb", 7 << 10)])
def test_a_memory_size_is_read_as_spark_reads_it(written: str, expected: int) -> None:
    assert SparkSettings(driver_memory=written).driver_memory_bytes == expected


@pytest.mark.parametrize("written", ["lots", "4", "4 g b", "-1g", "0g", "1.5g", ""])
def test_a_memory_size_has_a_number_and_a_unit(written: str) -> None:
    with pytest.raises(ValueError, match="a size is a whole number and a unit, as 4g or 512m"):
        SparkSettings(driver_memory=written)


def test_no_jvm_is_started(tmp_path: Path) -> None:
    """`java` is a program that leaves a mark."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").write_text(f"#!/bin/sh\ntouch {tmp_path}/started\nexit 1\n")
    (tmp_path / "bin" / "java").chmod(0o755)
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "delta.jar").touch()
    (tmp_path / "landing").mkdir()
    rows = "".join(f"u{n % 7},i{n},view,2026-11-{n % 20 + 1:02d}T10:00:00Z\n" for n in range(100))
    (tmp_path / "landing" / "events.csv").write_text("user_id,item_id,event_type,event_time\n" + rows)
    (tmp_path / "env.toml").write_text('root = "lake"\nlanding = "landing"\njars = "jars"\n')
    command = [sys.executable, "-c", "from tawny.cli import main; main()", "check", "--env", "env.toml"]
    environment = {"PATH": f"{tmp_path}/bin", "TAWNY_CONF": f"{tmp_path}/conf", "JAVA_HOME": str(tmp_path)}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.splitlines()[0]) == (0, "No error."), ended.stderr
    assert not (tmp_path / "started").exists()
