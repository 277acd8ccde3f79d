"""A directory of the host holds what a directory of the controller holds, compared by hash.

``dest`` is the counterpart of ``src`` itself, with or without a trailing slash.  Only what differs
is sent, all of it asked for at once.  Links below ``dest`` are never followed.
"""

from __future__ import annotations

import fnmatch
import os
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Sequence, Set, Tuple, Union

from ..protocol.content import Tree, TreeEntry, prefetch
from ..protocol.spec import Failure, arg
from ..shared.paths import expanded
from ..shared.placement import preserved
from ..world.node import new_mode
from ..world.world import World

EXAMPLES = """
- name: the tests' fixtures are the ones kept here
  sync:
    src: tests
    dest: /srv/app/tests
    include: [conftest.py, "fixtures/*"]

- name: the site, and nothing else
  sync:
    src: site/
    dest: /var/www/site
    exclude: [.git, "*.map", uploads]
    delete: true
"""


@dataclass(frozen=True)
class Args:
    src: Union[Tree, str] = arg("The directory on the controller.", kind="file")
    dest: str = arg("The directory on the host; it is made where it is missing.")
    include: list[str] = arg(
        "Only files that one of these patterns matches, by name or, with a slash, by path.", []
    )
    exclude: list[str] = arg("Neither copied nor deleted; patterns as in include.", [])
    delete: bool = arg("Remove what is below dest and not below src.", False)
    mode: str | int | None = arg(
        'Permissions of files; "preserve": as in src. Left out, a new file has those of src less'
        " the umask, and one that is there keeps its own.",
        None,
    )
    directory_mode: str | int | None = arg(
        'Permissions of directories; "preserve": as in src.', None
    )
    owner: str | None = arg("User that everything copied belongs to.", None)
    group: str | None = arg("Group that everything copied belongs to.", None)


def apply(args: Args, world: World) -> Dict[str, Any]:
    if not isinstance(args.src, Tree):
        raise Failure("sync takes a directory; copy takes a file")
    top = world.real(expanded(args.dest, world))
    entries = wanted(args.src.entries, args)
    _cleared(args, top, entries, world)
    _with_directories(args, top, entries, world)
    added, changed, same = _compared(top, entries, world)
    prefetch(entry.content for entry in added + changed if entry.content is not None)
    with world.together():
        for entry in added + changed:
            _put(args, os.path.join(top, entry.path), entry, world)
    links = [entry for entry in added + changed if entry.content is None]
    for entry in same + links:
        _kept(args, os.path.join(top, entry.path), entry, world)
    known = {entry.path for entry in entries}
    removed = _removed(args, top, "", known, world) if args.delete else []
    return {
        "dest": top,
        "added": len(added),
        "changed": len(changed),
        "removed": len(removed),
        "bytes": sum(entry.content.size for entry in added + changed if entry.content),
        "files": {
            "added": [entry.path for entry in added],
            "changed": [entry.path for entry in changed],
            "removed": removed,
        },
    }


def wanted(entries: Sequence[TreeEntry], args: Args) -> List[TreeEntry]:
    """The entries that include and exclude leave, with the directories above them."""
    left = [entry for entry in entries if not matches(entry.path, args.exclude)]
    if not args.include:
        return left
    found: Set[str] = set()
    for entry in left:
        if _is_file(entry) and matches(entry.path, args.include):
            found.update([entry.path, *_above(entry.path)])
    return [entry for entry in left if entry.path in found]


def matches(path: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns matches the path, or a directory above it."""
    for part in [path, *_above(path)]:
        name = os.path.basename(part)
        for pattern in patterns:
            bare = pattern.strip("/")
            if fnmatch.fnmatchcase(part if "/" in bare else name, bare):
                return True
    return False


def _above(path: str) -> Iterator[str]:
    """The directories above a path, the nearest first."""
    while "/" in path:
        path = os.path.dirname(path)
        yield path


def _is_file(entry: TreeEntry) -> bool:
    """Whether this is a file or a link, not a directory."""
    return entry.content is not None or entry.target is not None


def _cleared(args: Args, top: str, entries: Sequence[TreeEntry], world: World) -> None:
    """No link stands where a directory goes, nor any other thing of another kind."""
    in_the_way = []
    for entry in entries:
        path = os.path.join(top, entry.path)
        node = world.stat(path, follow=False)
        if node is None or _is_file(entry) == (node.kind in ("file", "link")):
            continue
        if node.kind != "link" and not args.delete:
            message = f"a {node.kind} is at {path}, where src has another kind of thing"
            raise Failure(f"{message}: remove it, or set 'delete: true'")
        in_the_way.append(path)
    for path in in_the_way:
        world.remove(path)


def _with_directories(args: Args, top: str, entries: Sequence[TreeEntry], world: World) -> None:
    """Every directory stands."""
    preserve = args.directory_mode == "preserve"
    owner, group = args.owner or "", args.group or ""
    mode = None if preserve else args.directory_mode
    world.mkdir(top, mode=mode, owner=owner, group=group, parents=True)
    for entry in entries:
        if not _is_file(entry):
            mode = entry.mode if preserve else args.directory_mode
            path = os.path.join(top, entry.path)
            world.mkdir(path, mode=mode, owner=owner, group=group)


def _compared(
    top: str, entries: Sequence[TreeEntry], world: World
) -> Tuple[List[TreeEntry], List[TreeEntry], List[TreeEntry]]:
    """The files and links that the host lacks, those that differ there, and those that do not."""
    added: List[TreeEntry] = []
    changed: List[TreeEntry] = []
    same: List[TreeEntry] = []
    for entry in filter(_is_file, entries):
        path = os.path.join(top, entry.path)
        node = world.stat(path, follow=False)
        if node is None:
            added.append(entry)
        elif entry.content is None:
            (same if node.target == entry.target else changed).append(entry)
        elif node.kind != "file" or node.size != entry.content.size:
            changed.append(entry)
        else:
            equal = world.digest(path) == entry.content.sha256
            (same if equal else changed).append(entry)
    return added, changed, same


def _put(args: Args, path: str, entry: TreeEntry, world: World) -> None:
    if entry.content is None:
        world.link(path, entry.target or "")
        return
    mode = preserved(args.mode, entry.mode)
    if mode is None:
        old = world.stat(path, follow=False)
        mode = None if old is not None and old.kind == "file" else new_mode(entry.mode)
    world.write(path, entry.content, mode=mode, owner=args.owner or "", group=args.group or "")


def _kept(args: Args, path: str, entry: TreeEntry, world: World) -> None:
    """What is there already has the attributes that are asked for."""
    mode = preserved(args.mode, entry.mode)
    if (mode, args.owner, args.group) != (None, None, None):
        owner, group = args.owner or "", args.group or ""
        world.attributes(path, mode=mode, owner=owner, group=group, follow=False)


def _removed(args: Args, top: str, below: str, known: Set[str], world: World) -> List[str]:
    """What is not in src is gone, but for what the patterns spare; the paths that went."""
    gone = []
    for name in world.names(os.path.join(top, below)):
        path = os.path.join(below, name)
        if matches(path, args.exclude):
            continue
        place = os.path.join(top, path)
        node = world.stat(place, follow=False)
        directory = node is not None and node.kind == "directory"
        if path not in known and not _spares(args, top, path, directory, world):
            world.remove(place)
            gone.append(path)
        elif directory:
            gone += _removed(args, top, path, known, world)
    return gone


def _spares(args: Args, top: str, path: str, directory: bool, world: World) -> bool:
    """Whether include or exclude keeps this, or something below it, from being removed."""
    if matches(path, args.exclude):
        return True
    if not directory:
        return bool(args.include) and not matches(path, args.include)
    for name in world.names(os.path.join(top, path)):
        below = os.path.join(path, name)
        node = world.stat(os.path.join(top, below), follow=False)
        if _spares(args, top, below, node is not None and node.kind == "directory", world):
            return True
    return bool(args.include) and not world.names(os.path.join(top, path))
