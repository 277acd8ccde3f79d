"""A file is replaced at once, and whole: what readers see is the old one or the new one."""

from __future__ import annotations

import errno
import os
from typing import IO, Iterable

from . import node as nodes
from .node import Node

BEGIN = 8 << 20
"""Bytes of a file after which the kernel is asked to begin to write them to the disk."""

PIECE = 1 << 20


def replaced(path: str, chunks: Iterable[bytes], node: Node, temporary: str) -> None:
    """Put content and attributes in place at once: a reader sees the old file or the new one.

    ``temporary`` is the name, in the same directory, that it has until then.  A file whose owner or
    group we may not give away, or that something is mounted on, is rewritten where it stands
    instead, once all of its new content is on the disk.
    """
    handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with open(handle, "wb") as file:
            movable = _given(file.fileno(), path, node)
            _written(file, chunks)
            if movable:
                _with_attributes_of(path, temporary)
                # Last of all: the kernel takes setuid and setgid from a file that is written to.
                os.fchmod(file.fileno(), node.mode)
            _ended(file, node)
        if not movable or not _moved(temporary, path):
            _rewritten(path, temporary, node)
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)


def _given(handle: int, path: str, node: Node) -> bool:
    """Whether the new file belongs to whom it should; False where only the old one can."""
    found = os.fstat(handle)
    if (found.st_uid, found.st_gid) == (node.uid, node.gid):
        return True
    try:
        os.fchown(handle, node.uid, node.gid)
    except PermissionError:
        old = nodes.node_at(path)
        if old is None or (old.kind, old.uid, old.gid) != ("file", node.uid, node.gid):
            raise
        return False
    return True


def _moved(temporary: str, path: str) -> bool:
    """Whether the new file is in its place; False where something is mounted there."""
    try:
        os.replace(temporary, path)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return False
    return True


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
    file.flush()


def _rewritten(path: str, new: str, node: Node) -> None:
    """The content of ``new`` stands in the file at the path; the old content, kept beside until
    then, is put back where that fails."""
    old = new + nodes.KEPT
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        with open(os.open(path, os.O_RDWR | os.O_NOFOLLOW), "r+b") as file:
            with open(os.open(old, flags, 0o600), "w+b") as kept:
                _copied(file, kept)
                _ended(kept)
            try:
                with open(new, "rb") as source:
                    _overwritten(file, source)
                if os.fstat(file.fileno()).st_mode & 0o7777 != node.mode:
                    os.fchmod(file.fileno(), node.mode)
                _ended(file, node)
            except OSError:
                with open(old, "rb") as kept:
                    _overwritten(file, kept)
                    _ended(file)
                raise
    finally:
        if os.path.lexists(old):
            os.unlink(old)


def _overwritten(file: IO[bytes], source: IO[bytes]) -> None:
    """The file has the source's content; its space is there before anything is written."""
    size, before = os.fstat(source.fileno()).st_size, os.fstat(file.fileno()).st_size
    if size > before:
        try:
            os.posix_fallocate(file.fileno(), before, size - before)
        except OSError as error:
            os.ftruncate(file.fileno(), before)
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
                raise
    file.seek(0)
    _copied(source, file)
    file.truncate(size)


def _copied(source: IO[bytes], target: IO[bytes]) -> None:
    source.seek(0)
    for chunk in iter(lambda: source.read(PIECE), b""):
        target.write(chunk)
    target.flush()


def _ended(file: IO[bytes], node: Node | None = None) -> None:
    """What was written is on the disk, with the time that the node has, if any."""
    file.flush()
    if node is not None and node.mtime_ns is not None:
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
