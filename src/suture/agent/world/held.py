"""Paths held by the directory that they lie in, so that nobody can put another one in its place.

Root writes into folders of users, who may swap a directory for a link at any moment.  A path is
walked directory by directory; a link on the way is followed only if it is root's or ours, if nobody
else could have put it there, or if it leads to what belongs to whoever made it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat as st
from typing import Iterator, List, Tuple

MOST_LINKS = 40
HANDLE = getattr(os, "O_PATH", 0) | os.O_CLOEXEC


@contextlib.contextmanager
def held(path: str, follow: bool = False) -> Iterator[str]:
    """A path that means what stands at ``path`` now, whatever is done to the directories above it.
    ``follow``: what a link there points to.  OSError where the way is not to be trusted."""
    if not getattr(os, "O_PATH", 0) or not os.path.isdir("/proc/self/fd"):
        yield path
        return
    directory, name = _walked(path, follow)
    try:
        yield f"/proc/self/fd/{directory}/{name}" if name else f"/proc/self/fd/{directory}/."
    finally:
        os.close(directory)


def _walked(path: str, follow: bool) -> Tuple[int, str]:
    """A handle of the directory that the path's last name lies in, and that name; no name where the
    path is of the root directory."""
    way = _Way(path)
    try:
        while way.parts and (follow or len(way.parts) > 1):
            name = way.parts.pop(0)
            if not way.went(name):
                return way.handle, name
        return way.handle, way.parts[0] if way.parts else ""
    except BaseException:
        os.close(way.handle)
        raise


class _Way:
    """How far a path was walked: the directory that was reached, and the names that are left.
    ``owners``: for each link of another user's, how many names are left where it has led, and whose
    it is."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.parts = _names(path)
        self._owners: List[Tuple[int, int]] = []
        self._links = 0
        self.handle = os.open("/", HANDLE | os.O_DIRECTORY)

    def went(self, name: str) -> bool:
        """Go on to this name; False where it is the last one, which is no link, or not there."""
        try:
            found = os.open(name, HANDLE | os.O_NOFOLLOW, dir_fd=self.handle)
        except FileNotFoundError:
            if not self.parts:
                return False
            raise
        try:
            seen = os.fstat(found)
            if st.S_ISLNK(seen.st_mode):
                self._follow(found, seen)
                return True
            self._check(seen)
            if not self.parts:
                return False
            if not st.S_ISDIR(seen.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), self._path)
            self.handle, found = found, self.handle
            return True
        finally:
            os.close(found)

    def _follow(self, link: int, seen: os.stat_result) -> None:
        self._links += 1
        if self._links > MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), self._path)
        if not _trusted(os.fstat(self.handle)) and seen.st_uid not in (0, os.geteuid()):
            self._owners.append((len(self.parts), seen.st_uid))
        target = os.readlink("", dir_fd=link)
        names = _names(target)
        if target.startswith("/"):
            os.close(self.handle)
            self.handle = os.open("/", HANDLE | os.O_DIRECTORY)
        if not names:
            self._check(os.fstat(self.handle))
        self.parts = [*names, *self.parts]

    def _check(self, seen: os.stat_result) -> None:
        """Each link of another user's has led to what is that user's own."""
        while self._owners and len(self.parts) <= self._owners[-1][0]:
            _, owner = self._owners.pop()
            if seen.st_uid != owner:
                said = f"a link of user {owner}'s on the way leads to what is not theirs"
                raise OSError(errno.ELOOP, said, self._path)


def _names(path: str) -> List[str]:
    return [name for name in path.split("/") if name not in ("", ".")]


def _trusted(directory: os.stat_result) -> bool:
    """Whether only root and we can put something into the directory."""
    return directory.st_uid in (0, os.geteuid()) and not directory.st_mode & 0o022
