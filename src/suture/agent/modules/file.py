"""A file, directory or link is there with these attributes, or nothing is."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any, Dict, Literal, Optional

from ..protocol.spec import Failure, arg
from ..shared.labels import context_argument, flags_argument, in_place_argument, labelling
from ..shared.paths import expanded, path_info
from ..world.node import Node, Time
from ..world.world import World

EXAMPLES = """
- name: the data directory, closed to others
  file:
    path: /srv/app/data
    state: directory
    owner: app
    mode: "0750"

- name: the current release
  file:
    src: /srv/releases/42
    path: /srv/current
    state: link

- name: no more cache
  file: {path: /srv/app/cache, state: absent}
"""

FORMAT = "%Y%m%d%H%M.%S"


@dataclass(frozen=True)
class Args:
    path: str = arg("What is meant.", aliases=("dest", "name"))
    state: Literal["absent", "directory", "file", "hard", "link", "touch"] | None = arg(
        "file: a file is there already. touch: a file is there, its times are now."
        " directory: with all directories above it. hard: it is another name of src. Left out:"
        " what is there keeps its kind.",
        None,
    )
    src: str | None = arg("What a link points to, as it is written into the link.", None)
    mode: str | int | None = arg('Permissions, such as "0644" or "u=rwX,go-w".', None)
    owner: str | None = arg("User that it belongs to.", None)
    group: str | None = arg("Group that it belongs to.", None)
    attributes: str | None = flags_argument()
    seuser: str | None = context_argument("seuser")
    serole: str | None = context_argument("serole")
    setype: str | None = context_argument("setype")
    selevel: str | None = context_argument("selevel")
    unsafe_writes: bool = in_place_argument()
    recurse: bool = arg("Give the attributes to everything below the directory too.", False)
    follow: bool = arg("Where a link is there, mean what it points to.", True)
    force: bool = arg(
        "Make a link in place of a file or empty directory, and to something that is not there.",
        False,
    )
    modification_time: str | None = arg('"now", "preserve", or a time in its format.', None)
    modification_time_format: str = arg("Format of modification_time, as in strptime.", FORMAT)
    access_time: str | None = arg('"now", "preserve", or a time in its format.', None)
    access_time_format: str = arg("Format of access_time, as in strptime.", FORMAT)

    def __post_init__(self) -> None:
        if self.recurse and self.state not in (None, "directory"):
            raise ValueError("'recurse' needs state: directory")
        if self.src is not None and self.state not in ("link", "hard", None):
            raise ValueError("'src' needs state: link or state: hard")
        self.times()

    def times(self) -> Dict[str, Time]:
        """The times that are asked for; a touch without any asks for now."""
        return {
            "mtime": _time(self.modification_time, self.modification_time_format, self.state),
            "atime": _time(self.access_time, self.access_time_format, self.state),
        }


def _time(wanted: Optional[str], form: str, state: Optional[str]) -> Time:
    if wanted is None:
        return "now" if state == "touch" else None
    if wanted == "preserve":
        return None
    if wanted == "now":
        return "now"
    try:
        return time.mktime(time.strptime(wanted, form))
    except (ValueError, OverflowError):
        raise ValueError(f"the time '{wanted}' does not have the format '{form}'") from None


@labelling
def apply(args: Args, world: World) -> Dict[str, Any]:
    path = expanded(args.path, world)
    path = path.rstrip("/") or "/"
    state = args.state or _present_state(args, path, world)
    if state == "absent":
        world.remove(path)
        return {"path": path, "state": "absent"}
    if state == "link":
        return _link(args, path, world)
    if state == "hard":
        return _hard(args, path, world)
    if args.src:
        raise Failure("src option requires state to be 'link' or 'hard'", path=path)
    if state == "touch":
        _touch(args, path, world)
        return {"dest": path, **path_info(path, world)}
    path = _meant(args, path, world)
    if state == "directory":
        _directory(args, path, world)
    else:
        _file(args, path, world)
    return {"path": path, **path_info(path, world)}


def _present_state(args: Args, path: str, world: World) -> str:
    node = world.stat(path, follow=False)
    if node is None:
        return "directory" if args.recurse else "file"
    if args.recurse and node.kind == "link":
        return "directory"
    return "file" if node.kind == "other" else node.kind


def _meant(args: Args, path: str, world: World) -> str:
    """The path, or where a link at it leads."""
    node = world.stat(path, follow=False)
    return world.real(path) if args.follow and node and node.kind == "link" else path


def _attributed(
    args: Args, path: str, times: Dict[str, Time], world: World, follow: bool = False
) -> None:
    world.attributes(
        path,
        mode=args.mode,
        owner=args.owner or "",
        group=args.group or "",
        mtime=times.get("mtime"),
        atime=times.get("atime"),
        follow=follow,
    )


# -- the states ------------------------------------------------------------------------------------


def _file(args: Args, path: str, world: World) -> None:
    node = world.stat(path, follow=False)
    if node is None or node.kind in ("directory", "link"):
        what = "absent" if node is None else f"a {node.kind}"
        message = f"{path} is {what}: state 'file' changes a file that is there"
        advice = ", 'touch' makes one" if node is None else ""
        raise Failure(message + advice, path=path, state=node.kind if node else "absent")
    _attributed(args, path, args.times(), world)


def _touch(args: Args, path: str, world: World) -> None:
    times = args.times()
    if world.stat(path, follow=False) is None:
        world.write(path, b"", mode=args.mode, owner=args.owner or "", group=args.group or "")
        times = {name: None if wanted == "now" else wanted for name, wanted in times.items()}
    _attributed(args, path, times, world, args.follow)


def _directory(args: Args, path: str, world: World) -> None:
    node = world.stat(path, follow=False)
    if node is not None and node.kind != "directory":
        raise Failure(f"{path} is there already, as a {node.kind}", path=path)
    if node is None:
        owner, group = args.owner or "", args.group or ""
        world.mkdir(path, mode=args.mode, owner=owner, group=group, parents=True)
    if args.recurse:
        _below(args, path, world)
    _attributed(args, path, args.times(), world)


def _below(args: Args, directory: str, world: World) -> None:
    """Give the attributes to everything below the directory.  A link is no way out of it, whatever
    ``follow`` says: whoever may write there could have put it there."""
    for name in world.names(directory):
        path = os.path.join(directory, name)
        node = world.stat(path, follow=False)
        if node is None:
            continue
        if node.kind == "link":
            _attributed(args, path, {}, world)
            continue
        if node.kind == "directory":
            _below(args, path, world)
        _attributed(args, path, args.times(), world)


def _link(args: Args, path: str, world: World) -> Dict[str, Any]:
    node = world.stat(path, follow=False)
    src = args.src
    if src is None and node is not None and node.kind == "link":
        src = node.target
    if src is None:
        raise Failure(f"{path} is no link: 'src' says what it is to point to", path=path)
    src = expanded(src, world)
    if args.src is not None:
        _check_link(args, path, src, node, world)
        if node is not None and node.kind == "directory":
            world.remove(path)
        world.link(path, src)
    if world.stat(path) is not None or not args.follow:
        _attributed(args, path, args.times(), world, args.follow)
    return {"dest": path, "src": src, **path_info(path, world)}


def _hard(args: Args, path: str, world: World) -> Dict[str, Any]:
    """The path is another name of the file that ``src`` names."""
    if args.src is None:
        raise Failure(f"'src' says of what {path} is to be another name", path=path)
    src = expanded(args.src, world)
    if not src.startswith("/"):
        src = os.path.join(os.path.dirname(path), src)
    source, node = world.stat(src), world.stat(path, follow=False)
    if source is None:
        raise Failure(f"{src} does not exist", path=path, src=src)
    if source.kind != "file":
        raise Failure(f"{src} is a {source.kind}: only a file has other names", path=path, src=src)

    def look() -> str:
        same = node is not None and (node.inode, node.dev) == (source.inode, source.dev)
        return src if same and source.inode else ""

    if world.state(f"hard:{path}", look) != src:
        if node is not None:
            message = f"a {node.kind} is at {path}: state: absent removes it, for another name"
            raise Failure(message, path=path, src=src)
        world.run(
            "ln",
            src,
            path,
            makes=[path],
            action="hard link",
            shown=path,
            expects={f"hard:{path}": src},
            undo=[["rm", "-f", path]],
        )
    _attributed(args, path, args.times(), world)
    return {"dest": path, "src": src, **path_info(path, world), "state": "hard"}


def _check_link(args: Args, path: str, src: str, node: Optional[Node], world: World) -> None:
    """Raise a Failure for a link that would lead nowhere, or displace what is there."""
    kind = "" if node is None else node.kind
    above = path if kind == "directory" else os.path.dirname(path)
    target = os.path.join(above, src)
    if not args.force and world.stat(target) is None:
        message = f"{target} does not exist; 'force: true' makes the link all the same"
        raise Failure(message, path=path, src=src)
    if kind in ("file", "directory", "other") and not args.force:
        message = f"a {kind} is at {path}; 'force: true' replaces it by the link"
        raise Failure(message, path=path)
    if kind == "directory" and world.names(path):
        raise Failure(f"the directory {path} is not empty: no link replaces it", path=path)
