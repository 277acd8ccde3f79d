"""All that this process has started, whatever sessions and groups it has made for itself."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Dict, List, Tuple

Known = Dict[int, str]
"""Processes by their number, each with the time of its start, by which another one of that number
is told from it."""


def descendants() -> Known:
    """The processes that come from this one; none where the system does not tell (no /proc)."""
    table: Dict[int, List[Tuple[int, str]]] = {}
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdigit():
                parent, began = _stat(int(name))
                table.setdefault(parent, []).append((int(name), began))
    found: Known = {}
    waiting = [os.getpid()]
    while waiting:
        for pid, began in table.get(waiting.pop(), ()):
            found[pid] = began
            waiting.append(pid)
    return found


def killed(known: Known) -> None:
    """Those of these that still are there are ended."""
    for pid, began in known.items():
        if _stat(pid)[1] == began:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def _stat(pid: int) -> Tuple[int, str]:
    """A process's parent and the time of its start; nobody's where it is gone."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
            words = file.read().rpartition(")")[2].split()
        return int(words[1]), words[19]
    except (OSError, IndexError):
        return -1, ""
