"""One run at a time on what it works on: a lock that an agent holds, and that ends with it.

The lock on a directory is the name of an abstract Unix socket, made from the directory's device and
inode.  The kernel gives a name to one socket at a time and takes it back when the process that holds it
ends, however it ends: no lock outlives its agent, and nothing is left on the disk.  Whoever connects is
told who holds it.  Several agents of one run share its lock.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import select
import signal
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

PREFIX = "suture-lock-"
ANSWER = 16384
"""Bytes that a holder may say of itself."""
PATIENCE = 2.0
"""Seconds for which a holder's answer is waited for."""
AGAIN = 0.5
"""Seconds between two tries of who waits for a lock."""
MOST_MUTE = 40
"""Times that a holder may say nothing."""
NO_AGENT = "(what holds it is no agent)"


@dataclass(frozen=True)
class Holder:
    """Who holds a lock.  ``operator`` works at ``at``, where ``process`` is the controller's; ``since``
    is an ISO 8601 time in UTC; ``pid`` and ``uid`` are the agent's, as the kernel says.  ``alone``: its
    controller is away, and nothing is under way."""

    path: str = ""
    run: str = ""
    operator: str = ""
    at: str = ""
    since: str = ""
    reason: str = ""
    process: str = ""
    pid: int = 0
    uid: int = 0
    alone: bool = False

    def as_data(self) -> Dict[str, Any]:
        return dict(vars(self))


class Held(Exception):
    """Another run holds the lock."""

    def __init__(self, holder: Holder) -> None:
        super().__init__(f"{holder.path} is held by run {holder.run}")
        self.holder = holder


def place(paths: List[str]) -> str:
    """The first of these that is a directory here; the user's home where none is."""
    for path in [*paths, "~"]:
        found = os.path.realpath(os.path.expanduser(path))
        if path and os.path.isdir(found):
            return found
    return "/"


def name_of(path: str) -> str:
    found = os.stat(path)
    digest = hashlib.sha256(f"{found.st_dev}:{found.st_ino}".encode()).hexdigest()
    return PREFIX + digest[:32]


def claimed(
    holder: Holder,
    wait: float,
    gone: Callable[[], bool],
    waits: Callable[[Holder], None],
    alone: Callable[[], bool] = lambda: False,
    over: str = "",
) -> Optional[socket.socket]:
    """The lock on ``holder.path``, held until this process ends; None where this run has it already.

    Held where another run does, for longer than ``wait`` seconds; ``waits`` is told once of whom.
    ``gone``: nobody waits for the answer any more.  ``alone`` is asked for what others are told of
    this agent.  ``over``: a run whose controller will not come back; its agents end once they are
    alone.
    """
    name, ends, told = name_of(holder.path), time.monotonic() + wait, False
    mute = 0
    while True:
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            server.bind("\0" + name)
        except OSError as error:
            server.close()
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            server.listen(16)
            threading.Thread(target=_serve, args=(server, holder, alone), daemon=True).start()
            return server
        other = asked(name)
        if other is None:  # it is just ending; what goes on holding the name, and is mute, is not
            mute += 1
            if mute > MOST_MUTE:
                other = Holder(path=holder.path, run=NO_AGENT)
        if other is not None and other.run == holder.run:
            return None
        if other is not None and other.run == over and other.alone:
            with contextlib.suppress(OSError):  # another user's: then it is waited for
                os.kill(other.pid, signal.SIGTERM)
                time.sleep(0.05)
                continue
        if other is not None and (gone() or time.monotonic() >= ends):
            raise Held(other)
        if other is not None and not told:
            waits(other)
            told = True
        time.sleep(AGAIN if other is not None else 0.05)


def _serve(server: socket.socket, holder: Holder, alone: Callable[[], bool]) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            connection.settimeout(PATIENCE)
            connection.sendall(json.dumps({**holder.as_data(), "alone": alone()}).encode())


def asked(name: str) -> Optional[Holder]:
    """Who holds the lock of this name, or None where nobody does any more."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with client:
        client.settimeout(PATIENCE)
        try:
            client.connect("\0" + name)
            pid, uid = _peer(client)
            said = _read(client)
        except OSError:
            return None
    if not said:
        return None
    try:
        given = json.loads(said.decode())
        words = {key: str(given.get(key, ""))[:500] for key in ("path", "run", "operator", "at")}
        words.update({key: str(given.get(key, ""))[:500] for key in ("since", "reason", "process")})
        alone = given.get("alone") is True
    except (ValueError, AttributeError):
        words, alone = {"run": NO_AGENT}, False
    return Holder(pid=pid, uid=uid, alone=alone, **words)


def _peer(client: socket.socket) -> Tuple[int, int]:
    """The process and user at the other end, as the kernel says."""
    size = struct.calcsize("3i")
    pid, uid, _ = struct.unpack(
        "3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    )
    return pid, uid


def _read(client: socket.socket) -> bytes:
    said = b""
    while len(said) < ANSWER:
        more = client.recv(ANSWER - len(said))
        if not more:
            break
        said += more
    return said


def holders() -> Iterator[Holder]:
    """Everybody who holds a lock on this machine."""
    try:
        with open("/proc/net/unix", encoding="ascii", errors="replace") as table:
            lines = table.read().splitlines()
    except OSError:
        return
    names = {line.rsplit(" ", 1)[-1] for line in lines if f"@{PREFIX}" in line}
    for name in sorted(names):
        found = asked(name[1:])
        if found is not None:
            yield found


def hung_up(descriptor: int) -> Callable[[], bool]:
    """Whether the other end of this stream has gone away."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return lambda: bool(poll.poll(0))
