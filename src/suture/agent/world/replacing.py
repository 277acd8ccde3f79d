"""A file is replaced at once, and whole: what readers see is the old one or the new one."""

from __future__ import annotations

import errno
import os
import stat as st
from typing import IO, Iterable

from . import node as nodes
from .node import Node

BEGIN = 8 << 20
"""Bytes of a file after which the kernel is asked to begin to write them to the disk."""


def replaced(path: str, chunks: Iterable[bytes], node: Node, temporary: str) -> None:
    """Put content and attributes in place at once: a reader sees the old file or the new one.

    ``temporary`` is the name that it has until then.  A file whose owner or group we may not give
    away is rewritten where it stands instead: keeping them matters more than doing it at once.
    """
    handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(handle, "wb") as file:
            try:
                nodes.chowned(temporary, node.uid, node.gid)
            except PermissionError:
                old = nodes.node_at(path)
                if old is None or (old.kind, old.uid, old.gid) != ("file", node.uid, node.gid):
                    raise
                _rewritten(path, chunks, node)
                return
            _written(file, chunks)
            _with_attributes_of(path, temporary)
            os.fchmod(file.fileno(), node.mode)
            _ended(file, node)
        os.replace(temporary, path)
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)


def _written(file: IO[bytes], chunks: Iterable[bytes]) -> None:
    """The content stands in the file; the disk begins with it while more of it is on its way."""
    begun = end = 0
    for chunk in chunks:
        file.write(chunk)
        end += len(chunk)
        if end - begun >= BEGIN:
            file.flush()
            os.posix_fadvise(file.fileno(), begun, end - begun, os.POSIX_FADV_DONTNEED)
            begun = end


def _rewritten(path: str, chunks: Iterable[bytes], node: Node) -> None:
    with open(path, "r+b") as file:
        _written(file, chunks)
        file.truncate()
        if st.S_IMODE(os.fstat(file.fileno()).st_mode) != node.mode:
            os.fchmod(file.fileno(), node.mode)
        _ended(file, node)


def _ended(file: IO[bytes], node: Node) -> None:
    """What was written is on the disk, with the time that the node has, if any."""
    file.flush()
    if node.mtime_ns is not None:
        os.utime(file.fileno(), ns=(os.fstat(file.fileno()).st_atime_ns, node.mtime_ns))
    os.fsync(file.fileno())


def _with_attributes_of(old: str, new: str) -> None:
    """Give the new file the old one's extended attributes: access lists, labels, capabilities."""
    try:
        for name in os.listxattr(old, follow_symlinks=False):
            os.setxattr(new, name, os.getxattr(old, name, follow_symlinks=False))
    except OSError as error:
        if error.errno not in (
            errno.ENOTSUP,
            errno.EPERM,
            errno.EACCES,
            errno.ENODATA,
            *nodes.ABSENT,
        ):
            raise
