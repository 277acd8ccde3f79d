"""The host has this name, now and after a reboot."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any, Dict, Literal

from ..protocol.spec import Failure, arg
from ..world.world import World

EXAMPLES = """
- name: the name that the certificates are for
  hostname: {name: web1.example.org}
"""

FACTS = ("ansible_hostname", "ansible_nodename", "ansible_fqdn", "ansible_domain")
FILE = "/etc/hostname"


@dataclass(frozen=True)
class Args:
    name: str = arg("The name.")
    use: (
        Literal[
            "alpine", "debian", "freebsd", "generic", "macos", "macosx", "darwin", "openbsd",
            "openrc", "redhat", "sles", "solaris", "systemd",
        ]
        | None
    ) = arg("Without a meaning here: every Linux keeps its name in /etc/hostname.", None)  # fmt: skip

    def __post_init__(self) -> None:
        if not self.name or any(letter.isspace() or letter == "/" for letter in self.name):
            raise ValueError(f"'{self.name}' is no name for a host")
        if len(self.name) > 64:
            raise ValueError("a host's name has no more than 64 letters")


def apply(args: Args, world: World) -> Dict[str, Any]:
    content = (world.read(FILE) or b"").decode("utf-8", "replace")
    lines = [line.strip() for line in content.splitlines()]
    kept = next((line for line in lines if line and not line.startswith("#")), "")
    if kept != args.name:
        world.write(FILE, f"{args.name}\n".encode(), mode=None if world.stat(FILE) else 0o644)
    program = world.which("hostname")
    if program is None:
        raise Failure("this host has no program 'hostname'")
    now: str = world.state("hostname", world.query(program).out.strip)
    if now != args.name:
        world.outside("the name of the running system")
        world.run(
            program,
            args.name,
            action="rename the host",
            shown=args.name,
            detail={"name": [now, args.name]},
            expects={"hostname": args.name},
            undo=[[program, now]],
        )
    name, _, domain = args.name.partition(".")
    facts = {
        "ansible_hostname": name,
        "ansible_nodename": args.name,
        "ansible_fqdn": args.name if domain else socket.getfqdn(),
        "ansible_domain": domain or ".".join(socket.getfqdn().split(".")[1:]),
    }
    return {"name": args.name, "ansible_facts": facts}
