"""A user's own SSH key, made where there is none."""

from __future__ import annotations

import os
import socket
from typing import Any, Dict, Optional

from ..protocol.spec import Failure, Unpredictable
from ..world.world import World

MAKING = """
umask 077
keygen=$1 owner=$2 file=$3; shift 3
above=${file%/*}
[ -d "$above" ] || { mkdir "$above" && chown "$owner" "$above"; } || exit 1
"$keygen" -q -f "$file" "$@" || exit 1
chown "$owner" "$file" "$file.pub"
"""
UNMAKING = 'rm -f -- "$1" "$1.pub"; rmdir -- "${1%/*}" 2>/dev/null || :'
ASKED = b'#!/bin/sh\nprintf "%s\\n" "$SUTURE_PASSPHRASE"\n'
"""What gives ssh-keygen the passphrase, which no process list shows then."""


def generated(args: Any, home: str, world: World) -> Dict[str, Any]:
    """The user has a key; what ansible-core returns of it."""
    program = world.which("ssh-keygen")
    if program is None:
        raise Failure("this host has no ssh-keygen")
    path = os.path.join(home, args.ssh_key_file or f".ssh/id_{args.ssh_key_type}")
    there = _is_there(path, world)
    if not there or (args.force and there):
        _made(program, path, args, world, certain=there is not None)
    data: Dict[str, Any] = {"ssh_key_file": path}
    if there is None:
        world.leave_open()
        return data
    try:
        public = (world.read(path + ".pub") or b"").decode("utf-8", "replace").strip()
        done = world.query(program, "-l", "-f", path)
    except Unpredictable:
        world.leave_open()
        return data
    return {**data, "ssh_public_key": public, "ssh_fingerprint": done.out.strip()}


def _is_there(path: str, world: World) -> Optional[bool]:
    """Whether there is a key; None: in a home that is still to be made, which cannot be known."""
    try:
        return world.stat(path) is not None
    except Unpredictable:
        return None


def _made(program: str, path: str, args: Any, world: World, certain: bool) -> None:
    words = ["-t", args.ssh_key_type]
    words += ["-b", str(args.ssh_key_bits)] if args.ssh_key_bits else []
    words += ["-C", args.ssh_key_comment or f"ansible-generated on {socket.gethostname()}"]
    env = {}
    with world.scratch(ASKED, "askpass") as asking:
        if args.ssh_key_passphrase:
            env = {
                "SSH_ASKPASS": asking,
                "SSH_ASKPASS_REQUIRE": "force",
                "SUTURE_PASSPHRASE": args.ssh_key_passphrase,
            }
        else:
            words += ["-N", ""]
        done = world.run(
            *("/bin/sh", "-c", MAKING, "sh", program, f"{args.name}:", path, *words),
            check=False,
            makes=[path, path + ".pub"] if certain else [],
            action="generate key",
            shown=path,
            detail={"type": args.ssh_key_type},
            expects={},
            undo=[["/bin/sh", "-c", UNMAKING, "sh", path]],
            env=env,
            stdin=b"y\n",
            live=False,
        )
    if done.ran and done.rc:
        raise Failure(f"ssh-keygen {path}: {done.err.strip() or done.out.strip()}", rc=done.rc)
