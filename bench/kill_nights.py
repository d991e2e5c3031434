"""Nights of a small shop killed by SIGKILL at random times, again and again, until each of them ends.

    .venv/bin/python bench/kill_nights.py               # 100 kills; goes on where it stopped
    .venv/bin/python bench/kill_nights.py --kills 5 --work /tmp/kills

A round is a new lake and two nights, each a process `tawny night`; before the second events come late, and items and users
are described anew. The process and all its children are killed at a random time (seeded), and started again, until the
night ends before its time. Then all tables are compared, row for row, with those of a lake that nobody disturbed. A reader
polls throughout: it must see whole, audited lists only. Rounds are made until there were so many kills.
The nights run a copy of the code, made by the first call. Writes bench/results/kill_nights.{json,md}.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import psutil

from tawny.core.config import Env
from tawny.core.errors import StaleInputError
from tawny.lake.arrow import ArrowLake
from tawny.tables.runs import RUNS
from tawny.testing.lakes import Content, check_reader, content, differing
from tawny.testing.shops import write_shop

CHECKOUT = Path(__file__).parents[1]
RESULTS = CHECKOUT / "bench" / "results"
FIRST_NIGHT = date(2026, 11, 23)
NIGHTS = (FIRST_NIGHT, FIRST_NIGHT + timedelta(days=1))
POLL_SECONDS = 0.3
SETTINGS = """
root = "{folder}/lake"
landing = "{folder}/landing"
[spark]
driver_memory = "1g"
shuffle_partitions = 2
[horovod]
workers = 1
[night]
k = 10
sources = {sources}
split.window_days = 5
"""


@dataclass
class State:
    """What was done so far.

    Attributes:
        kills: of how many processes.
        killed_in: how many of them while which job ran.
        nights: that ended, in the lakes of `rounds` and in the one that goes on.
        night_seconds: of each undisturbed night, with the start of the process.
        polls: how often the reader read; `seen`: how often it found which list.
        seconds: all together.
    """

    kills: int = 0
    killed_in: dict[str, int] = field(default_factory=dict)
    rounds: int = 0
    nights: int = 0
    night_seconds: list[float] = field(default_factory=list)
    polls: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Reader:
    """A thread that reads the published list of a lake again and again."""

    def __init__(self, root: Path) -> None:
        self.polls, self.seen, self.faults = 0, Counter[str](), list[str]()
        self._root, self._stop = str(root), threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def stop(self, state: State) -> None:
        """Stop it, and add what it saw."""
        self._stop.set()
        self._thread.join()
        state.polls += self.polls
        state.seen = dict(Counter(state.seen) + self.seen)
        state.faults += self.faults

    def _poll(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            self.polls += 1
            try:
                now = check_reader(self._root)
            except StaleInputError:  # no table yet
                now = None
            except Exception as exc:  # noqa: BLE001 (whatever a reader sees but a whole list is a fault)
                self.faults.append(f"reader: {exc}"[:500])
                continue
            self.seen[f"{now.run_date} {now.list_id}" if now else "none"] += 1


def main() -> None:
    """Kill until there were enough kills, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7, help="of the shop and of the times")
    parser.add_argument("--sources", nargs="+", default=["popularity", "neighbours", "transitions"])
    parser.add_argument("--work", type=Path, default=CHECKOUT / ".cache" / "bench" / "kill_nights")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    work, state = args.work.resolve(), _load(args.work / "state.json")
    _landed(work / "landed", args.seed)
    expected = _undisturbed(work / "undisturbed", work / "landed", args.sources, state)
    while state.kills < args.kills and not state.faults:
        _round(work, args, state, expected)
    args.out.mkdir(exist_ok=True)
    (args.out / "kill_nights.json").write_text(json.dumps(asdict(state), indent=1) + "\n")
    text = "\n".join(report(state, args)) + "\n"
    (args.out / "kill_nights.md").write_text(text)
    print(text)
    sys.exit(1 if state.faults else 0)


def _load(file: Path) -> State:
    return State(**json.loads(file.read_text())) if file.exists() else State()


def code_copy(folder: Path) -> dict[str, str]:
    """The environment of processes that run a copy of the code, made once: edits in the checkout make no night stale."""
    if not folder.exists():
        new = folder.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        for source, name in (("lib/tawny", "tawny"), ("jobs", "tawny_jobs"), ("conf", "conf")):
            shutil.copytree(CHECKOUT / source, new / name, ignore=shutil.ignore_patterns("__pycache__"))
        new.rename(folder)
    jars = Env(root="", landing="").jars
    return {
        **os.environ,
        "PYTHONPATH": str(folder),
        "TAWNY_CONF": str(folder / "conf"),
        **({"TAWNY_JARS": jars} if jars else {}),
    }


def _landed(folder: Path, seed: int) -> None:
    """What lands before the first night, and what before the second; written once, so that files keep their times."""
    if folder.exists():
        return
    first, late = folder.with_suffix(".new") / "0", folder.with_suffix(".new") / "1"
    shutil.rmtree(folder.with_suffix(".new"), ignore_errors=True)
    last_day = FIRST_NIGHT - timedelta(days=1)
    write_shop(first, np.random.default_rng(seed), last_day=last_day, n_days=20, n_users=200, n_items=60)
    late.mkdir()
    (first / "items.csv").write_text("item_id,title,price\nsku-0001,One,1.5\nsku-0002,Two,none\nsku-0003,Three,2\n")
    (first / "users.csv").write_text("user_id,age\ncustomer-0001,33\n,12\ncustomer-0002,44\n")
    rows = [f"customer-{n:04d},sku-{n % 60:04d},view,2026-11-{10 + n % 13}T09:00:00Z" for n in range(150)]
    (late / "events_late.csv").write_text("\n".join(["user_id,item_id,event_type,event_time", *rows, "x,y,view,soon", ""]))
    (late / "items_2.csv").write_text("item_id,title,price\nsku-0001,Uno,1.25\n,Nothing,1\n")
    (late / "users_2.csv").write_text("user_id,age\ncustomer-0002,45\ncustomer-0005,20\n,7\n")
    folder.with_suffix(".new").rename(folder)


def _undisturbed(folder: Path, landed: Path, sources: list[str], state: State) -> Content:
    """The tables after two nights that nobody disturbed."""
    if len(state.night_seconds) < len(NIGHTS):
        shutil.rmtree(folder, ignore_errors=True)
        state.night_seconds = []
        for number in range(len(NIGHTS)):
            process, start = _start(folder, landed, sources, number), time.perf_counter()
            if process.wait() != 0:
                sys.exit(f"an undisturbed night failed; see {folder}/night.log")
            state.night_seconds.append(round(time.perf_counter() - start, 1))
            print(f"undisturbed night {number + 1}: {state.night_seconds[-1]:.0f} s", flush=True)
        _save(folder.parent, state)
    return content(str(folder / "lake"))


def _round(work: Path, args: argparse.Namespace, state: State, expected: Content) -> None:
    """One lake, until its nights have ended: go on with the one of the last call, if its nights have not."""
    folder, start = work / "killed", time.perf_counter()
    done = state.nights % len(NIGHTS)
    if done == 0:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    reader = Reader(folder / "lake")
    for number in range(done, len(NIGHTS)):
        _night(folder, work / "landed", number, args, state)
        state.nights += 1
        if number + 1 < len(NIGHTS):
            _save(work, state)
    reader.stop(state)
    state.seconds += time.perf_counter() - start
    found = content(str(folder / "lake"))
    differ = differing(found, expected)
    state.faults += [f"round {state.rounds + 1}: {name} differs: {rows}" for name, rows in differ.items()]
    state.rounds += 1
    print(f"round {state.rounds}: {state.kills} kills, tables {'DIFFER' if differ else 'equal'}", flush=True)
    _save(work, state)


def _night(folder: Path, landed: Path, number: int, args: argparse.Namespace, state: State) -> None:
    """Start a night until it ends before its time."""
    usual, is_first = state.night_seconds[number], True
    while True:
        # Of the seconds at the start, in which nothing is written yet, there are fewer kills than of the others.
        rng = np.random.default_rng([args.seed, state.kills, state.nights])
        limit = float(rng.uniform(0.2 if rng.random() < 0.1 else 0.25 * usual, usual))
        process, started, begun = _start(folder, landed, args.sources, number), datetime.now(UTC), time.perf_counter()
        try:
            code = process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            _kill(process)
            where = _running(folder / "lake", started)
            state.kills += 1
            state.killed_in[where] = state.killed_in.get(where, 0) + 1
            print(f"kill {state.kills}: night {number + 1} of round {state.rounds + 1}, {limit:.1f} s, {where}", flush=True)
            _save(folder.parent, state)
            is_first = False
            continue
        if is_first:  # the machine is faster than when nobody disturbed the night
            state.night_seconds[number] = min(usual, time.perf_counter() - begun)
        if code:
            state.faults.append(f"a night ended with exit code {code}; see {folder}/night.log")
        return


def _start(folder: Path, landed: Path, sources: list[str], number: int) -> subprocess.Popen[bytes]:
    """The command of a night, in a process group of its own."""
    for n in range(number + 1):
        shutil.copytree(landed / str(n), folder / "landing", dirs_exist_ok=True)
    (folder / "env.toml").write_text(SETTINGS.format(folder=folder, sources=json.dumps(sources)))
    tawny = Path(sys.executable).with_name("tawny")
    command = [str(tawny), "night", "--env", str(folder / "env.toml"), "--run-date", NIGHTS[number].isoformat()]
    with (folder / "night.log").open("ab") as log:
        environ = code_copy(folder.parent / "code")
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env=environ)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill it with all its children; Spark's workers have process groups of their own."""
    children = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGKILL)
    for child in children:
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait()
    psutil.wait_procs(children, timeout=10)


def _running(root: Path, since: datetime) -> str:
    """The job of a process started since then that was running when it was killed, by the manifest."""
    lake = ArrowLake(str(root))
    try:
        rows = lake.read(RUNS, lake.version(RUNS), ()).to_pylist()
    except StaleInputError:
        return "before the first job"
    ended = {row["run_id"] for row in rows if row["status"] != "started"}
    last = max(rows, key=lambda row: row["started_ts"], default=None)
    if last is None or last["started_ts"] < since:
        return "before the first job"
    return str(last["job"]) if last["run_id"] not in ended else "between jobs"


def _save(work: Path, state: State) -> None:
    new = work / "state.new"
    new.write_text(json.dumps(asdict(state)))
    new.rename(work / "state.json")


def report(state: State, args: argparse.Namespace) -> list[str]:
    """What was killed, and what was found."""
    lists = {name for name in state.seen if name != "none"}
    sources = " ".join(args.sources)
    undisturbed = ", ".join(f"{seconds:.0f} s" for seconds in state.night_seconds)
    lines = [
        f"    .venv/bin/python bench/kill_nights.py --kills {args.kills} --seed {args.seed} --sources {sources}",
        "",
        f"{state.kills} kills by SIGKILL in {state.rounds} rounds of {len(NIGHTS)} nights ({undisturbed} undisturbed), "
        f"{state.seconds / 60:.0f} minutes.",
        f"Tables after each round equal to those of an undisturbed lake, row for row: {'NO' if state.faults else 'yes'}.",
        f"A reader read {state.polls:,} times, {sum(state.seen.get(one, 0) for one in lists):,} times a list, "
        f"{len(lists)} different ones; not whole, or not audited: {sum(one.startswith('reader') for one in state.faults)}.",
        "",
        "| killed in | times |",
        "|---|---|",
        *(f"| {name} | {n} |" for name, n in sorted(state.killed_in.items(), key=lambda one: (-one[1], one[0]))),
    ]
    return [*lines, *(["", "Faults:", "", *(f"- {fault}" for fault in state.faults)] if state.faults else [])]


if __name__ == "__main__":
    main()
