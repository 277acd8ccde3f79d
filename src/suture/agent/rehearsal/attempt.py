"""One call in a throw-away copy of the host's files: what it wrote is handed out, and then gone.

    the caller's child      outside; waits, and takes the copy's storage away
      └─ the first process  inside; builds the tree, makes the call, hands out the upper layers
           └─ the call      and whatever it starts; all of that ends with it

The call sees no other process and no service of the host.  What it wrote is told by open directories,
which are sent along: they stay readable when the copy is gone.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import signal
import socket
import struct
from typing import Any, Callable, Dict, List, Mapping, NoReturn, Sequence, Tuple

from ..world import linux
from .mounts import Mount
from .namespaces import (
    CONTAINERS,
    MOUNTING,
    OUTSIDE,
    Refusal,
    build_refused,
    kernel,
    mounts_here,
    separated,
    unshare_refused,
)
from .overlay_diff import Overlay
from .overlay_tree import RehearsalTree, TreeRefused
from .scratch_storage import NoRoom, ScratchStorage, available_memory, chosen_storage

ENOUGH = 1 << 28
"""Bytes of memory with which what one call writes is kept in memory."""

MOST = 120
"""Overlays whose layers one message can bring."""


def tried(
    call: Callable[[], Dict[str, Any]], outlet: socket.socket, known: Sequence[str]
) -> NoReturn:
    """Make the call in a copy, and tell through the outlet what it said and the layers that it wrote
    to, or that there can be no copy and why; then wait for a byte.  This process, which has one
    thread, ends.  ``known``: paths that the call may be about."""
    privileged = os.geteuid() == 0 and linux.has_capability(MOUNTING)
    try:
        mounts, storage = _begun(privileged)
    except Refusal as error:
        sent(outlet, {"refused": str(error)})
        os._exit(0)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        storage.leave()
        os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)
    linux.die_with_parent(signal.SIGKILL)
    tree, here = RehearsalTree(mounts, storage, privileged, 0.0, known), os.getcwd()
    try:
        tree.build()
    except TreeRefused as error:
        sent(outlet, {"refused": build_refused(error.what, error.error, privileged)})
        os._exit(0)
    except OSError as error:
        sent(outlet, {"refused": f"the copy of the host cannot be built: {error}"})
        os._exit(0)
    with contextlib.suppress(OSError):
        os.chdir(here)
    for name in OUTSIDE:
        os.environ.pop(name, None)
    if privileged:
        linux.bound_capabilities(CONTAINERS)
    else:
        linux.use_capabilities(False)
    said = call()
    left = _others()
    _end_others()
    _handed(outlet, said, left, tree.overlays)
    os._exit(0)


def _begun(privileged: bool) -> Tuple[Sequence[Mount], ScratchStorage]:
    """The mounts to copy and where changes go, from within new namespaces."""
    mounts = mounts_here()
    memory = available_memory() // 2 if privileged or kernel() >= (6, 6) else 0
    try:
        if memory > ENOUGH:
            storage = ScratchStorage(size=memory)
        else:
            storage = chosen_storage(mounts, os.environ, in_memory=False)
    except NoRoom as error:
        raise Refusal(str(error)) from None
    try:
        separated(privileged, network=True)
    except OSError as error:
        storage.leave()
        raise Refusal(unshare_refused(error.errno or 0, privileged)) from None
    return mounts, storage


def _others() -> bool:
    """Whether anything beside this process still runs in here."""
    return any(name.isdigit() and name != "1" for name in os.listdir("/proc"))


def _end_others() -> None:
    """Nothing runs in here any more but this process, which has to be the first one inside."""
    if os.getpid() != 1:
        raise RuntimeError("this is no process namespace of its own")
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)


def _handed(
    outlet: socket.socket, said: Mapping[str, Any], left: bool, overlays: Sequence[Overlay]
) -> None:
    """Tell what came of the call, and wait until that is taken."""
    if len(overlays) > MOST:
        sent(outlet, {"refused": f"more than {MOST} file systems are mounted here"})
        return
    told = [[overlay.path, dict(overlay.made)] for overlay in overlays]
    handles = [handle for overlay in overlays for handle in (overlay.upper, overlay.lower)]
    sent(outlet, {"said": said, "left": left, "overlays": told}, handles)
    outlet.recv(1)


def sent(outlet: socket.socket, message: Mapping[str, Any], handles: Sequence[int] = ()) -> None:
    """One message, with open files along."""
    body = json.dumps(message).encode("utf-8", "surrogateescape")
    along = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", handles))] if handles else []
    outlet.sendmsg([struct.pack(">I", len(body))], along)
    outlet.sendall(body)


def received(inlet: socket.socket) -> Tuple[Mapping[str, Any], List[Overlay]]:
    """The next message, and the overlays whose layers came along; EOFError where there is none."""
    handles = array.array("i")
    room = socket.CMSG_SPACE(2 * MOST * handles.itemsize)
    head, along, _, _ = inlet.recvmsg(4, room, socket.MSG_WAITALL)
    for level, kind, data in along:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            handles.frombytes(data[: len(data) - len(data) % handles.itemsize])
    if len(head) < 4:
        raise EOFError
    (size,) = struct.unpack(">I", head)
    body = bytearray()
    while len(body) < size:
        chunk = inlet.recv(min(1 << 20, size - len(body)))
        if not chunk:
            raise EOFError
        body += chunk
    message: Mapping[str, Any] = json.loads(body.decode("utf-8", "surrogateescape"))
    layers = zip(message.get("overlays") or (), handles[::2], handles[1::2])
    return message, [Overlay(path, upper, lower, made) for (path, made), upper, lower in layers]
