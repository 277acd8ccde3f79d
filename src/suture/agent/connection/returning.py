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
from typing import Any, BinaryIO, Callable, Dict, List

PREFIX = "suture-agent-"
ASKED = 4096
PATIENCE = 5.0
"""Seconds in which a newcomer has to say what it wants."""

Came = Callable[[BinaryIO, BinaryIO, Dict[str, Any]], None]


def awaited(name: str, came: Came) -> None:
    """From now on ``came`` is told, in a thread of its own, of each connection that is handed over:
    what to read from, what to write to, and what the controller asks."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind("\0" + PREFIX + name)
    server.listen(4)
    threading.Thread(target=_serve, args=(server, came), daemon=True).start()


def _serve(server: socket.socket, came: Came) -> None:
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
            came(stream, out, asked)
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
