"""The controller's own files as content for a host: found where Ansible would look, hashed once."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from suture.agent.modules.sync import matches
from suture.agent.protocol.content import CHUNK, LARGE, Content, Tree, TreeEntry
from suture.agent.protocol.spec import Failure
from suture.model import Task


def search_path(task: Task, playbook_dir: str) -> list[str]:
    """The directories that a relative path of this task is sought in, first one first."""
    paths = [task.role.path] if task.role is not None else []
    if task.origin:
        paths.append(str(Path(task.origin).parent))
    return list(dict.fromkeys([*paths, playbook_dir] if playbook_dir else paths))


def sought(name: str, folder: str, paths: Sequence[str]) -> str:
    """The file or directory that ``name`` means: in ``folder`` ("files", "templates", "vars") of
    each directory, or in the directory itself.  Raises ``Failure`` that says where it looked."""
    expanded = str(Path(name).expanduser()) if name.startswith("~") else name
    candidates = [expanded] if expanded.startswith("/") else list(_candidates(name, folder, paths))
    for candidate in candidates:
        if Path(candidate).exists():
            return os.path.normpath(candidate)
    raise Failure(f"'{name}' is not there; looked for " + ", ".join(candidates))


def _candidates(name: str, folder: str, paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        above = path.rpartition("/")[0]
        if above.endswith("/tasks"):
            yield f"{above.removesuffix('/tasks')}/{folder}/{name}"
            yield f"{above}/{name}"
        if not name.startswith(f"{folder}/"):
            yield f"{path}/{folder}/{name}"
        yield f"{path}/{name}"


class Contents:
    """Content by path; a file is hashed again only when it has changed."""

    def __init__(self) -> None:
        self._hashes: dict[tuple[str, int, int, int], str] = {}
        self._noted: set[str] = set()
        self._found: dict[tuple[str, str, tuple[str, ...]], Path] = {}

    @property
    def used(self) -> frozenset[str]:
        """Every file that content was made of."""
        return frozenset({path for path, *_ in self._hashes} | self._noted)

    def note(self, path: str) -> None:
        """This file became content by another way: it was filled in."""
        self._noted.add(path)

    def sought(self, name: str, folder: str, paths: Sequence[str]) -> Path:
        """As the function of this name, whose answer is remembered: many hosts ask the same."""
        key = (name, folder, tuple(paths))
        if key not in self._found:
            self._found[key] = Path(sought(name, folder, paths))
        return self._found[key]

    def file(self, path: Path) -> Content:
        """The file's content; its bytes are read when they are asked for."""
        try:
            found = path.stat()
            key = (str(path), found.st_ino, found.st_mtime_ns, found.st_size)
            if key not in self._hashes:
                self._hashes[key] = self._hash(path)
        except OSError as error:
            raise Failure(f"cannot read '{path}': {error.strerror}") from None
        sha256 = self._hashes[key]
        mode = stat.S_IMODE(found.st_mode)
        chunks = None
        if found.st_size > LARGE:
            chunks = partial(_chunks, path, sha256, found.st_size)
        whole = partial(_read, path, sha256)
        return Content(sha256, found.st_size, whole, path.name, mode, stream=chunks)

    @staticmethod
    def _hash(path: Path) -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def tree(
        self,
        path: str,
        exclude: Sequence[str] = (),
        follow: bool = False,
        include: Sequence[str] = (),
    ) -> Tree:
        """The directory with all that is in it; ``follow``: links are what they point to, broken
        ones excepted.

        ``exclude`` are shell patterns for a name or, with a slash in them, for a path below the
        directory; with ``include`` files that none of its patterns matches are left out too.  A
        trailing slash on ``path`` means the contents only.
        """
        root = path.rstrip("/") or "/"
        try:
            found = self._entries(root, "", exclude, include, follow, ())
            entries = sorted(found, key=_order)
        except OSError as error:
            raise Failure(f"cannot read '{error.filename}': {error.strerror}") from None
        return Tree(Path(path).name, entries, contents_only=path.endswith("/"))

    def _entries(
        self,
        root: str,
        below: str,
        exclude: Sequence[str],
        include: Sequence[str],
        follow: bool,
        above: tuple[str, ...],
    ) -> Iterator[TreeEntry]:
        directory = f"{root}/{below}" if below else root
        real = os.path.realpath(directory)
        if real in above:
            raise Failure(f"'{directory}' links back to a directory that it is in")
        for item in os.scandir(directory):
            path = f"{below}/{item.name}" if below else item.name
            if excluded(path, exclude):
                continue
            wanted = not include or matches(path, include)
            if item.is_symlink() and not (follow and Path(item.path).exists()):
                if not wanted:
                    continue
                yield TreeEntry(path, 0o777, target=str(Path(item.path).readlink()))
            elif item.is_dir():
                yield TreeEntry(path, stat.S_IMODE(item.stat().st_mode))
                yield from self._entries(root, path, exclude, include, follow, (*above, real))
            elif item.is_file() and wanted:
                content = self.file(Path(item.path))
                yield TreeEntry(path, content.mode, content=content)


def excluded(path: str, patterns: Sequence[str]) -> bool:
    """Whether a path below the tree's root is matched by one of the patterns."""
    name = path.rsplit("/", 1)[-1]
    return any(
        fnmatch.fnmatchcase(path if "/" in pattern.rstrip("/") else name, pattern.strip("/"))
        for pattern in patterns
    )


def _order(entry: TreeEntry) -> tuple[str, ...]:
    return tuple(entry.path.split("/"))


def _read(path: Path, sha256: str) -> bytes:
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _changed(path)
    return data


def _chunks(path: Path, sha256: str, size: int) -> Iterator[bytes]:
    """The file piece by piece; a Failure before the last one where it is no longer what it was."""
    state = hashlib.sha256()
    left = size
    with path.open("rb", buffering=0) as file:
        while left:
            chunk = file.read(min(CHUNK, left))
            state.update(chunk)
            left -= len(chunk)
            if not chunk or (not left and state.hexdigest() != sha256):
                raise _changed(path)
            yield chunk


def _changed(path: Path) -> Failure:
    return Failure(f"'{path}' changed while it was being used: run again")
