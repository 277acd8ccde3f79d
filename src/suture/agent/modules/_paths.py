"""Paths as authors write them, and what is told about the things at a path."""

from __future__ import annotations

import os
import re
from typing import Any, Dict

from ..node import group_name, owner_name
from ..world import World


def expanded(path: str, world: World) -> str:
    """The path with ``~`` and ``$VARIABLES`` filled in, as the step's commands would see them."""
    environ = {**os.environ, **world.environment}

    def value(match: re.Match[str]) -> str:
        return environ.get(match[1] or match[2], match[0])

    path = re.sub(r"\$(?:(\w+)|\{([^}]*)\})", value, path)
    if path == "~" or path.startswith("~/"):
        return environ.get("HOME", os.path.expanduser("~")) + path[1:]
    return os.path.expanduser(path)


def path_info(path: str, world: World) -> Dict[str, Any]:
    """What ansible-core adds to a result that names a path: owner, mode, size and state."""
    node = world.stat(path, follow=False)
    if node is None or world.stat(path) is None:
        return {"state": "absent"}
    hard = node.kind == "file" and node.nlink > 1
    return {
        "uid": node.uid,
        "gid": node.gid,
        "owner": owner_name(node.uid),
        "group": group_name(node.gid),
        "mode": f"{node.mode:04o}",
        "size": node.size,
        "state": "hard" if hard else "file" if node.kind == "other" else node.kind,
    }
