"""A file of the host is on the controller, below ``dest``.

The host returns its ``content`` (Base64), ``checksum`` (SHA-1), ``src``, ``dest`` and ``flat``; the
controller puts it to ``dest/HOST/SRC``, or with ``flat`` to ``dest`` itself (below it, with a
trailing slash), and leaves the content out of what is registered.  Without a ``content`` there is
nothing to put anywhere: the file is missing, and that is no failure here.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any, Dict

from ..protocol.spec import Failure, arg
from ..shared.paths import expanded
from ..world.world import World

EXAMPLES = """
- name: every host's log in one place
  fetch:
    src: /var/log/app.log
    dest: logs/

- name: the certificate under this very name
  fetch:
    src: /etc/app/ca.pem
    dest: certificates/ca.pem
    flat: true
"""


@dataclass(frozen=True)
class Args:
    src: str = arg("The file on the host.")
    dest: str = arg("The directory on the controller; a folder per host goes into it.")
    flat: bool = arg("dest is the file itself, or with a trailing slash its directory.", False)
    fail_on_missing: bool = arg("A file that is not there is a failure.", True)
    validate_checksum: bool = arg("Compare hashes: what is read here is what is sent.", True)


def apply(args: Args, world: World) -> Dict[str, Any]:
    path = expanded(args.src, world)
    node = world.stat(path)
    found: Dict[str, Any] = {"src": path, "dest": args.dest, "flat": args.flat}
    trouble = ""
    if node is None:
        trouble = f"{path} does not exist"
    elif node.kind == "directory":
        trouble = f"{path} is a directory: fetch takes a file"
    if trouble and args.fail_on_missing:
        raise Failure(trouble, file=path)
    if trouble:
        return {"file": path, "msg": f"{trouble}, not transferring, ignored"}
    data = world.read(path) or b""
    checksum = hashlib.sha1(data).hexdigest()  # noqa: S324 (ansible-core's checksum)
    return {**found, "content": base64.b64encode(data).decode(), "checksum": checksum}
