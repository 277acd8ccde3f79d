"""The calls of the Linux kernel that Python 3.8 has no names for; each raises OSError."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from typing import FrozenSet, Optional

NEW_MOUNTS = 0x00020000
NEW_UTS = 0x04000000
NEW_IPC = 0x08000000
NEW_USER = 0x10000000
NEW_PIDS = 0x20000000
NEW_NETWORK = 0x40000000

READ_ONLY = 1
NO_SUID = 2
NO_DEVICES = 4
NO_EXEC = 8
REMOUNT = 32
BIND = 4096
RECURSIVE = 16384
PRIVATE = 1 << 18

_DETACH = 2
_PARENT_DEATH_SIGNAL = 1
_DROP_FROM_BOUNDING_SET = 24
_CAPABILITIES = 0x20080522
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = (
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_ulong,
    ctypes.c_char_p,
)
_libc.prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)


def _checked(result: int, what: str) -> None:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def unshare(flags: int) -> None:
    """This process has namespaces of its own; only its children are in a new one for processes."""
    _checked(_libc.unshare(flags), "unshare")


def mount(
    source: str, target: str, kind: str = "", flags: int = 0, options: Optional[str] = None
) -> None:
    """A file system is mounted, bound or mounted anew with other flags."""
    data = None if options is None else os.fsencode(options)
    done = _libc.mount(os.fsencode(source), os.fsencode(target), kind.encode(), flags, data)
    _checked(done, target)


def unmount(target: str) -> None:
    """Nothing is mounted there any more; what is in use goes when it no longer is."""
    _checked(_libc.umount2(os.fsencode(target), _DETACH), target)


def pivot(new: str, old: str) -> None:
    """``new`` is the root of this mount namespace, and what was its root is at ``old``."""
    _checked(_libc.pivot_root(os.fsencode(new), os.fsencode(old)), new)


def die_with_parent(signal: int) -> None:
    """This process is sent the signal as soon as its parent is gone."""
    _checked(_libc.prctl(_PARENT_DEATH_SIGNAL, signal, 0, 0, 0), "prctl")


def bound_capabilities(kept: FrozenSet[int]) -> None:
    """Programs started from here on have none but these capabilities, root's included."""
    for number in range(64):
        if number not in kept:
            _libc.prctl(_DROP_FROM_BOUNDING_SET, number, 0, 0, 0)  # newer numbers: EINVAL


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def has_capability(number: int) -> bool:
    """Whether this thread may make use of the capability now."""
    header, sets = _Header(_CAPABILITIES, 0), (_Sets * 2)()
    _checked(_libc.capget(ctypes.byref(header), sets), "capget")
    return bool(sets[number // 32].effective >> number % 32 & 1)


def use_capabilities(wanted: bool) -> None:
    """This thread makes use of the capabilities that it has, or for the time being of none."""
    header, sets = _Header(_CAPABILITIES, 0), (_Sets * 2)()
    _checked(_libc.capget(ctypes.byref(header), sets), "capget")
    for each in sets:
        each.effective = each.permitted if wanted else 0
    _checked(_libc.capset(ctypes.byref(header), sets), "capset")


def loopback_up() -> None:
    """The network namespace's own loopback works."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        (flags,) = struct.unpack_from("H", fcntl.ioctl(any_socket, _GET_FLAGS, request), 16)
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14x", b"lo", flags | _UP))
