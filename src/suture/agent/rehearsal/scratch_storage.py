"""Where a rehearsal stores its changes: in memory, or in a directory that is always removed.

Memory is freed with the last process, however that ends.  A process that does nothing but wait for
the others' end, the keeper, removes the directory; should the keeper be killed too, the next
rehearsal removes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import signal
import tempfile
from dataclasses import dataclass
from typing import Dict, Iterable, List, Mapping, Optional, Sequence

from .mounts import NO_FILES, Mount, mount_of

PREFIX = "suture-rehearsal-"
GIB = 1024**3

COMFORTABLE = 4 * GIB
"""Bytes with which even torch can be installed; memory is used where half of what is free is as
much."""

LEAST = GIB // 2
RESERVE = GIB // 4
"""Bytes that stay free on a disk: a rehearsal that needs them is ended."""

NO_UPPER = frozenset({
    "9p", "afs", "ceph", "cifs", "exfat", "msdos", "nfs", "nfs4", "ntfs", "ntfs3", "overlay",
    "ramfs", "smb3", "vfat",
})  # fmt: skip
"""File systems that cannot hold an overlay's upper layer; nor can those with "fuse" in their
names."""


class NoRoom(Exception):
    """Neither memory nor disk has room for what a rehearsal would change."""


@dataclass(frozen=True)
class ScratchStorage:
    """Where the upper layers of one rehearsal lie."""

    path: str = ""
    """The directory on disk; empty for memory."""
    size: int = 0
    """Bytes of memory that may be used."""
    lock: int = -1
    """The directory's lock, open as long as the rehearsal goes on."""
    keeper: int = 0
    """The process that removes the directory."""

    def leave(self) -> None:
        """Have the keeper remove the directory; called when nothing uses it any more."""
        if self.path:
            os.close(self.lock)
            os.waitpid(self.keeper, 0)

    def is_short(self) -> bool:
        """Whether the disk is about to run full."""
        if self.lock < 0:
            return False
        found = os.fstatvfs(self.lock)
        return found.f_bavail * found.f_frsize < RESERVE


def chosen_storage(
    mounts: Sequence[Mount], environ: Mapping[str, str], in_memory: bool, wanted: str = ""
) -> ScratchStorage:
    """The best storage for this rehearsal, or the one ``wanted``: "memory" or "disk".
    ``in_memory``: whether memory can hold an upper layer at all."""
    memory = available_memory() // 2 if in_memory and wanted != "disk" else 0
    disks = {path: room for path, room in rooms(mounts, environ).items() if room >= LEAST}
    for path in disks:
        remove_stale(path)
    if memory >= COMFORTABLE or (memory >= LEAST and wanted == "memory"):
        return ScratchStorage(size=memory)
    best = next((path for path, room in disks.items() if room >= COMFORTABLE), "")
    best = best or max(disks, key=lambda path: disks[path], default="")
    if best:
        return _made(best)
    if memory >= LEAST:
        return ScratchStorage(size=memory)
    raise NoRoom(
        "there is no room for what it would change: it takes 512 MiB, in /var/tmp or the home"
        " directory (on a file system that an overlay can write to), or twice that of free memory"
    )


def available_memory() -> int:
    """Bytes that new processes may use, within the limit of our control group."""
    free = _number("/proc/meminfo", r"MemAvailable:\s+(\d+) kB") * 1024
    for limit, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        (
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        ),
    ):
        most = _number(limit, r"(\d+)")
        if most:
            free = min(free, max(0, most - _number(used, r"(\d+)")))
    return free


def _number(path: str, pattern: str) -> int:
    """The number that the pattern finds in a file; 0 where it finds none."""
    try:
        with open(path) as file:
            found = re.search(pattern, file.read())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def rooms(mounts: Sequence[Mount], environ: Mapping[str, str]) -> Dict[str, int]:
    """The directories on a disk that could hold an upper layer, with their free bytes."""
    found = {}
    for path in ("/var/tmp", environ.get("HOME", "")):  # noqa: S108 (a private directory in it)
        if not os.path.isabs(path) or not os.access(path, os.W_OK | os.X_OK):
            continue
        mount = mount_of(os.path.realpath(path), mounts)
        unfit = mount.kind in NO_UPPER | NO_FILES | {"tmpfs"} or "fuse" in mount.kind
        if not unfit and not mount.read_only:
            free = os.statvfs(path)
            found[path] = free.f_bavail * free.f_frsize
    return found


def _made(above: str) -> ScratchStorage:
    """A locked directory of our own, with the process that will remove it."""
    while True:
        path = tempfile.mkdtemp(prefix=PREFIX, dir=above)
        lock = _locked(path)
        if lock is not None:
            return ScratchStorage(path, 0, lock, _keeper(path))


def _locked(path: str) -> Optional[int]:
    """The directory, open and locked; None where another process has locked or removed it."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(number), os.lstat(path)):
            return number
    os.close(number)
    return None


def _keeper(path: str) -> int:
    """Start a process that waits until the directory's lock is free, then removes the directory."""
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        os.chdir("/")
        for ending in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, signal.SIG_IGN)
        _close_inherited()
        number = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(number, fcntl.LOCK_EX)
        remove_tree(path)
    finally:
        os._exit(0)


def _close_inherited() -> None:
    """Close every file that was inherited from the parent process."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    os.closerange(3, max(map(int, os.listdir("/proc/self/fd"))) + 1)


def remove_stale(above: str) -> None:
    """Remove the directories of rehearsals that were killed together with their keepers."""
    for entry in _entries(above):
        if not entry.startswith(PREFIX):
            continue
        path = os.path.join(above, entry)
        lock = _locked(path)
        if lock is not None:
            if os.fstat(lock).st_uid == os.geteuid():
                remove_tree(path)
            os.close(lock)


def _entries(path: str) -> List[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []


def remove_tree(path: str) -> None:
    """Remove the tree, even where its directories have no permissions or processes still end in it."""
    for _ in range(50):
        with contextlib.suppress(OSError):
            _open_directories(path)
        shutil.rmtree(path, ignore_errors=True)
        if not os.path.lexists(path):
            return


def _open_directories(path: str) -> None:
    """Let the owner read and change every directory of the tree."""
    os.chmod(path, 0o700)
    waiting = [path]
    while waiting:
        for entry in _directories(waiting.pop()):
            os.chmod(entry, 0o700)
            waiting.append(entry)


def _directories(path: str) -> Iterable[str]:
    with os.scandir(path) as found:
        return [entry.path for entry in found if entry.is_dir(follow_symlinks=False)]
