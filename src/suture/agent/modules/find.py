"""The files, directories or links below some directories that match, with what stat tells of them.

They come sorted by name, a directory's files before its subdirectories.
"""

from __future__ import annotations

import fnmatch
import os
import re
import time
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Literal, Optional, Set, Tuple

from ..protocol.spec import Failure, arg
from ..shared.paths import expanded
from ..shared.patterns import patiently
from ..shared.stat_result import stat_data
from ..shared.text_files import checked_pattern
from ..world.node import Node, mode_from
from ..world.world import World

EXAMPLES = """
- name: logs older than four weeks
  find:
    paths: /var/log/app
    patterns: "*.log,*.log.gz"
    age: 4w
    recurse: true
  register: old_logs

- name: directories with this very mode
  find: {paths: /srv, file_type: directory, mode: "0777"}
"""
LOOKS = True

SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
BYTES = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


@dataclass(frozen=True)
class Args:
    paths: list[str] = arg("Directories to look in.", aliases=("name", "path"))
    patterns: list[str] = arg("Shell patterns for the name.", [], aliases=("pattern",))
    excludes: list[str] | None = arg(
        "Patterns of names that are left out.", None, aliases=("exclude",)
    )
    use_regex: bool = arg("The patterns are regular expressions.", False)
    contains: str | None = arg("Regular expression that a line of the file begins with.", None)
    read_whole_file: bool = arg("Seek 'contains' anywhere in the whole content.", False)
    encoding: str | None = arg("Encoding of the files, for 'contains'.", None)
    file_type: Literal["any", "directory", "file", "link"] = arg("What is sought.", "file")
    recurse: bool = arg("Look in subdirectories too.", False)
    depth: int | None = arg("How many levels deep; the directory itself is level 1.", None)
    hidden: bool = arg("Find what begins with a dot too.", False)
    follow: bool = arg("Look into directories that links point to.", False)
    age: str | None = arg("Older than this, such as 2d; with a minus younger.", None)
    age_stamp: Literal["atime", "ctime", "mtime"] = arg("The time that 'age' is about.", "mtime")
    size: str | None = arg("At least as large as this, such as 10m; with a minus at most.", None)
    mode: str | int | None = arg("Permissions.", None)
    exact_mode: bool = arg("All the permissions are so; else one of them is enough.", True)
    get_checksum: bool = arg("Hash each file's content.", False)
    checksum_algorithm: Literal["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] = arg(
        "How the content is hashed.", "sha1", aliases=("checksum", "checksum_algo")
    )
    limit: int | None = arg("Stop after so many.", None)

    def __post_init__(self) -> None:
        _amount("age", self.age, SECONDS)
        _amount("size", self.size, BYTES)
        checked_pattern("contains", self.contains)
        if self.use_regex:
            for pattern in [*self.patterns, *(self.excludes or [])]:
                checked_pattern("patterns", pattern)
        if self.limit is not None and self.limit < 1:
            raise ValueError("'limit' is at least 1")


def _amount(name: str, wanted: Optional[str], units: Dict[str, int]) -> Optional[int]:
    """The number that a text such as 10m or -2w means."""
    if wanted is None:
        return None
    match = re.fullmatch(r"(-?\d+)([a-z]?)", wanted.lower())
    if match is None or match[2] not in units:
        known = ", ".join(unit for unit in units if unit)
        raise ValueError(f"'{name}' is a number with one of {known} behind it, not '{wanted}'")
    return int(match[1]) * units[match[2]]


@dataclass(frozen=True)
class FoundEntry:
    """Something below one of the directories; ``level`` 1 is directly in it."""

    path: str
    node: Node
    level: int


def apply(args: Args, world: World) -> Dict[str, Any]:
    found: List[Dict[str, Any]] = []
    skipped: Dict[str, str] = {}
    examined = 0
    message = "All paths examined"
    now = time.time()
    for given in args.paths:
        top = os.path.normpath(expanded(given, world))
        node = world.stat(top)
        if node is None or node.kind != "directory":
            skipped[top] = f"'{top}' is not a directory"
            continue
        for entries, count in _listed(args, top, skipped, world):
            examined += count
            for entry in entries:
                if wanted(entry, args, now) and _contains(entry, args, world):
                    found.append(_match_data(entry, args, world))
                if len(found) == args.limit:
                    break
            if len(found) == args.limit:
                message = "Limit of matches reached"
                break
    if skipped:
        message = "Not all paths examined, check warnings for details"
    return {
        "files": found,
        "matched": len(found),
        "examined": examined,
        "skipped_paths": skipped,
        "msg": message,
    }


def _listed(
    args: Args, top: str, skipped: Dict[str, str], world: World
) -> Iterator[Tuple[List[FoundEntry], int]]:
    """Each directory's entries and how many there were, from the top down."""
    waiting, seen = [(top, 1)], {world.real(top)}
    while waiting:
        directory, level = waiting.pop(0)
        try:
            names = world.names(directory)
        except Failure as error:
            skipped[directory] = str(error)
            continue
        nodes = [(name, world.stat(os.path.join(directory, name), follow=False)) for name in names]
        entries = [
            FoundEntry(os.path.join(directory, name), node, level) for name, node in nodes if node
        ]
        files = [entry for entry in entries if not _is_directory(entry, world)]
        directories = [entry for entry in entries if entry not in files]
        shallow = args.depth is None or level <= args.depth
        yield (files + directories if shallow else []), len(entries)
        if args.recurse and shallow:
            below = [entry.path for entry in directories if _entered(entry, args, seen, world)]
            waiting[:0] = [(path, level + 1) for path in below]


def _is_directory(entry: FoundEntry, world: World) -> bool:
    target = world.stat(entry.path) if entry.node.kind == "link" else entry.node
    return target is not None and target.kind == "directory"


def _entered(entry: FoundEntry, args: Args, seen: Set[str], world: World) -> bool:
    """Whether to look into this directory: each one once, links only when they are followed."""
    if entry.node.kind == "link" and not args.follow:
        return False
    real = world.real(entry.path)
    return not (real in seen or seen.add(real))  # type: ignore[func-returns-value]


def wanted(entry: FoundEntry, args: Args, now: float) -> bool:
    """Whether everything but the content is as it is sought."""
    name, node = os.path.basename(entry.path), entry.node
    if name.startswith(".") and not args.hidden:
        return False
    if args.file_type not in ("any", node.kind):
        return False
    if not _named(name, args) or not _aged(node, args, now) or not _moded(node, args):
        return False
    size = _amount("size", args.size, BYTES)
    if size is None or node.kind != "file":
        return True
    return node.size >= size if size >= 0 else node.size <= -size


def _named(name: str, args: Args) -> bool:
    match = re.match if args.use_regex else _globbed
    patterns = args.patterns or [".*" if args.use_regex else "*"]
    with patiently(", ".join(patterns) if args.use_regex else None, name):
        if not any(match(pattern, name) for pattern in patterns):
            return False
        return not any(match(pattern, name) for pattern in args.excludes or [])


def _globbed(pattern: str, name: str) -> bool:
    return fnmatch.fnmatch(name, pattern)


def _aged(node: Node, args: Args, now: float) -> bool:
    age = _amount("age", args.age, SECONDS)
    if age is None:
        return True
    stamp = getattr(node, args.age_stamp)
    past = now - (now if stamp is None else stamp)
    return bool(past >= age if age >= 0 else past <= -age)


def _moded(node: Node, args: Args) -> bool:
    if args.mode is None:
        return True
    mode = mode_from(args.mode, 0, False)
    return node.mode == mode if args.exact_mode else bool(node.mode & mode)


def _contains(entry: FoundEntry, args: Args, world: World) -> bool:
    if args.contains is None or args.file_type != "file":
        return True
    try:
        data = world.read(entry.path) or b""
    except Failure:
        return False
    text = data.decode(args.encoding or "utf-8", "surrogateescape").replace("\r\n", "\n")
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    with patiently(args.contains, entry.path):
        if args.read_whole_file:
            return bool(re.search(args.contains, text))
        return any(re.match(args.contains, line) for line in lines)


def _match_data(entry: FoundEntry, args: Args, world: World) -> Dict[str, Any]:
    found = {"path": entry.path, **stat_data(entry.path, entry.node, world)}
    if args.get_checksum and entry.node.kind == "file":
        found["checksum"] = world.digest(entry.path, args.checksum_algorithm)
    return found
