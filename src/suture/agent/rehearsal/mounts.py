"""What is mounted on this host, and over which of it a rehearsal lays an overlay."""

from __future__ import annotations

import os
import re
import stat as st
import time
from collections import deque
from dataclasses import dataclass
from typing import Deque, Dict, Iterable, Iterator, List, NamedTuple, Sequence, Set

from ..world import linux

REPLACED = ("/proc", "/sys", "/dev", "/run")
"""Directories that a rehearsal makes anew: through them programs reach more than files."""

NO_FILES = frozenset({
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts",
    "devtmpfs", "efivarfs", "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore",
    "rpc_pipefs", "securityfs", "selinuxfs", "sysfs", "tracefs",
})  # fmt: skip
"""File systems that hold no user's files."""

NOT_OURS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/boot", "/nix", "/gnu", "/snap")
OURS_BELOW = ("/usr/local",)
"""Directories that are searched for an ordinary user's files though they lie in NOT_OURS."""

FLAGS = {"nosuid": linux.NO_SUID, "nodev": linux.NO_DEVICES, "noexec": linux.NO_EXEC}


@dataclass(frozen=True)
class Mount:
    """A mounted file system that can be seen; ``flags`` are nosuid, nodev and noexec."""

    path: str
    kind: str
    read_only: bool
    flags: int


class Part(NamedTuple):
    """A piece of the host's tree, and how it comes into the rehearsal."""

    path: str
    how: str
    """"layer", under an overlay; "bound", read-only; "split", a directory whose entries are parts
    themselves."""


def mounts_in(mountinfo: str) -> List[Mount]:
    """The mounts that /proc/self/mountinfo lists, without those hidden by a later mount."""
    rows = []
    for line in filter(None, mountinfo.split("\n")):
        left, _, right = line.partition(" - ")
        number, parent, _, _, path, options = left.split()[:6]
        kind, _, above = right.split(" ")[:3]
        said = set(options.split(","))
        flags = sum(flag for name, flag in FLAGS.items() if name in said)
        read_only = "ro" in said or "ro" in above.split(",")
        rows.append((number, parent, Mount(_plain(path), kind, read_only, flags)))
    parents = {number: parent for number, parent, _ in rows}
    return [
        mount
        for number, _, mount in rows
        if not any(
            is_below(mount.path, other.path) and rival not in _line_of(number, parents)
            for rival, _, other in rows
        )
    ]


def _plain(path: str) -> str:
    """A path of mountinfo with its octal escapes replaced."""
    raw = re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8)]), os.fsencode(path))
    return os.fsdecode(raw)


def _line_of(number: str, parents: Dict[str, str]) -> Set[str]:
    """A mount and all its parents."""
    found: Set[str] = set()
    while number in parents and number not in found:
        found.add(number)
        number = parents[number]
    return found


def is_below(path: str, above: str) -> bool:
    """Whether ``path`` is ``above``, or lies below it."""
    return path == above or path.startswith(above.rstrip("/") + "/")


def mount_of(path: str, mounts: Iterable[Mount]) -> Mount:
    """The mount on which a path lies."""
    over = [mount for mount in mounts if is_below(path, mount.path)]
    return max(over, key=lambda mount: len(mount.path))


def _is_replaced(path: str) -> bool:
    return any(is_below(path, replaced) for replaced in REPLACED)


def whole(mounts: Sequence[Mount]) -> Iterator[Part]:
    """The parts as root mounts them: each mount is one, parents first."""
    for mount in sorted(mounts, key=lambda mount: mount.path):
        if mount.kind in NO_FILES or _is_replaced(mount.path):
            continue
        layer = os.path.isdir(mount.path) and not mount.read_only
        yield Part(mount.path, "layer" if layer else "bound")


def divided(mounts: Sequence[Mount], path: str = "/") -> Iterator[Part]:
    """The parts as an ordinary user may mount them, parents first: the kernel lets only root mount
    anything over a directory that has mounts below it."""
    here = mount_of(path, mounts)
    if here.kind in NO_FILES:
        return
    if not any(is_below(mount.path, path) and mount.path != path for mount in mounts):
        yield Part(path, "bound" if here.read_only else "layer")
        return
    yield Part(path, "split")
    for entry in entries(path):
        if _is_replaced(entry.path):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from divided(mounts, entry.path)
        elif entry.is_file(follow_symlinks=False):
            yield Part(entry.path, "bound")


def entries(path: str) -> List[os.DirEntry[str]]:
    """A directory's entries by name; none where we may not look."""
    try:
        with os.scandir(path) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


class Search:
    """A breadth-first search below other users' directories for what an ordinary user may change;
    it stops after ``seconds`` of the processor's, or four times as many of the clock's: on a busy
    machine it finds what it finds on a quiet one.

    The kernel copies nothing up that belongs to another user, not even the parents of a file of
    ours: these have to be in the upper layer beforehand.
    """

    def __init__(self, known: Iterable[str], seconds: float) -> None:
        self._me = (os.geteuid(), os.getegid())
        self._known = list(known)
        self._ends = (time.process_time() + seconds, time.monotonic() + 4 * seconds)
        self.cut = False

    def is_ours(self, found: os.stat_result) -> bool:
        """Whether the kernel will copy this file up for us."""
        return (found.st_uid, found.st_gid) == self._me

    def ways(self, root: str) -> List[str]:
        """The directories below ``root`` that we may change something in, and their parents,
        outermost first."""
        leading: Set[str] = set()
        for path in self._known:
            if is_below(path, root) and path != root:
                _add_ways(path, root, leading)
        waiting: Deque[str] = deque([root])
        while waiting and not self.cut:
            for entry in entries(waiting.popleft()):
                self._visit(entry, root, leading, waiting)
            self.cut = time.process_time() > self._ends[0] or time.monotonic() > self._ends[1]
        return sorted(path for path in leading if _is_directory(path))

    def _visit(
        self, entry: os.DirEntry[str], root: str, leading: Set[str], waiting: Deque[str]
    ) -> None:
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError:
            return
        if self.is_ours(found):
            _add_ways(os.path.dirname(entry.path), root, leading)
        elif st.S_ISDIR(found.st_mode) and _may_hold_ours(entry.path):
            waiting.append(entry.path)
            if found.st_uid == self._me[0] or os.access(entry.path, os.W_OK):
                _add_ways(entry.path, root, leading)


def _is_directory(path: str) -> bool:
    try:
        return st.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _may_hold_ours(path: str) -> bool:
    if path in NOT_OURS or os.path.dirname(path) in NOT_OURS:
        return path in OURS_BELOW or any(is_below(place, path) for place in OURS_BELOW)
    return True


def _add_ways(path: str, root: str, leading: Set[str]) -> None:
    """Add the directory and its parents, up to but without ``root``."""
    while path != root and path not in leading and is_below(path, root):
        leading.add(path)
        path = os.path.dirname(path)
