"""Where a user's journals are kept on the host, whose they are, and which of them may go."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import stat as st
from typing import Iterator, List, Mapping, Sequence

RUNS = 30
"""Runs whose journals are kept."""

TOTAL = 2 * 1024**3
"""Bytes that all journals of a user may hold; above, the oldest run's goes first."""

FILE = "journal.jsonl"


def places(environ: Mapping[str, str]) -> List[str]:
    """The directories that may hold journals of the user we run as, the best one first."""
    uid = os.geteuid()
    homes = [environ.get("HOME", "")]
    with contextlib.suppress(KeyError):
        homes.append(pwd.getpwuid(uid).pw_dir)
    states = [environ.get("XDG_STATE_HOME", "")]
    states += [os.path.join(home, ".local", "state") for home in homes]
    found = [os.path.join(state, "suture") for state in dict.fromkeys(states) if _ours(state)]
    found.append(f"/var/tmp/suture-{uid}")  # noqa: S108 (looked at before it is used)
    return [os.path.join(directory, "journal") for directory in found]


def _ours(directory: str) -> bool:
    """Whether it, or what there is above it, is ours: nobody else can put another in its place."""
    if not os.path.isabs(directory):
        return False
    while not os.path.isdir(directory):
        directory = os.path.dirname(directory)
    return os.stat(directory).st_uid == os.geteuid()


def trusted(directory: str) -> bool:
    """Whether nobody but us can have written what is in this directory of journals."""
    for path in (os.path.dirname(directory), directory):
        try:
            found = os.lstat(path)
        except OSError:
            return False
        if not st.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            return False
    return True


def in_use(directory: str) -> bool:
    """Whether the agent that writes this run's journal is still there."""
    try:
        handle = os.open(os.path.join(directory, FILE), os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # a file system without locks
    finally:
        os.close(handle)
    return False


@contextlib.contextmanager
def held(directories: Sequence[str]) -> Iterator[None]:
    """Nobody takes these journals away meanwhile."""
    with contextlib.ExitStack() as stack:
        for directory in directories:
            handle = os.open(os.path.join(directory, FILE), os.O_RDONLY)
            stack.callback(os.close, handle)
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield


def size_of(directory: str) -> int:
    """Bytes that a run's journal holds."""
    total = 0
    for path in (directory, os.path.join(directory, "blobs")):
        with contextlib.suppress(OSError), os.scandir(path) as found:
            total += sum(entry.stat(follow_symlinks=False).st_size for entry in found)
    return total


def superfluous(
    directory: str, runs: int = RUNS, total: int = TOTAL, before: float = 0.0
) -> Iterator[str]:
    """The runs whose journals may go: those beyond the newest ``runs``, beyond ``total`` bytes, or
    last written ``before`` that time; never one that is in use."""
    aged = []
    with contextlib.suppress(OSError):
        for name in os.listdir(directory):
            path = os.path.join(directory, name)
            with contextlib.suppress(OSError):
                written = os.path.join(path, FILE)
                found = os.stat(written if os.path.exists(written) else path)
                aged.append((found.st_mtime, name))
    size = 0
    for place, (mtime, name) in enumerate(sorted(aged, reverse=True)):
        path = os.path.join(directory, name)
        size += size_of(path)
        if (place >= runs or size > total or mtime < before) and not in_use(path):
            yield name
