"""One run of one tool, measured; and many of them in turn, so that a noisy minute hits all alike."""

from __future__ import annotations

import math
import os
import re
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
SHORT = 15.0
"""Seconds that a run may take even where the benchmark's time is over."""


class BenchError(Exception):
    """A measurement that means nothing, in one sentence."""


@dataclass(frozen=True)
class Run:
    """Seconds on the clock and of processor time (of the command and all it waited for), and the
    memory that its processes had together at the most; 0 where that was not watched.
    ``machine``: the processor time that the whole machine spent meanwhile, hosts and all."""

    seconds: float
    user: float
    system: float
    peak_mib: float = 0.0
    machine: float = 0.0


@dataclass(frozen=True)
class Series:
    """One tool's runs at one thing.  ``scale``: how much more of it the others had to do; what a
    run took beyond ``base``, its time for only one, is multiplied by that, and it is said in
    ``note``.  ``missing``: why there is no run."""

    measure: str
    tool: str
    runs: tuple[Run, ...]
    rtt_ms: int = 0
    hosts: int = 1
    tasks: int = 0
    scale: float = 1.0
    base: float = 0.0
    note: str = ""
    missing: str = ""

    @property
    def times(self) -> list[float]:
        """What each run takes for all of the work, in seconds."""
        if self.scale == 1:
            return [run.seconds for run in self.runs]
        beyond = [max(0.0, run.seconds - self.base) for run in self.runs]
        return [self.base + each * self.scale for each in beyond]

    @property
    def seconds(self) -> float:
        """The median."""
        return statistics.median(self.times)

    @property
    def spread(self) -> tuple[float, float]:
        """The fastest and the slowest."""
        return min(self.times), max(self.times)

    @property
    def processor(self) -> float:
        """The median of processor seconds on the controller's side."""
        return statistics.median(run.user + run.system for run in self.runs) * self._more

    @property
    def _more(self) -> float:
        """How many times as long all of the work takes as what was run of it."""
        return self.seconds / statistics.median(run.seconds for run in self.runs)

    @property
    def beyond(self) -> float:
        """The median of processor seconds that the machine spent beside the controller's: the
        hosts', and whatever else ran meanwhile."""
        spent = (max(0.0, run.machine - run.user - run.system) for run in self.runs)
        return statistics.median(spent) * self._more

    @property
    def peak_mib(self) -> float:
        return max(run.peak_mib for run in self.runs)


@dataclass(frozen=True)
class Contestant:
    """A tool about to be measured: its command, what has to be so before its first run and before
    each, and about how many seconds a run takes.  No ``rounds``: it is not run, which is said."""

    tool: str
    command: Sequence[str]
    folder: Path
    environ: Mapping[str, str]
    prepare: Callable[[], None] = lambda: None
    before: Callable[[], None] = lambda: None
    rounds: int = 3
    expected: float = 2.0
    scale: float = 1.0
    base: float = 0.0
    note: str = ""
    codes: tuple[int, ...] = (0,)
    missing: str = ""

    @property
    def limit(self) -> float:
        """Seconds after which a run is given up."""
        return 60 + 8 * self.expected


@dataclass(frozen=True)
class Clock:
    """When the benchmark's time is over."""

    ends: float = math.inf

    @property
    def left(self) -> float:
        return max(0.0, self.ends - time.monotonic())


def ran(contestant: Contestant, watch: bool = False) -> Run:
    """One run of it, of which nothing is left; BenchError when it failed or took too long."""
    if contestant.missing:
        raise BenchError(contestant.missing)
    contestant.before()
    log = contestant.folder / "last.log"
    with log.open("wb") as out:
        before, began = busy(), time.perf_counter()
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
        late = threading.Timer(contestant.limit, os.killpg, (process.pid, signal.SIGKILL))
        late.daemon = True
        late.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            _ended(process)
            raise
        finally:
            late.cancel()
            peak = watched.stopped() if watched else 0.0
        seconds, spent = time.perf_counter() - began, busy() - before
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in contestant.codes:
        raise BenchError(_why(contestant, process.returncode, seconds, log))
    if watch:  # a run of less than a blink has only this
        peak = max(peak, usage.ru_maxrss / 1024)
    return Run(seconds, usage.ru_utime, usage.ru_stime, peak, spent)


def _why(contestant: Contestant, code: int, seconds: float, log: Path) -> str:
    if seconds >= contestant.limit:
        return f"given up after {seconds:.0f} s"
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    told = re.sub(r"(?<!\S)[\"']?/\S*/", "", " / ".join(lines[-3:]))  # names without their folders
    return f"ended with {code}: {told[-300:]}"


def _ended(process: subprocess.Popen[bytes]) -> None:
    """Nothing of the command's session runs any more."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + 3
        while (left := session(process.pid)) and time.monotonic() < deadline:
            for pid in left:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    continue
            process.poll()
            time.sleep(0.05)
    process.poll()


def in_turn(
    measure: str,
    contestants: Sequence[Contestant],
    *,
    budget: float,
    clock: Clock = Clock(),
    watch: bool = False,
    say: Callable[[str], None] = lambda line: None,
    rtt_ms: int = 0,
    hosts: int = 1,
    tasks: int = 0,
) -> list[Series]:
    """Every contestant's runs, A B C A B C ….  Who fails, or would need more than ``budget``
    seconds or what the clock has left, drops out, and why is told; the others go on."""
    found: dict[str, list[Run]] = {each.tool: [] for each in contestants}
    why: dict[str, str] = {}
    for turn in range(max((each.rounds for each in contestants), default=0) or 1):
        for each in contestants:
            runs = found[each.tool]
            if each.tool in why or 0 < each.rounds <= turn:
                continue
            if reason := _out(each, runs, budget, clock):
                why[each.tool] = reason
                continue
            try:
                if not runs:
                    each.prepare()
                runs.append(ran(each, watch))
            except (BenchError, OSError, subprocess.SubprocessError) as error:
                why[each.tool] = f"failed: {error}"
    series = []
    for each in contestants:
        reason = why.get(each.tool, "")
        failed = reason if reason.startswith("failed") and found[each.tool] else ""
        series.append(
            Series(
                measure,
                each.tool,
                tuple(found[each.tool]),
                rtt_ms,
                hosts,
                tasks,
                each.scale,
                each.base,
                "; ".join(filter(None, (each.note, failed))),
                "" if found[each.tool] else reason,
            )
        )
        say(f"  {line(series[-1])}")
    return series


def _out(each: Contestant, runs: Sequence[Run], budget: float, clock: Clock) -> str:
    """Why there is no next run of it; nothing if there is one."""
    typical = statistics.mean(run.seconds for run in runs) if runs else each.expected
    if each.missing:
        return each.missing
    if runs and (typical * (len(runs) + 1) > budget or clock.left < typical):
        return "enough"
    if not runs and (each.rounds == 0 or clock.left < typical > SHORT):
        return f"left out: would take about {_long(typical)}"
    return ""


def _long(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"


def line(series: Series) -> str:
    """A series as one line for people."""
    if not series.runs:
        return f"{series.tool:22} {series.missing}"
    low, high = series.spread
    spread = f"{low:.2f} to {high:.2f}, {len(series.runs)} runs" if len(series.runs) > 1 else ""
    told = ", ".join(filter(None, (spread or "one run", series.note)))
    return (
        f"{series.tool:22} {series.seconds:8.2f} s  ({told}, {series.processor:.2f} s of processor)"
    )


# -- what the machine says of itself --------------------------------------------------------------


def busy() -> float:
    """Processor seconds that the machine has spent on anything, ever."""
    user, nice, system, _, _, irq, softirq = _processor_ticks()
    return (user + nice + system + irq + softirq) / TICKS


def _processor_ticks() -> tuple[int, ...]:
    with Path("/proc/stat").open() as file:
        return tuple(map(int, file.readline().split()[1:8]))


def session(leader: int) -> list[int]:
    """The processes of a session, and their descendants in others, that have not ended."""
    parents: dict[int, int] = {}
    found: set[int] = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it ended meanwhile
                continue
            if fields[0] not in "ZX":
                parents[int(entry.name)] = int(fields[1])
                if int(fields[3]) == leader:
                    found.add(int(entry.name))
    # Ansible's workers have sessions of their own.
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)


class Watched:
    """The memory of all processes of a command together, looked at twice a second."""

    def __init__(self, leader: int) -> None:
        self._leader = leader
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
        while not self._over.wait(0.5):
            self._peak = max(self._peak, sum(map(_share, session(self._leader))))


def _share(process: int) -> int:
    """A process's share of memory in KiB, what it shares with others counted in part."""
    try:
        for text in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if text.startswith("Pss:"):
                return int(text.split()[1])
    except OSError:  # it ended meanwhile
        return 0
    return 0
