"""What stat and find tell of a thing at a path."""

from __future__ import annotations

import os
from typing import Any, Dict

from ..world.node import Node, permits
from ..world.world import World
from .paths import ownership

OTHERS = {"fifo": "isfifo", "socket": "issock"}
KINDS = ("isdir", "isreg", "islnk", "ischr", "isblk", "isfifo", "issock")


def stat_data(path: str, node: Node, world: World) -> Dict[str, Any]:
    """ansible-core's keys: mode, kind, owner, size, times and permissions."""
    kinds = dict.fromkeys(KINDS, False)
    kinds[_kind(path, node, world)] = True
    return {
        "mode": f"{node.mode:04o}",
        **kinds,
        **ownership(node, ("pw_name", "gr_name"), world),
        "size": node.size,
        "inode": node.inode,
        "dev": node.dev,
        "nlink": node.nlink,
        "atime": node.atime,
        "mtime": node.mtime,
        "ctime": node.ctime,
        "isuid": bool(node.mode & 0o4000),
        "isgid": bool(node.mode & 0o2000),
        **{
            f"{letter}{who}": bool(node.mode & bit << shift)
            for who, shift in (("usr", 6), ("grp", 3), ("oth", 0))
            for letter, bit in (("r", 4), ("w", 2), ("x", 1))
        },
    }


def _kind(path: str, node: Node, world: World) -> str:
    if node.kind != "other":
        return {"file": "isreg", "directory": "isdir", "link": "islnk"}[node.kind]
    said = world.query("stat", "-L", "-c", "%F", path).out.strip()
    return OTHERS.get(said, "isblk" if said.startswith("block") else "ischr")


def accessible(node: Node) -> Dict[str, bool]:
    """Whether the agent's user may read, write and execute it, as its mode says."""
    if os.geteuid() == 0:
        execute = node.kind == "directory" or bool(node.mode & 0o111)
        return {"readable": True, "writeable": True, "executable": execute}
    return {
        "readable": permits(node, os.R_OK),
        "writeable": permits(node, os.W_OK),
        "executable": permits(node, os.X_OK),
    }
