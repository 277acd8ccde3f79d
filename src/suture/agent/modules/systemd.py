"""A systemd unit is in a state, enabled, masked; systemd has read its files again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Literal

from ..protocol.spec import arg
from ..shared.systemd_units import Units, brought
from ..world.world import World

EXAMPLES = """
- name: the application's service runs, now and after a reboot
  systemd:
    name: app
    state: started
    enabled: true
    daemon_reload: true

- name: a user's own timer
  systemd: {name: backup.timer, scope: user, state: started}
"""


@dataclass(frozen=True)
class Args:
    name: str | None = arg(
        "The unit; '.service' may be left out.", None, aliases=("service", "unit")
    )
    state: Literal["reloaded", "restarted", "started", "stopped"] | None = arg(
        "restarted and reloaded act each time; both start a unit that does not run.", None
    )
    enabled: bool | None = arg("Whether it starts by itself at boot.", None)
    masked: bool | None = arg("Whether it is kept from starting at all.", None)
    daemon_reload: bool = arg(
        "Have systemd read its files again first.", False, aliases=("daemon-reload",)
    )
    daemon_reexec: bool = arg("Have systemd start itself anew.", False, aliases=("daemon-reexec",))
    scope: Literal["system", "user", "global"] = arg(
        "Whose units: the system's, the user's own, or those of all users.", "system"
    )
    no_block: bool = arg("Do not wait until it is done.", False)
    force: bool = arg("Replace links that are in the way.", False)

    def __post_init__(self) -> None:
        wanted = [key for key in ("state", "enabled", "masked") if getattr(self, key) is not None]
        if wanted and not self.name:
            raise ValueError(f"'{wanted[0]}' needs 'name'")
        if not (wanted or self.daemon_reload or self.daemon_reexec):
            raise ValueError("give at least one of state, enabled, masked, daemon_reload")


def apply(args: Args, world: World) -> Dict[str, Any]:
    world.outside("the service manager")
    options = [*(["--no-block"] if args.no_block else []), *(["--force"] if args.force else [])]
    units = Units(world, args.scope, tuple(options))
    if args.daemon_reload:
        units.reload()
    if args.daemon_reexec:
        units.reload("daemon-reexec")
    if not args.name:
        return {"name": None, "status": {}}
    return brought(units, args.name, state=args.state, enabled=args.enabled, masked=args.masked)
