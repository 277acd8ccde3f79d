"""The content of a file of the host, as Base64 in the result."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Dict

from ..protocol.spec import Failure, arg
from ..shared.paths import expanded
from ..world.world import World

EXAMPLES = """
- name: the key that this host made
  slurp:
    src: /etc/ssh/ssh_host_ed25519_key.pub
  register: host_key
"""
LOOKS = True


@dataclass(frozen=True)
class Args:
    src: str = arg("The file.", aliases=("path",))


def apply(args: Args, world: World) -> Dict[str, Any]:
    path = expanded(args.src, world)
    return {
        "content": base64.b64encode(content(path, world)).decode(),
        "source": path,
        "encoding": "base64",
    }


def content(path: str, world: World) -> bytes:
    """The file's bytes; a Failure where there is no file."""
    node = world.stat(path)
    if node is None:
        raise Failure(f"{path} does not exist")
    if node.kind == "directory":
        raise Failure(f"{path} is a directory, not a file")
    data = world.read(path)
    assert data is not None
    return data
