"""A file or directory of the controller (or, with ``remote_src``, of the host) stands at ``dest``.

Returns ``checksum``, a SHA-1 as in ansible-core, for files of up to 16 MiB.  A backup is named for
the content that it keeps: ``dest.<the first 12 digits of its SHA-256>~``.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Dict, List, Union

from ..protocol.content import Content, Tree, TreeEntry, content_of, digest, prefetch
from ..protocol.spec import Failure, arg
from ..shared.labels import context_argument, flags_argument, in_place_argument, labelling
from ..shared.paths import expanded, path_info
from ..shared.placement import Placing, placed, placed_at, preserved
from ..shared.text_files import checked_validate, encoded, holds
from ..world.world import World

EXAMPLES = """
- name: the service's unit file
  copy:
    src: app.service
    dest: /etc/systemd/system/app.service
    mode: "0644"

- name: a file with this very text
  copy:
    content: |
      PORT=8080
    dest: /etc/default/app

- name: everything below a folder of the role, the folder itself left out
  copy:
    src: assets/
    dest: /srv/app/assets
    directory_mode: "0755"
"""


@dataclass(frozen=True)
class Args:
    dest: str = arg("Where it is to stand; a directory (or a trailing slash) takes it by its name.")
    src: Union[Content, Tree, str, None] = arg(
        "The file or directory; with a trailing slash only what is in the directory.",
        None,
        kind="file",
    )
    content: Union[str, Dict[str, Any], list, None] = arg(  # type: ignore[type-arg]
        "The file's text, instead of src; a mapping or list becomes JSON.", None
    )
    remote_src: bool = arg("src is a path on the host.", False)
    decrypt: bool = arg("Without a meaning here: vault files are opened in any case.", True)
    mode: str | int | None = arg(
        'Permissions, such as "0644" or "u=rw,go=r"; "preserve": as the source has them.', None
    )
    owner: str | None = arg("User that it belongs to.", None)
    group: str | None = arg("Group that it belongs to.", None)
    attributes: str | None = flags_argument()
    seuser: str | None = context_argument("seuser")
    serole: str | None = context_argument("serole")
    setype: str | None = context_argument("setype")
    selevel: str | None = context_argument("selevel")
    unsafe_writes: bool = in_place_argument()
    directory_mode: str | int | None = arg("Permissions of directories that are copied.", None)
    force: bool = arg("Replace a file that has other content.", True)
    follow: bool = arg("Where dest is a link, write to what it points to.", False)
    backup: bool = arg("Keep a copy of the file that is replaced.", False)
    validate: str | None = arg("Command that must accept the new file; %s is its path.", None)
    local_follow: bool = arg("Links in the controller's directory are followed.", True)
    checksum: str | None = arg("SHA-1 that the file must have.", None)

    def __post_init__(self) -> None:
        if (self.src is None) == (self.content is None):
            raise ValueError("give either 'src' or 'content'")
        if self.content is not None and self.dest.endswith("/"):
            raise ValueError("'content' needs the name of a file in 'dest'")
        if self.content is not None and self.remote_src:
            raise ValueError("'remote_src' is for 'src', not for 'content'")
        if not self.local_follow:
            raise ValueError("'local_follow: false' is not possible: links are followed")
        checked_validate(self.validate)


@labelling
def apply(args: Args, world: World) -> Dict[str, Any]:
    dest = expanded(args.dest, world)
    if isinstance(args.src, Tree):
        return _copied_tree(args, args.src, dest, world)
    if isinstance(args.src, str):
        return _copied_remote(args, expanded(args.src, world), dest, world)
    if args.src is not None:
        return _copied_file(args, args.src, dest, world)
    text = args.content if isinstance(args.content, str) else json.dumps(args.content)
    return _copied_file(args, content_of(encoded(text)), dest, world)


def _how(args: Args, source_mode: int | None) -> Placing:
    return Placing(
        preserved(args.mode, source_mode),
        args.owner,
        args.group,
        args.backup,
        args.validate,
        args.force,
        args.follow,
        args.directory_mode,
    )


def _copied_file(args: Args, content: Content, dest: str, world: World) -> Dict[str, Any]:
    if args.checksum:
        found = digest(iter([content.bytes()]), "sha1")
        if found != args.checksum:
            message = f"the file's SHA-1 is {found}, not the expected {args.checksum}"
            raise Failure(message, checksum=found, expected_checksum=args.checksum)
    return placed(content, dest, _how(args, content.mode), world)


# -- a directory of the controller -----------------------------------------------------------------


def _copied_tree(args: Args, tree: Tree, dest: str, world: World) -> Dict[str, Any]:
    """Every entry of the tree stands below ``dest``; what else is there stays."""
    top = dest.rstrip("/") if tree.contents_only else os.path.join(dest, tree.name)
    if world.stat(top) is None:
        _made(args, top, world)
    files = [entry for entry in tree.entries if entry.content is not None]
    _prefetch_missing(top, files, world)
    nested = len(files) < len(tree.entries)
    for entry in tree.entries:
        path = os.path.join(top, entry.path)
        if entry.target is not None:
            world.link(path, entry.target)
        elif entry.content is None:
            _made(args, path, world)
        else:
            how = _how(args, entry.mode)
            if nested:  # below directories links are replaced, as ansible-core does it
                how = Placing(**{**vars(how), "follow": False})
            placed_at(entry.content, path, how, world)
    return {"dest": os.path.join(dest, ""), "src": tree.name}


def _made(args: Args, path: str, world: World) -> None:
    owner, group = args.owner or "", args.group or ""
    world.mkdir(path, mode=args.directory_mode, owner=owner, group=group, parents=True)


def _prefetch_missing(top: str, files: List[TreeEntry], world: World) -> None:
    """Ask for the content of all files that differ in one go."""
    differing = []
    for entry in files:
        node = world.stat(os.path.join(top, entry.path))
        if entry.content and (node is None or node.size != entry.content.size):
            differing.append(entry.content)
    prefetch(differing)


# -- a file or directory of the host ---------------------------------------------------------------


def _copied_remote(args: Args, src: str, dest: str, world: World) -> Dict[str, Any]:
    node = world.stat(src)
    if node is None:
        raise Failure(f"the source {src} does not exist")
    if node.kind == "directory":
        return _copied_directory(args, src, dest, world)
    if node.kind != "file":
        raise Failure(f"the source {src} is no file")
    content = _content_at(src, node.mode, world)
    how = _how(args, node.mode)
    if args.mode is None:
        where = dest if not _is_directory(dest, world) else os.path.join(dest, content.name)
        if not holds(where, content, world):
            how = Placing(**{**vars(how), "mode": node.mode})
    found = placed(content, dest, how, world)
    return {**found, "src": src}


def _content_at(path: str, mode: int, world: World) -> Content:
    data = world.read(path) or b""
    plain = content_of(data)
    return Content(plain.sha256, plain.size, plain.fetch, os.path.basename(path), mode)


def _is_directory(path: str, world: World) -> bool:
    node = world.stat(path)
    return node is not None and node.kind == "directory"


def _copied_directory(args: Args, src: str, dest: str, world: World) -> Dict[str, Any]:
    """What is in the directory stands below ``dest`` too; modes and links are the source's."""
    name = os.path.basename(src)
    reported = os.path.join(dest, name) if _is_directory(dest, world) else dest
    src, top = src.rstrip("/"), os.path.join(dest, name).rstrip("/")
    if os.path.commonpath([world.real(src), world.real(top)]) == world.real(src):
        raise Failure(f"cannot copy {src} into itself")
    _mirrored(args, src, top, world)
    if args.mode is not None:
        node = world.stat(src)
        world.attributes(reported, mode=preserved(args.mode, node.mode if node else None))
    return {"dest": reported, "src": src, **path_info(reported, world)}


def _mirrored(args: Args, src: str, dest: str, world: World) -> None:
    owner, group = args.owner or "", args.group or ""
    node = world.stat(src, follow=False)
    if node is None or node.kind == "other":
        return
    if node.kind == "link":
        world.link(dest, node.target)
    elif node.kind == "directory":
        mode = node.mode if world.stat(dest) is None else None
        world.mkdir(dest, mode=mode, owner=owner, group=group, parents=True)
        for name in world.names(src):
            _mirrored(args, os.path.join(src, name), os.path.join(dest, name), world)
    else:
        content = _content_at(src, node.mode, world)
        differs = not holds(dest, content, world)
        if differs and not args.force and world.stat(dest, follow=False) is not None:
            return
        mode = node.mode if differs else None
        world.write(dest, content, mode=mode, owner=owner, group=group)
