"""A new, empty file or directory is there that only its owner may open.

Its name follows from the task and what is there already, so that a dry run can say it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import Any, Dict, Literal

from ..protocol.spec import arg
from ..shared.paths import expanded
from ..world.world import World

EXAMPLES = """
- name: a place to unpack to
  tempfile:
    state: directory
    suffix: .unpacked
  register: unpacked
"""


@dataclass(frozen=True)
class Args:
    state: Literal["file", "directory"] = arg("What to make.", "file")
    path: str | None = arg("Directory that it goes into; else TMPDIR, else /tmp.", None)
    prefix: str = arg("What its name begins with.", "ansible.")
    suffix: str = arg("What its name ends with.", "")

    def __post_init__(self) -> None:
        for name in ("prefix", "suffix"):
            if "/" in getattr(self, name):
                raise ValueError(f"'{name}' is a part of a name: it cannot hold a slash")


def apply(args: Args, world: World) -> Dict[str, Any]:
    environ = {**os.environ, **world.environment}
    directory = expanded(args.path, world) if args.path else environ.get("TMPDIR", "/tmp")  # noqa: S108
    path = _free_path(args, directory, world)
    if args.state == "directory":
        world.mkdir(path, mode=0o700)
    else:
        world.write(path, b"", mode=0o600)
    node = world.stat(path)
    assert node is not None
    return {
        "path": path,
        "state": args.state,
        "mode": f"{node.mode:04o}",
        "uid": node.uid,
        "gid": node.gid,
    }


def _free_path(args: Args, directory: str, world: World) -> str:
    number = 0
    while True:
        seed = f"{world.step}\0{args.prefix}\0{args.suffix}\0{number}"
        middle = hashlib.sha256(seed.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        path = os.path.join(directory, f"{args.prefix}{middle}{args.suffix}")
        if world.stat(path, follow=False) is None:
            return path
        number += 1
