"""What is in a tar or zip archive stands in a directory of the host, as it is in the archive."""

from __future__ import annotations

import fnmatch
import os
from dataclasses import dataclass
from typing import Any, Dict, List, Tuple, Union

from ..protocol.content import Content, Tree
from ..protocol.spec import Failure, arg
from ..shared.archives import ZIP, ZSTD, Member, handler, members, stripped
from ..shared.labels import context_argument, flags_argument, in_place_argument, labelling
from ..shared.paths import expanded, globbed, path_info
from ..world.http import Request, looked
from ..world.node import new_mode
from ..world.world import World

EXAMPLES = """
- name: the release, from the controller
  unarchive:
    src: app-1.2.tar.gz
    dest: /srv/app
    owner: app

- name: a program from an address
  unarchive:
    src: https://downloads.example.org/tool-1.2.tar.gz
    dest: /usr/local/bin
    remote_src: true
    extra_opts: [--strip-components=1]
    include: [tool-1.2/tool]
    creates: /usr/local/bin/tool
"""

STRIP = "--strip-components"


@dataclass(frozen=True)
class Args:
    src: Union[Content, Tree, str] = arg(
        "The archive; with remote_src also an address.", kind="file"
    )
    dest: str = arg("The directory, which has to be there.")
    remote_src: bool = arg("src is a path on the host, or an address.", False)
    copy: bool = arg("false is an older word for remote_src: true.", True)
    creates: str | None = arg("Path; where it exists, nothing is unpacked.", None)
    include: List[str] = arg("Only members with these paths or patterns.", [])
    exclude: List[str] = arg("No members with these paths or patterns.", [])
    keep_newer: bool = arg("Leave files alone that are newer than the archive's.", False)
    list_files: bool = arg("Return the paths of all members.", False)
    extra_opts: List[str] = arg("Only --strip-components=N has a meaning here.", [])
    decrypt: bool = arg("Without a meaning here: vault files are opened in any case.", True)
    mode: str | int | None = arg("Permissions of all that is unpacked.", None)
    owner: str | None = arg("User that all of it belongs to.", None)
    group: str | None = arg("Group that all of it belongs to.", None)
    attributes: str | None = flags_argument()
    seuser: str | None = context_argument("seuser")
    serole: str | None = context_argument("serole")
    setype: str | None = context_argument("setype")
    selevel: str | None = context_argument("selevel")
    unsafe_writes: bool = in_place_argument()
    io_buffer_size: int = arg("Without a meaning here.", 65536)
    validate_certs: bool = arg("Insist on a certificate that holds.", True)

    def __post_init__(self) -> None:
        if self.include and self.exclude:
            raise ValueError("give either 'include' or 'exclude'")
        strip_count(self.extra_opts)
        if isinstance(self.src, Tree):
            raise ValueError(f"'src' is a directory, no archive: {self.src.name}")


@labelling
def apply(args: Args, world: World) -> Dict[str, Any]:
    dest = expanded(args.dest, world)
    if args.creates and globbed(expanded(args.creates, world), world):
        return {"dest": dest, "skipped": True, "msg": f"skipped, since {args.creates} exists"}
    source, data = _archive(args, world)
    node = world.stat(dest)
    if node is None or node.kind != "directory":
        raise Failure(f"dest '{dest}' must be an existing dir")
    kind = handler(data)
    if data.startswith(ZSTD):
        data = _unpacked("zstd", data, world)
    strip = strip_count(args.extra_opts)
    names = []
    for member in members(data):
        if not chosen(member.path, args):
            continue
        path = stripped(member.path, strip)
        if not path and (strip or member.kind != "directory"):
            continue
        names.append(member.path)
        _placed(member, os.path.join(dest, path).rstrip("/") or "/", dest, kind == ZIP, args, world)
    found = {"dest": dest, "src": source, "handler": kind, **path_info(dest, world)}
    return {**found, "files": names} if args.list_files else found


def _archive(args: Args, world: World) -> Tuple[str, bytes]:
    """Where the archive is from, and its bytes."""
    if isinstance(args.src, Content):
        return args.src.name, args.src.bytes()
    assert isinstance(args.src, str)
    if "://" in args.src:
        request = Request(
            args.src, validate_certs=args.validate_certs, follow="all", decompress=False
        )
        response = looked(world, request)
        if response.status != 200:
            raise Failure(f"{response.url} answered {response.status} {response.reason}")
        return args.src, response.body
    path = expanded(args.src, world)
    data = world.read(path)
    if data is None:
        raise Failure(f"Source '{path}' does not exist")
    return path, data


def _unpacked(program: str, data: bytes, world: World) -> bytes:
    """The data as a program of the host unpacks them."""
    path = world.which(program)
    if path is None:
        raise Failure(f"this host has no {program}, which this archive needs")
    done = world.query(path, "-dc", stdin=data)
    if done.rc:
        raise Failure(f"{program} cannot unpack this: {done.err.strip()}")
    return done.stdout


def _placed(member: Member, path: str, dest: str, zipped: bool, args: Args, world: World) -> None:
    """The member stands at the path."""
    above = world.real(os.path.dirname(path))
    inside = world.real(dest).rstrip("/") + "/"
    if path != dest.rstrip("/") and not (above + "/").startswith(inside):
        raise Failure(f"the archive has a path that leads out of {dest} through a link: {path}")
    old = world.stat(path, follow=False)
    newer = old is not None and old.mtime is not None and old.mtime > member.mtime
    if args.keep_newer and newer and member.kind != "directory":
        return
    if path != dest.rstrip("/") and world.stat(above) is None:
        world.mkdir(above, owner=args.owner or "", group=args.group or "", parents=True)
    mode = args.mode
    if mode is None:
        mode = new_mode(member.mode) if zipped or os.geteuid() != 0 else member.mode
    owner, group = _owners(member, args, world)
    if member.kind == "directory":
        world.mkdir(path, mode=mode, owner=owner, group=group)
    elif member.kind == "link":
        world.link(path, member.target)
        world.attributes(path, owner=owner, group=group, follow=False)
    elif member.kind == "file":
        data = member.data()
        world.write(path, data, mode=mode, owner=owner, group=group, mtime=member.mtime)
    else:
        raise Failure(f"the archive has a device or pipe, which is not unpacked: {member.path}")


def _owners(member: Member, args: Args, world: World) -> Tuple[str, str]:
    """The owner and group of what is unpacked: root keeps those of a tar archive."""
    owner, group = args.owner or "", args.group or ""
    if os.geteuid() != 0 or member.uid is None:
        return owner, group
    owner = owner or _known(member.owner, member.uid, world.uid)
    return owner, group or _known(member.group, member.gid, world.gid)


def _known(name: str, number: Any, look: Any) -> str:
    try:
        return str(look(name)) if name else str(number)
    except Failure:
        return str(number)


# -- the pure core ---------------------------------------------------------------------------------


def chosen(path: str, args: Args) -> bool:
    """Whether the member is to be unpacked: a pattern means what is below it too."""
    plain = path.rstrip("/")
    plain = plain[2:] if plain.startswith("./") else plain
    if args.include:
        return any(_means(pattern, plain) for pattern in args.include)
    return not any(_means(pattern, plain) for pattern in args.exclude)


def _means(pattern: str, path: str) -> bool:
    pattern = pattern.rstrip("/")
    parts = path.split("/")
    return any(
        fnmatch.fnmatchcase("/".join(parts[:end]), pattern) for end in range(1, len(parts) + 1)
    )


def strip_count(options: List[str]) -> int:
    """How many components the members' paths lose; ValueError for any other option of tar."""
    count = 0
    waiting = [word for option in options for word in option.replace("=", " ").split()]
    while waiting:
        word = waiting.pop(0)
        if word != STRIP or not waiting or not waiting[0].isdigit():
            raise ValueError(f"of 'extra_opts' only {STRIP}=N has a meaning here, not {word}")
        count = int(waiting.pop(0))
    return count
