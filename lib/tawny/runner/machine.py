"""Whether this machine can run the night that an env file describes: memory, cores, Java, jars, folders, disk."""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tawny.core.config import Env
from tawny.core.errors import ConfigError, InputError, TawnyError

_BYTES_PER_EVENT = 200
"""What a night's tables take: 178 MB for the million events of MovieLens 1M."""

_BYTES_AT_LEAST = 50_000_000

_CGROUP = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True)
class Remark:
    """What stops no night, and should be known before one.

    Attributes:
        where: the setting, the file or the table.
        came: what was found.
        do: what the reader can do about it.
    """

    where: str
    came: str
    do: str

    def __str__(self) -> str:
        """As an error reads."""
        return f"{self.where}: {self.came} {self.do}"


def check_machine(env: Env) -> Iterator[TawnyError | Remark]:
    """What would stop a night on this machine, or make it slow. Under spark-submit the session is not looked at."""
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        yield from _memory(env)
        yield from _java(env)
    yield from _cores(env)
    yield from _folders(env)


def check_disk(env: Env, n_rows: int) -> Iterator[TawnyError]:
    """Whether the tables of so many events fit under the root."""
    if "://" in env.root:
        return
    free, need = shutil.disk_usage(_existing(Path(env.root))).free, _BYTES_AT_LEAST + n_rows * _BYTES_PER_EVENT
    if free < need:
        rule = f"{n_rows:,} events take some {need / 1e9:.1f} GB of tables."
        do = "Free some space, or put `root` elsewhere."
        yield ConfigError(where=f"root = {env.root}", rule=rule, came=f"{free / 1e9:.1f} GB free", do=do)


def memory_bytes() -> int:
    """What this machine, or the container that this process runs in, has."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _CGROUP.read_text().strip() if _CGROUP.is_file() else "max"
    return min(physical, int(limit)) if limit.isdecimal() else physical


def _memory(env: Env) -> Iterator[TawnyError | Remark]:
    wanted, there = env.spark.driver_memory_bytes, memory_bytes()
    where = f"[spark] driver_memory = {env.spark.driver_memory}"
    if wanted > there:
        rule = "Spark's memory must fit into that of the machine."
        do = f'Set driver_memory = "{max(1, there * 6 // 10 >> 30)}g": Python and the trainers need the rest.'
        yield ConfigError(where=where, rule=rule, came=f"the machine has {there / (1 << 30):.1f} GiB", do=do)
    elif wanted > 0.8 * there:
        came = f"that is most of the {there / (1 << 30):.1f} GiB of the machine; Python and the trainers need memory too."
        yield Remark(where, came, f'Set driver_memory = "{max(1, there * 6 // 10 >> 30)}g".')


def _java(env: Env) -> Iterator[TawnyError]:
    home = os.environ.get("JAVA_HOME")
    if not (shutil.which("java") or (home and (Path(home) / "bin" / "java").is_file())):
        rule, do = (
            "Spark needs Java 17 or newer.",
            "Install it (Debian: `apt install openjdk-17-jre-headless`), or set JAVA_HOME.",
        )
        yield ConfigError(where="Java", rule=rule, came="no java on PATH, and none in JAVA_HOME", do=do)
    if env.jars is None or not list(Path(env.jars).glob("*delta*.jar")):
        rule = "a local session needs the folder with Delta's jars."
        came = "no folder" if env.jars is None else f"no Delta jar in {env.jars}"
        do = "Run `make install` in the checkout, or name the folder: `jars` in the env file, or TAWNY_JARS."
        yield ConfigError(where="jars", rule=rule, came=came, do=do)


def _cores(env: Env) -> Iterator[TawnyError | Remark]:
    n_cores = os.cpu_count() or 1
    if env.spark.cores > n_cores:
        came = f"the machine has {n_cores}: tasks would wait for each other."
        yield Remark(f"[spark] cores = {env.spark.cores}", came, "Leave `cores` out: all cores are used.")
    if env.horovod.workers > n_cores:
        came = f"the machine has {n_cores} cores, which the workers share."
        yield Remark(f"[horovod] workers = {env.horovod.workers}", came, f"Set workers = {n_cores} or fewer.")
    if env.horovod.workers > 1 and importlib.util.find_spec("horovod") is None:
        rule, do = "more than one worker needs horovod.", "Run `make install`, or set workers = 1."
        yield ConfigError(where=f"[horovod] workers = {env.horovod.workers}", rule=rule, came="horovod is not there", do=do)


def _folders(env: Env) -> Iterator[TawnyError]:
    where = f"landing = {env.landing}"
    if "://" in env.landing or not Path(env.landing).is_dir():
        rule = "the landing folder must be a folder that every worker sees."
        came = "a file" if Path(env.landing).is_file() else "none there"
        yield InputError(where=where, rule=rule, came=came, do="Correct `landing` in the env file, or make the folder.")
        return
    if not os.access(env.landing, os.R_OK | os.X_OK):
        rule, do = "the landing folder must be readable.", f"Let this user read it (`chmod u+rx {env.landing}`)."
        yield InputError(where=where, rule=rule, came="permission denied", do=do)
    if "://" in env.root:
        return
    root, landing = Path(env.root).resolve(), Path(env.landing).resolve()
    if root == landing or landing.is_relative_to(root) or root.is_relative_to(landing):
        rule = "tables and landing files must lie in different folders: each would be taken for the other."
        came = "both are the same folder" if root == landing else f"landing = {landing} and root = {root}"
        do = "Put `root` and `landing` side by side."
        yield ConfigError(where="root", rule=rule, came=came, do=do)
        return
    yield from _writable(root)


def _writable(root: Path) -> Iterator[TawnyError]:
    """A folder is made and removed, because permissions alone do not tell (read-only mounts, quotas, users of a share)."""
    parent = _existing(root)
    try:
        Path(tempfile.mkdtemp(prefix=".tawny-check-", dir=parent)).rmdir()
    except OSError as exc:
        rule = "the folder of the tables must be one that this user can write."
        came = f"{exc.strerror} at {parent}"
        do = "Name another folder as `root` in the env file, or give this user the right to write there."
        yield ConfigError(where=f"root = {root}", rule=rule, came=came, do=do)


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next(one for one in (path, *path.parents) if one.exists())
