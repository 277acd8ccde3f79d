"""Everything that changed on disk, read from the upper layers of overlays."""

from __future__ import annotations

import heapq
import os
import stat as st
from dataclasses import dataclass, field
from typing import (
    Any,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

ROWS = 12
"""The most directories that a summary names."""

REST = "…"
"""What a summary calls the rest of a directory."""

NAMED = 500
"""The most paths of each kind that a report names; it counts them all."""

CACHES = frozenset({
    "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".cache",
    ".npm",
})  # fmt: skip
"""Directories whose content nobody misses."""

OPAQUE = ("user.overlay.opaque", "trusted.overlay.opaque")


@dataclass(frozen=True)
class Overlay:
    """One overlay: where it is mounted, and its two layers as open directories."""

    path: str
    upper: int
    lower: int
    made: Mapping[str, int] = field(default_factory=dict)
    """The directories, relative to ``path``, that were put into the upper layer beforehand, with
    their modes."""


class Difference(NamedTuple):
    """A path that is "added", "changed", "removed" or only "touched" (other times, all else the
    same); directories end in a slash.  ``size`` counts what was written."""

    path: str
    kind: str
    size: int = 0


class Open:
    """A directory, open within the ``with`` block; None where there is no such directory."""

    def __init__(self, name: str, above: Optional[int]) -> None:
        self._name, self._above = name, above
        self.number: Optional[int] = None

    def __enter__(self) -> Optional[int]:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
        if self._above is not None:
            try:
                self.number = os.open(self._name, flags, dir_fd=self._above)
            except OSError:
                self.number = None
        return self.number

    def __exit__(self, *_: object) -> None:
        if self.number is not None:
            os.close(self.number)


def differences(overlays: Iterable[Overlay]) -> Iterator[Difference]:
    """Everything that changed in the overlays, sorted within each directory."""
    for overlay in overlays:
        yield from _changes(overlay, overlay.path, "", overlay.upper, overlay.lower)


def _changes(
    overlay: Overlay, path: str, inner: str, upper: int, lower: Optional[int]
) -> Iterator[Difference]:
    """The differences below one directory; ``inner`` is its path within the overlay."""
    names = sorted(os.listdir(upper))
    for name in names:
        new, old = os.lstat(name, dir_fd=upper), _found(name, lower)
        there, within = os.path.join(path, name), os.path.join(inner, name)
        if st.S_ISCHR(new.st_mode) and new.st_rdev == 0:
            yield from _removed(there, name, old, lower)
            continue
        same_kind = old is not None and st.S_IFMT(old.st_mode) == st.S_IFMT(new.st_mode)
        if not st.S_ISDIR(new.st_mode):
            if old is not None and st.S_ISDIR(old.st_mode):
                yield from _content_removed(there, name, lower)
            kind = "added" if old is None else _kind(name, new, old, upper, lower)
            if kind:
                yield Difference(there, kind, new.st_size if kind != "touched" else 0)
            continue
        if old is None:
            yield Difference(there + "/", "added")
        elif not same_kind or _attributes(new, overlay.made.get(within)) != _attributes(
            old, overlay.made.get(within)
        ):
            yield Difference(there + "/", "changed")
        with Open(name, upper) as inside, Open(name, lower if same_kind else None) as below:
            if inside is None:
                continue
            if below is not None and _is_opaque(inside):
                yield from _content_removed(there, name, lower, os.listdir(inside))
            yield from _changes(overlay, there, within, inside, below)


def _found(name: str, above: Optional[int]) -> Optional[os.stat_result]:
    if above is None:
        return None
    try:
        return os.lstat(name, dir_fd=above)
    except OSError:
        return None


def _attributes(found: os.stat_result, made: Optional[int]) -> Tuple[int, int, int]:
    """Mode, owner and group; for a directory made beforehand the mode that it was made with."""
    if made is not None:
        return (made, 0, 0)
    return (st.S_IMODE(found.st_mode), found.st_uid, found.st_gid)


def _is_opaque(directory: int) -> bool:
    """Whether the directory hides what the lower layer holds at its path."""
    return any(
        name in OPAQUE and os.getxattr(directory, name) == b"y" for name in _marks(directory)
    )


def _marks(directory: int) -> List[str]:
    """The names of its extended attributes; none on a file system without any."""
    try:
        return os.listxattr(directory)
    except OSError:
        return []


def _removed(
    path: str, name: str, old: Optional[os.stat_result], lower: Optional[int]
) -> Iterator[Difference]:
    if old is None:
        return
    if not st.S_ISDIR(old.st_mode):
        yield Difference(path, "removed")
        return
    yield Difference(path + "/", "removed")
    yield from _content_removed(path, name, lower)


def _content_removed(
    path: str, name: str, lower: Optional[int], kept: Iterable[str] = ()
) -> Iterator[Difference]:
    """All that was in a directory of the lower layer, except the names that are still there."""
    with Open(name, lower) as directory:
        if directory is None:
            return
        for each in sorted({*os.listdir(directory)} - {*kept}):
            there = os.path.join(path, each)
            yield from _removed(there, each, _found(each, directory), directory)


def _kind(
    name: str, new: os.stat_result, old: os.stat_result, upper: int, lower: Optional[int]
) -> str:
    """What happened to anything but a directory; empty where it is exactly as before."""
    assert lower is not None
    if st.S_IFMT(new.st_mode) != st.S_IFMT(old.st_mode):
        return "changed"
    if _attributes(new, None) != _attributes(old, None):
        return "changed"
    if st.S_ISLNK(new.st_mode):
        same = os.readlink(name, dir_fd=upper) == os.readlink(name, dir_fd=lower)
    elif st.S_ISREG(new.st_mode):
        same = new.st_size == old.st_size and _same_content(name, upper, lower)
    else:
        same = new.st_rdev == old.st_rdev
    if not same:
        return "changed"
    return "" if new.st_mtime_ns == old.st_mtime_ns else "touched"


def _same_content(name: str, upper: int, lower: int) -> bool:
    def opened(directory: int) -> int:
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=directory)

    try:
        with open(opened(upper), "rb") as new, open(opened(lower), "rb") as old:
            while True:
                chunk = new.read(1 << 20)
                if chunk != old.read(1 << 20):
                    return False
                if not chunk:
                    return True
    except PermissionError:
        return False


def space(directory: int) -> int:
    """Bytes that everything below a directory occupies, on disk or in memory."""
    total = 0
    for name in os.listdir(directory):
        total += os.lstat(name, dir_fd=directory).st_blocks * 512
        with Open(name, directory) as inside:
            if inside is not None:
                total += space(inside)
    return total


# -- the report ------------------------------------------------------------------------------------


def disk_report(found: Iterable[Difference]) -> Dict[str, Any]:
    """The differences by kind, caches apart, and the directories that hold most of them."""
    caches: Dict[str, List[int]] = {}
    listed: List[Difference] = []
    for difference in found:
        cache = cache_of(difference.path)
        if cache:
            entry = caches.setdefault(cache, [0, 0])
            entry[0] += not difference.path.endswith("/")
            entry[1] += difference.size
        else:
            listed.append(difference)
    top = rows(listed)
    kinds: Dict[str, List[str]] = {"added": [], "changed": [], "removed": [], "touched": []}
    for difference in listed:
        kinds[difference.kind].append(difference.path)
    return {
        **{kind: named(paths, [row.path for row in top]) for kind, paths in kinds.items()},
        "changes": {kind: len(paths) for kind, paths in kinds.items()},
        "bytes": sum(difference.size for difference in listed),
        "top": [row._asdict() for row in top],
        "caches": [
            {"path": path, "files": files, "bytes": size}
            for path, (files, size) in sorted(caches.items())
        ],
    }


def named(paths: Sequence[str], tops: Sequence[str], most: int = NAMED) -> List[str]:
    """At most ``most`` of the paths, in their order: about as many for each row of the summary, so
    that a few files are not lost among thousands; of each row the outermost."""
    if len(paths) <= most:
        return list(paths)
    held: Dict[str, List[str]] = {}
    above = [top.rstrip(REST) for top in tops]
    for path in paths:
        top = max((each for each in above if path.startswith(each)), key=len, default="")
        held.setdefault(top, []).append(path)
    chosen: Set[str] = set()
    for left, each in zip(range(len(held), 0, -1), sorted(held.values(), key=len)):
        share = (most - len(chosen)) // left
        chosen.update(sorted(each, key=lambda path: (path.count("/"), path))[:share])
    return [path for path in paths if path in chosen]


def cache_of(path: str) -> str:
    """The cache that a path belongs to, or nothing."""
    parts = path.split("/")
    for position, part in enumerate(parts):
        in_pip = position and parts[position - 1] == "pip"
        if in_pip and part in ("http", "http-v2", "wheels", "selfcheck"):
            return "/".join(parts[:position]) + "/"
        if part in CACHES:
            return "/".join(parts[: position + 1]) + "/"
    return ""


class Row(NamedTuple):
    """What changed at a path, or below it where it ends in a slash; a path that ends in REST stands
    for what else lies there."""

    path: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    bytes: int = 0


class _Branch:
    """A directory of the summary, with the sums of all below it."""

    def __init__(self) -> None:
        self.counts = {"added": 0, "changed": 0, "removed": 0, "touched": 0}
        self.size = 0
        self.own = 0
        self.inner: Dict[str, _Branch] = {}

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def row(self, path: str) -> Row:
        counts = self.counts
        changed = counts["changed"] + counts["touched"]
        return Row(path, counts["added"], changed, counts["removed"], self.size)


def rows(found: Iterable[Difference], most: int = ROWS) -> List[Row]:
    """At most ``most`` rows that together cover every difference once: the fullest directory is
    replaced by its entries as long as there is room, the last one by its fullest entries."""
    top = _Branch()
    for difference in found:
        _count(top, difference)
    if not top.total:
        return []
    done: List[Tuple[str, _Branch]] = []
    waiting = [(-top.total, "/", top)]
    while waiting:
        _, path, branch = heapq.heappop(waiting)
        fits = len(done) + len(waiting) + len(branch.inner) <= (most + 1) // 2
        if branch.own or not branch.inner or not (fits or len(branch.inner) == 1):
            done.append((path, branch))
            continue
        for name, each in branch.inner.items():
            heapq.heappush(waiting, (-each.total, path + name, each))
    full = max(done, key=lambda pair: 0 if pair[1].own else pair[1].total)
    if not full[1].own and most - len(done) > 0:
        done.remove(full)
        done += _fullest(*full, most - len(done) - 1)
    return [branch.row(path) for path, branch in sorted(done, key=lambda pair: pair[0])]


def _fullest(path: str, branch: _Branch, most: int) -> List[Tuple[str, _Branch]]:
    """The fullest entries of a directory, and all its other entries as one row."""
    inner = sorted(branch.inner.items(), key=lambda pair: -pair[1].total)
    if len(inner) <= most + 1:
        return [(path + name, each) for name, each in inner]
    rest = _Branch()
    for _, each in inner[most:]:
        rest.size += each.size
        for kind, count in each.counts.items():
            rest.counts[kind] += count
    return [*((path + name, each) for name, each in inner[:most]), (path + REST, rest)]


def _count(top: _Branch, difference: Difference) -> None:
    """Add a difference to every directory that it lies in, and to itself."""
    branches, branch = [top], top
    for name in _steps(difference.path):
        branch = branch.inner.setdefault(name, _Branch())
        branches.append(branch)
    branch.own += 1
    for each in branches:
        each.counts[difference.kind] += 1
        each.size += difference.size


def _steps(path: str) -> List[str]:
    """The components of a path; those of directories keep their slash."""
    names = path.strip("/").split("/")
    steps = [name + "/" for name in names]
    if not path.endswith("/"):
        steps[-1] = names[-1]
    return steps
