"""A service is in a state, and starts at boot or not: by systemd, or by SysV's init scripts."""

from __future__ import annotations

import re
import shlex
import time
from dataclasses import dataclass
from typing import Any, Dict, List, Literal

from ..protocol.spec import Failure, arg
from ..shared.systemd_units import Units, brought
from ..world.world import World

EXAMPLES = """
- name: the web server runs, now and after a reboot
  service: {name: nginx, state: started, enabled: true}
"""

UNKNOWN = ("unrecognized service", "could not be found", "no such file", "not found")


@dataclass(frozen=True)
class Args:
    name: str = arg("The service.")
    state: Literal["started", "stopped", "restarted", "reloaded"] | None = arg(
        "restarted and reloaded act each time; both start a service that does not run.", None
    )
    enabled: bool | None = arg("Whether it starts by itself at boot.", None)
    daemon_reload: bool = arg("Have systemd read its files again first.", False)
    masked: bool | None = arg("Whether it is kept from starting at all (systemd).", None)
    use: str = arg("Without a meaning here: systemd where it runs, else init scripts.", "auto")
    pattern: str | None = arg(
        "Text in the process list that shows that it runs, where the init script knows no status.",
        None,
    )
    arguments: str = arg("Words for the init script behind the verb.", "", aliases=("args",))
    runlevel: str = arg("The runlevel of OpenRC.", "default")
    sleep: int | None = arg("Seconds between stop and start of a restart (init scripts).", None)

    def __post_init__(self) -> None:
        wanted = (self.state, self.enabled, self.masked)
        if wanted == (None, None, None) and not self.daemon_reload:
            raise ValueError("give 'state', 'enabled' or both")


def apply(args: Args, world: World) -> Dict[str, Any]:
    world.outside("the service manager")
    if world.which("systemctl") and world.stat("/run/systemd/system") is not None:
        units = Units(world)
        if args.daemon_reload:
            units.reload()
        return brought(units, args.name, state=args.state, enabled=args.enabled, masked=args.masked)
    if args.masked is not None:
        raise Failure(f"only systemd can keep {args.name} from starting, and it does not run here")
    program = world.which("service")
    if program is None:
        raise Failure(
            "this host has neither a running systemd nor init scripts (no program 'service'):"
            f" nothing here can manage {args.name}"
        )
    return Script(args, program, world).brought()


@dataclass(frozen=True)
class Script:
    """A service that an init script manages."""

    args: Args
    program: str
    world: World

    def brought(self) -> Dict[str, Any]:
        args = self.args
        data: Dict[str, Any] = {"name": args.name}
        running = self._running()
        if args.enabled is not None:
            data["enabled"] = args.enabled
            if self._enabled() != args.enabled:
                self._enable(args.enabled)
        if args.state is not None:
            data["state"] = "stopped" if args.state == "stopped" else "started"
            for verb in verbs(args.state, running, args.sleep):
                self._act(verb)
        return data

    def _running(self) -> bool:
        """Whether its script says that it runs."""

        def look() -> bool:
            done = self.world.query(self.program, self.args.name, "status")
            said = f"{done.out}\n{done.err}".lower()
            if done.rc and any(word in said for word in UNKNOWN):
                raise Failure(f"there is no service {self.args.name} on this host")
            if done.rc and self.args.pattern:
                return self.args.pattern in self.world.query("ps", "-eo", "args").out
            return done.rc == 0

        return bool(self.world.state(f"service:{self.args.name}", look))

    def _act(self, verb: str) -> None:
        done = self.world.run(
            self.program,
            self.args.name,
            verb,
            *shlex.split(self.args.arguments),
            check=False,
            action=verb,
            shown=self.args.name,
            expects={f"service:{self.args.name}": verb != "stop"},
            undo=[self._reversal(verb)],
            late=verb not in ("start", "stop"),
        )
        if done.ran and done.rc:
            said = (done.err.strip() or done.out.strip()).splitlines()
            text = said[-1] if said else f"it exited with {done.rc}"
            raise Failure(
                f"cannot {verb} {self.args.name}: {text}",
                rc=done.rc,
                stdout=done.out,
                stderr=done.err,
            )
        if done.ran and verb == "stop" and self.args.state == "restarted":
            time.sleep(self.args.sleep or 0)

    def _reversal(self, verb: str) -> List[str]:
        """The command that undoes a verb: what was restarted goes back to what its files said."""
        if verb in ("start", "stop"):
            return [self.program, self.args.name, "stop" if verb == "start" else "start"]
        again = '"$1" "$2" status >/dev/null 2>&1 || exit 0; "$1" "$2" "$3"'
        return ["/bin/sh", "-c", again, "sh", self.program, self.args.name, verb]

    def _enabled(self) -> bool:
        """Whether a runlevel starts it."""

        def look() -> bool:
            pattern = re.compile(rf"S\d\d{re.escape(self.args.name)}")
            directories = [f"/etc/rc{level}.d" for level in "2345"]
            names: List[str] = []
            for directory in directories:
                names += self.world.names(directory)
            return any(pattern.fullmatch(name) for name in names)

        return bool(self.world.state(f"service:{self.args.name}:enabled", look))

    def _enable(self, wanted: bool) -> None:
        name, level = self.args.name, self.args.runlevel
        for program, on, off in (
            ("update-rc.d", ["defaults"], ["disable"]),
            ("chkconfig", ["on"], ["off"]),
            ("rc-update", ["add", level], ["del", level]),
        ):
            path = self.world.which(program)
            if path is None:
                continue
            to, back = (on, off) if wanted else (off, on)
            last = program == "rc-update"
            self.world.run(
                path,
                *([*to[:1], name, *to[1:]] if last else [name, *to]),
                action="enable" if wanted else "disable",
                shown=name,
                expects={f"service:{name}:enabled": wanted},
                undo=[[path, *([*back[:1], name, *back[1:]] if last else [name, *back])]],
            )
            return
        raise Failure(f"nothing on this host can have {name} start at boot: no update-rc.d")


def verbs(state: str, running: bool, sleep: int | None) -> List[str]:
    """What to tell an init script so that the service comes into the state."""
    if state == "started":
        return [] if running else ["start"]
    if state == "stopped":
        return ["stop"] if running else []
    if not running:
        return ["start"]
    if state == "reloaded":
        return ["reload"]
    return ["stop", "start"] if sleep else ["restart"]
