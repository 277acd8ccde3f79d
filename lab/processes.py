"""What runs on the droplet, read from /proc, and how it is ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from lab.account import Account
from lab.errors import LabError


@dataclass(frozen=True)
class Process:
    """One process; `started` tells it from a later one with the same number."""

    pid: int
    started: int
    parent: int = field(compare=False)
    uid: int = field(compare=False)
    name: str = field(compare=False)


def processes() -> list[Process]:
    """Every process of the machine but the dead ones that nobody has collected yet."""
    found = (_process(int(entry)) for entry in os.listdir("/proc") if entry.isdigit())  # noqa: PTH208
    return [process for process in found if process is not None]


def _process(pid: int) -> Process | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        status = Path(f"/proc/{pid}/status").read_text(errors="replace")
    except OSError:  # it ended between the listing and now
        return None
    name, _, rest = stat.partition("(")[2].rpartition(")")
    fields = rest.split()
    if fields[0] in "ZX":
        return None
    uid = next(line.split()[1] for line in status.splitlines() if line.startswith("Uid:"))
    return Process(pid, int(fields[19]), int(fields[1]), int(uid), name)


def command_line(pid: int) -> str:
    """How the process calls itself; empty when it is gone."""
    try:
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    except OSError:
        return ""


def with_descendants(roots: Iterable[int], among: Iterable[Process]) -> set[Process]:
    """The processes numbered `roots`, and below them everything that they started."""
    wanted = set(roots)
    by_parent: dict[int, list[Process]] = {}
    found: set[Process] = set()
    for process in among:
        by_parent.setdefault(process.parent, []).append(process)
        if process.pid in wanted:
            found.add(process)
    todo = list(wanted)
    while todo:
        children = by_parent.get(todo.pop(), [])
        found.update(children)
        todo += [child.pid for child in children]
    return found


def sessions_leftovers(account: Account, home: Path, among: Iterable[Process]) -> set[Process]:
    """What sessions of the droplet started, detached or not; never sshd itself.

    An account made for the droplet owns nothing else. Where the operator's own account is used, a
    process of the droplet is known by its HOME.
    """
    mine = f"HOME={home}".encode()
    return {
        process
        for process in among
        if process.uid == account.uid
        and not process.name.startswith("sshd")
        and (account.made or mine in _environment(process.pid))
    }


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def end(alive: Callable[[], set[Process]], patience: float = 2.0) -> None:
    """Nothing that `alive` finds is left: asked first, killed after `patience` seconds."""
    asked: set[Process] = set()
    started = time.monotonic()
    while found := alive():
        waited = time.monotonic() - started
        if waited > patience + 3:
            left = ", ".join(f"{process.name} ({process.pid})" for process in found)
            raise LabError(f"These processes of the droplet would not end: {left}.")
        for process in found if waited > patience else found - asked:
            _signal(process, signal.SIGKILL if waited > patience else signal.SIGTERM)
        asked |= found
        time.sleep(0.01 if waited < 0.2 else 0.1)


def _signal(process: Process, number: signal.Signals) -> None:
    now = _process(process.pid)
    if now is not None and now.started == process.started:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)
