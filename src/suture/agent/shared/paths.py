"""Paths as authors write them, and what is told about the things at a path."""

from __future__ import annotations

import fnmatch
import os
import re
from typing import Any, Dict, List, Match, Tuple

from ..protocol.spec import Failure
from ..world.node import Node, is_to_come
from ..world.world import World


def expanded(path: str, world: World) -> str:
    """The path with ``~`` and ``$VARIABLES`` filled in, as the step's commands would see them."""
    environ = {**os.environ, **world.environment}

    def value(match: Match[str]) -> str:
        return environ.get(match[1] or match[2], match[0])

    path = re.sub(r"\$(?:(\w+)|\{([^}]*)\})", value, path)
    if path == "~" or path.startswith("~/"):
        return environ.get("HOME", os.path.expanduser("~")) + path[1:]
    return os.path.expanduser(path)


def globbed(pattern: str, world: World) -> List[str]:
    """The paths that a shell pattern means; a pattern without wildcards is a path itself.

    What we may not look at is not found, as in a shell.
    """
    found = ["/" if pattern.startswith("/") else "."]
    for part in pattern.split("/"):
        if not part:
            continue
        if not re.search(r"[*?[]", part):
            found = [os.path.join(above, part) for above in found]
            continue
        found = [
            os.path.join(above, name)
            for above in found
            for name in _names(above, world)
            if fnmatch.fnmatchcase(name, part) and (part.startswith(".") or name[0] != ".")
        ]
    return [path for path in found if _is_there(path, world)]


def _names(directory: str, world: World) -> List[str]:
    try:
        return world.names(directory)
    except Failure:
        return []


def _is_there(path: str, world: World) -> bool:
    try:
        return world.stat(path, follow=False) is not None
    except Failure:
        return False


def path_info(path: str, world: World) -> Dict[str, Any]:
    """What ansible-core adds to a result that names a path: owner, mode, size and state."""
    node = world.stat(path, follow=False)
    if node is None or world.stat(path) is None:
        return {"state": "absent"}
    hard = node.kind == "file" and node.nlink > 1
    return {
        **ownership(node, ("owner", "group"), world),
        "mode": f"0{node.mode:03o}",
        "size": node.size,
        "state": "hard" if hard else "file" if node.kind == "other" else node.kind,
    }


def ownership(node: Node, names: Tuple[str, str], world: World) -> Dict[str, Any]:
    """The owner's and the group's number and, under these ``names``, their names; a number that an
    earlier step of a dry run leaves to useradd or groupadd is left open."""
    numbers = {"uid": node.uid, "gid": node.gid}
    known = {key: number for key, number in numbers.items() if not is_to_come(number)}
    if known != numbers:
        world.leave_open()
    return {**known, names[0]: world.owner_name(node.uid), names[1]: world.group_name(node.gid)}
