"""A controller that comes back over a new connection: it is handed to the agent that waits here.

The agent listens on a private Unix socket, an abstract one, whose name begins with its run's.  A
newcomer (``attach.py``) that runs as the same user passes the descriptors of its connection, and stays
for as long as they are used.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import socket
import struct
import threading
from typing import Any, Dict, List

from ..protocol import wire
from .incoming import Incoming
from .outbox import Outbox

PREFIX = "suture-agent-"
ASKED = 4096
PATIENCE = 5.0
"""Seconds in which a newcomer has to say what it wants."""


def awaited(name: str, taking: Incoming, outbox: Outbox) -> None:
    """From now on a connection that is handed over takes the place of the one before."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind("\0" + PREFIX + name)
    server.listen(4)
    threading.Thread(target=_serve, args=(server, taking, outbox), daemon=True).start()


def boot() -> str:
    """What is different after each start of the machine; empty where the system does not tell."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _serve(server: socket.socket, taking: Incoming, outbox: Outbox) -> None:
    held: List[Any] = []
    while True:
        client, _ = server.accept()
        with contextlib.suppress(OSError, ValueError, IndexError):
            client.settimeout(PATIENCE)
            if not _is_ours(client):
                client.close()
                continue
            asked, descriptors = _handed(client)
            stream, out = os.fdopen(descriptors[0], "rb"), os.fdopen(descriptors[1], "wb", 0)
            # A child's complaints, and a print, go where somebody may still read them.
            os.dup2(descriptors[2], 2)
            os.dup2(descriptors[2], 1)
            os.close(descriptors[2])
            taken = taking.freeze()
            greeting = wire.MARK + wire.frame({"event": "attached", "taken": taken})
            with contextlib.suppress(OSError):  # it is lost again: that is noticed by who listens
                outbox.attach(out, int(asked["heard"]), greeting)
            taking.listen(stream)
            held[:] = [client]  # the newcomer before this one may go


def _is_ours(client: socket.socket) -> bool:
    """Whether the other end runs as this very user."""
    size = struct.calcsize("3i")
    told = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    uid: int = struct.unpack("3i", told)[1]
    return uid == os.geteuid()


def _handed(client: socket.socket) -> "tuple[Dict[str, Any], List[int]]":
    """What is asked, and the descriptors that came along."""
    found = array.array("i")
    said, ancillary, _, _ = client.recvmsg(ASKED, socket.CMSG_SPACE(3 * found.itemsize))
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    asked: Dict[str, Any] = json.loads(said.decode())
    if len(found) != 3:
        for each in found:
            os.close(each)
        raise ValueError("not the three descriptors of a connection")
    return asked, list(found)
