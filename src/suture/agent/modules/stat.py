"""What stands at a path: whether anything does, its kind, owner, mode, size, times and hash.

Two of ansible-core's looks start a program each and are made only when asked for: ``get_mime``
(mimetype, charset) and ``get_attributes`` (attr_flags, attributes, version).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Literal

from ..protocol.spec import arg
from ..shared.paths import expanded
from ..shared.stat_result import accessible, stat_data
from ..world.world import World

EXAMPLES = """
- name: whether the migration has run
  stat:
    path: /srv/app/.migrated
  register: migrated

- name: what the settings hash to
  stat: {path: /etc/app.toml, checksum_algorithm: sha256}
  register: settings
"""
LOOKS = True

LETTERS = {
    "A": "noatime",
    "a": "append",
    "C": "nocow",
    "c": "compressed",
    "D": "dirsync",
    "d": "nodump",
    "E": "encrypted",
    "e": "extents",
    "F": "casefold",
    "I": "indexed",
    "i": "immutable",
    "j": "journalled",
    "N": "inline",
    "P": "project",
    "S": "synchronous",
    "s": "zero",
    "T": "blockroot",
    "t": "notail",
    "u": "undelete",
    "V": "verity",
    "X": "compressedraw",
    "Z": "compresseddirty",
}


@dataclass(frozen=True)
class Args:
    path: str = arg("What is looked at.", aliases=("dest", "name"))
    follow: bool = arg("Look at what a link points to, not at the link.", False)
    get_checksum: bool = arg("Hash the content of a file.", True)
    checksum_algorithm: Literal["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] = arg(
        "How the content is hashed.", "sha1", aliases=("checksum", "checksum_algo")
    )
    get_mime: bool = arg(
        "Ask the program 'file' for the type of the content.",
        False,
        aliases=("mime", "mime_type", "mime-type"),
    )
    get_attributes: bool = arg(
        "Ask 'lsattr' for the file system's own attributes.", False, aliases=("attr", "attributes")
    )


def apply(args: Args, world: World) -> Dict[str, Any]:
    path = expanded(args.path, world)
    node = world.stat(path, follow=args.follow)
    if node is None:
        return {"stat": {"exists": False}}
    target = world.stat(path) or node
    found = {"exists": True, "path": path, **stat_data(path, node, world), **accessible(target)}
    if node.kind == "link":
        found.update(lnk_source=world.real(path), lnk_target=node.target)
    if node.kind == "file" and args.get_checksum and found["readable"]:
        found["checksum"] = world.digest(path, args.checksum_algorithm)
    if args.get_mime:
        found.update(_mime(path, world))
    if args.get_attributes:
        found.update(_attributes(path, world))
    return {"stat": found}


def _mime(path: str, world: World) -> Dict[str, str]:
    unknown = {"mimetype": "unknown", "charset": "unknown"}
    if world.which("file") is None:
        return unknown
    done = world.query("file", "--brief", "--mime-type", "--mime-encoding", path)
    mimetype, _, charset = done.out.strip().partition("; charset=")
    return {"mimetype": mimetype, "charset": charset} if charset and not done.rc else unknown


def _attributes(path: str, world: World) -> Dict[str, Any]:
    unknown: Dict[str, Any] = {"version": None, "attributes": [], "attr_flags": ""}
    if world.which("lsattr") is None:
        return unknown
    done = world.query("lsattr", "-vd", path)
    words = done.out.split()
    if done.rc or len(words) < 2:
        return unknown
    flags = words[1].replace("-", "")
    return {
        "version": words[0],
        "attr_flags": flags,
        "attributes": [LETTERS[letter] for letter in flags if letter in LETTERS],
    }
