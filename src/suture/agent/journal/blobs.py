"""What files held before they were changed, by hash."""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import Tuple

from ..protocol.content import CHUNK

COPIED = 1024 * 1024
"""Bytes up to which a file that will be replaced is copied; a larger one is kept by a further name
for it (a hard link), where that can be: then its new content comes as another file."""

KEPT = 256 * 1024 * 1024
"""Bytes that one change may cost in copies; what goes beyond is not kept, and undo will say so."""


class Blobs:
    """``directory`` is made when the first one comes."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._left = KEPT

    def begin(self) -> None:
        """Another change, with room of its own."""
        self._left = KEPT

    def keep(
        self, path: str, found: os.stat_result, movable: bool, at_once: bool
    ) -> Tuple[str, bool]:
        """The hash of a file's content, empty where we may not read it, and whether it is kept.

        ``movable``: the file itself will not be written to, so that a further name for it keeps
        its content; ``at_once``: rather that than a copy, whatever the size.
        """
        try:
            source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return "", False
        try:
            linkable = movable and found.st_nlink == 1 and (at_once or found.st_size > COPIED)
            sha256 = _digest(source)
            blob = os.path.join(self._directory, sha256)
            if os.path.lexists(blob) or (linkable and self._linked(path, blob)):
                return sha256, True
            if found.st_size > self._left:
                return sha256, False
            self._left -= found.st_size
            self._copied(source, blob)
            return sha256, True
        finally:
            os.close(source)

    def _linked(self, path: str, blob: str) -> bool:
        self._made()
        try:
            os.link(path, blob, follow_symlinks=False)
        except OSError:
            return False  # another file system, or not ours to link
        return True

    def _copied(self, source: int, blob: str) -> None:
        self._made()
        temporary = os.path.join(self._directory, f".{os.urandom(8).hex()}")
        try:
            target = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.lseek(source, 0, os.SEEK_SET)
                for chunk in iter(lambda: os.read(source, CHUNK), b""):
                    data = memoryview(chunk)
                    while data:
                        data = data[os.write(target, data) :]
                os.fsync(target)
            finally:
                os.close(target)
            os.rename(temporary, blob)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise

    def _made(self) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(self._directory, 0o700)


def _digest(source: int) -> str:
    state = hashlib.sha256()
    for chunk in iter(lambda: os.read(source, CHUNK), b""):
        state.update(chunk)
    return state.hexdigest()
