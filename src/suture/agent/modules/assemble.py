"""A file is put together of the fragments in a directory, in the order of their names."""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass
from typing import Any, Dict, List, Sequence, Tuple, Union

from ..protocol.content import Content, Tree, content_of
from ..protocol.spec import Failure, arg
from ..shared.labels import context_argument, flags_argument, in_place_argument, labelling
from ..shared.paths import expanded
from ..shared.patterns import patiently
from ..shared.placement import Placing, placed_at
from ..shared.text_files import checked_pattern, checked_validate, encoded
from ..world.world import World

EXAMPLES = """
- name: one configuration of many parts
  assemble:
    src: /etc/app/app.conf.d
    dest: /etc/app/app.conf
    delimiter: "# ---"
    mode: "0644"
"""


@dataclass(frozen=True)
class Args:
    src: Union[Content, Tree, str] = arg("The directory of the fragments.", kind="file")
    dest: str = arg("The file that is made of them.")
    remote_src: bool = arg("src is a directory of the host.", True)
    delimiter: str | None = arg("A line between fragments.", None)
    regexp: str | None = arg("Only fragments whose name this matches.", None)
    ignore_hidden: bool = arg("Leave out names that begin with a dot.", False)
    backup: bool = arg("Keep a copy of the file as it was.", False)
    validate: str | None = arg("Command that must accept the new file; %s is its path.", None)
    decrypt: bool = arg("Without a meaning here: vault files are opened in any case.", True)
    mode: str | int | None = arg("Permissions of the file.", None)
    owner: str | None = arg("User that the file belongs to.", None)
    group: str | None = arg("Group that the file belongs to.", None)
    attributes: str | None = flags_argument()
    seuser: str | None = context_argument("seuser")
    serole: str | None = context_argument("serole")
    setype: str | None = context_argument("setype")
    selevel: str | None = context_argument("selevel")
    unsafe_writes: bool = in_place_argument()

    def __post_init__(self) -> None:
        checked_pattern("regexp", self.regexp)
        checked_validate(self.validate)


@labelling
def apply(args: Args, world: World) -> Dict[str, Any]:
    dest = expanded(args.dest, world)
    if isinstance(args.src, Content):
        raise Failure(f"Source ({args.src.name}) is not a directory")
    found = _there(args, world) if isinstance(args.src, str) else _sent(args.src)
    fragments = [text for name, text in found if _wanted(name, args)]
    node = world.stat(dest)
    if node is not None and node.kind == "directory":
        raise Failure(f"{dest} is a directory: 'dest' is a file")
    content = joined(fragments, encoded(args.delimiter or ""))
    how = Placing(args.mode, args.owner, args.group, args.backup, args.validate)
    source = args.src if isinstance(args.src, str) else args.src.name
    return {"src": source, **placed_at(content_of(content), dest, how, world), "msg": "OK"}


def _there(args: Args, world: World) -> List[Tuple[str, bytes]]:
    """The names and contents of the files in the host's directory."""
    assert isinstance(args.src, str)
    src = expanded(args.src, world)
    node = world.stat(src)
    if node is None:
        raise Failure(f"Source ({src}) does not exist")
    if node.kind != "directory":
        raise Failure(f"Source ({src}) is not a directory")
    found = []
    for name in world.names(src):
        path = os.path.join(src, name)
        inner = world.stat(path)
        if inner is not None and inner.kind == "file" and _wanted(name, args):
            found.append((name, world.read(path) or b""))
    return found


def _sent(tree: Tree) -> List[Tuple[str, bytes]]:
    """The names and contents of the files in the controller's directory."""
    files = [(entry.path, entry.content) for entry in tree.entries if "/" not in entry.path]
    return sorted((name, content.bytes()) for name, content in files if content is not None)


def _wanted(name: str, args: Args) -> bool:
    if args.ignore_hidden and name.startswith("."):
        return False
    with patiently(args.regexp, name):
        return args.regexp is None or bool(re.search(args.regexp, name))


def joined(fragments: Sequence[bytes], delimiter: bytes) -> bytes:
    """The fragments, each on lines of its own, with the delimiter's line between them."""
    line = unescaped(delimiter)
    if line and not line.endswith(b"\n"):
        line += b"\n"
    ended = [text + b"\n" if not text.endswith(b"\n") else text for text in fragments[:-1]]
    return line.join([*ended, *fragments[-1:]])


def unescaped(delimiter: bytes) -> bytes:
    r"""The delimiter with escapes such as \n as what they mean, those that mean nothing as they are."""
    quoted = delimiter.decode("latin-1").replace("\n", "\\n").replace('"', '\\"')
    try:
        found = ast.literal_eval(f'b"{quoted}"') if quoted.isascii() else delimiter
    except (SyntaxError, ValueError):
        return delimiter
    return bytes(found)
