"""The host's clock shows the time of a place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Dict, Literal

from ..protocol.spec import Failure, arg
from ..world.world import World

EXAMPLES = """
- name: logs tell the time that everybody has
  timezone: {name: Etc/UTC}
"""

ZONES = "/usr/share/zoneinfo"
LINK, NAME, ADJUSTMENT = "/etc/localtime", "/etc/timezone", "/etc/adjtime"
USUAL = "0.0 0 0.0\n0\nUTC\n"


@dataclass(frozen=True)
class Args:
    name: str | None = arg("The zone, such as Europe/Berlin.", None)
    hwclock: Literal["local", "UTC"] | None = arg(
        "What the hardware's clock shows.", None, aliases=("rtc",)
    )

    def __post_init__(self) -> None:
        if self.name is None and self.hwclock is None:
            raise ValueError("give 'name', 'hwclock' or both")
        if self.name is not None and (self.name.startswith("/") or ".." in self.name):
            raise ValueError(f"'{self.name}' is no name of a zone")


def apply(args: Args, world: World) -> Dict[str, Any]:
    if args.name is not None:
        zone = f"{ZONES}/{args.name}"
        node = world.stat(zone)
        if node is None or node.kind != "file":
            raise Failure(f"there is no zone {args.name} on this host (package tzdata)")
        now = world.stat(LINK, follow=False)
        target = now.target if now is not None and now.kind == "link" else ""
        if os.path.normpath(os.path.join(os.path.dirname(LINK), target)) != zone:
            world.link(LINK, zone)
        if world.stat(NAME) is not None:
            world.write(NAME, f"{args.name}\n".encode())
    if args.hwclock is not None:
        text = (world.read(ADJUSTMENT) or USUAL.encode()).decode("utf-8", "replace")
        lines = [*text.splitlines(), "", "", ""][:3]
        lines[2] = args.hwclock.upper()
        if world.stat(ADJUSTMENT) is not None or args.hwclock == "local":
            world.write(ADJUSTMENT, "".join(f"{line}\n" for line in lines).encode())
    return {}
