"""One run of one tool, measured; and many of them in turn, so that a noisy minute hits all alike."""

from __future__ import annotations

import hashlib
import os
import stat
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


class BenchError(Exception):
    """A measurement that means nothing, in one sentence."""


@dataclass(frozen=True)
class Run:
    """Seconds on the clock and of processor time (of the command and all it waited for), and the
    memory that its processes had together at the most; 0 where that was not watched."""

    seconds: float
    user: float
    system: float
    peak_mib: float = 0.0


@dataclass(frozen=True)
class Series:
    """One tool's runs at one thing.  ``scale``: how much more of it the others had to do; its
    times are multiplied by that in tables, and it is said there."""

    measure: str
    tool: str
    runs: tuple[Run, ...]
    rtt_ms: int = 0
    hosts: int = 1
    tasks: int = 0
    scale: float = 1.0
    note: str = ""

    @property
    def seconds(self) -> float:
        """The median."""
        return statistics.median(run.seconds for run in self.runs) * self.scale

    @property
    def spread(self) -> tuple[float, float]:
        """The fastest and the slowest."""
        found = [run.seconds * self.scale for run in self.runs]
        return min(found), max(found)

    @property
    def processor(self) -> float:
        """The median of processor seconds on the controller's side."""
        return statistics.median(run.user + run.system for run in self.runs) * self.scale

    @property
    def peak_mib(self) -> float:
        return max(run.peak_mib for run in self.runs)


@dataclass(frozen=True)
class Contestant:
    """A tool about to be measured: its command, and what has to be so before each run."""

    tool: str
    command: Sequence[str]
    folder: Path
    environ: Mapping[str, str]
    before: Callable[[], None] = lambda: None
    rounds: int = 3
    scale: float = 1.0
    note: str = ""
    codes: tuple[int, ...] = (0,)
    extra: Mapping[str, str] = field(default_factory=dict)


def ran(contestant: Contestant, watch: bool = False) -> Run:
    """One run of it; BenchError when it failed."""
    contestant.before()
    log = contestant.folder / "last.log"
    with log.open("wb") as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            contestant.command,
            cwd=contestant.folder,
            env=dict(contestant.environ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        watched = Watched(process.pid) if watch else None
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    peak = watched.stopped() if watched else 0.0
    if process.returncode not in contestant.codes:
        end = log.read_text(errors="replace")[-2000:]
        raise BenchError(f"{contestant.tool} ended with {process.returncode}:\n{end}")
    return Run(seconds, usage.ru_utime, usage.ru_stime, peak)


def in_turn(
    measure: str,
    contestants: Sequence[Contestant],
    *,
    budget: float,
    watch: bool = False,
    say: Callable[[str], None] = lambda line: None,
    rtt_ms: int = 0,
    hosts: int = 1,
    tasks: int = 0,
) -> list[Series]:
    """Every contestant's runs, A B C A B C …; who has used up ``budget`` seconds drops out."""
    found: dict[str, list[Run]] = {contestant.tool: [] for contestant in contestants}
    for turn in range(max(contestant.rounds for contestant in contestants)):
        for contestant in contestants:
            runs = found[contestant.tool]
            spent = sum(run.seconds for run in runs)
            if turn < contestant.rounds and (not runs or spent < budget):
                runs.append(ran(contestant, watch))
    series = [
        Series(
            measure,
            contestant.tool,
            tuple(found[contestant.tool]),
            rtt_ms,
            hosts,
            tasks,
            contestant.scale,
            contestant.note,
        )
        for contestant in contestants
    ]
    for each in series:
        low, high = each.spread
        say(
            f"  {each.tool:22} {each.seconds:8.2f} s  ({low:.2f} to {high:.2f}, {len(each.runs)} runs,"
            f" {each.processor:.2f} s of processor)"
        )
    return series


class Watched:
    """The memory of all processes of a session together, looked at four times a second."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stopped(self) -> float:
        """The most that was seen, in MiB."""
        self._over.set()
        self._thread.join()
        return self._peak / 1024

    def _look(self) -> None:
        while not self._over.wait(0.25):
            total = 0
            for entry in Path("/proc").iterdir():
                if entry.name.isdigit():
                    total += self._share(entry)
            self._peak = max(self._peak, total)

    def _share(self, process: Path) -> int:
        """A process's share of memory in KiB, what it shares with others counted in part."""
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) != self._session:
                return 0
            for line in (process / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    return int(line.split()[1])
        except (OSError, IndexError):  # it ended meanwhile
            return 0
        return 0


def state(folder: Path) -> dict[str, str]:
    """Everything below the folder by name: its kind, mode and content's hash."""
    found = {}
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""
        name = str(path.relative_to(folder))
        found[name] = f"{stat.filemode(about.st_mode)} {content}"
    return found


def checked(folders: Mapping[str, Path]) -> None:
    """Every tool has left the same behind; BenchError otherwise."""
    states = {tool: state(folder) for tool, folder in folders.items()}
    first = next(iter(states))
    for tool, found in states.items():
        if found != states[first]:
            names = sorted(
                name
                for name in found.keys() | states[first].keys()
                if found.get(name) != states[first].get(name)
            )
            told = ", ".join(
                f"{name}: {states[first].get(name)} and {found.get(name)}" for name in names[:3]
            )
            raise BenchError(f"{first} and {tool} differ in {len(names)} things: {told}")
