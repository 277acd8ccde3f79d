"""systemd's units: what systemctl says of them, and bringing them to a wanted state."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import Any, Dict, List, Optional

from ..protocol.spec import Failure, Unpredictable
from ..world.done import Done
from ..world.world import World

SUFFIXES = (
    ".service", ".socket", ".target", ".timer", ".mount", ".automount",
    ".path", ".slice", ".scope", ".swap", ".device",
)  # fmt: skip
PLACES = (
    "/etc/systemd/{scope}",
    "/run/systemd/{scope}",
    "/usr/local/lib/systemd/{scope}",
    "/usr/lib/systemd/{scope}",
    "/lib/systemd/{scope}",
)
RUNNING = ("active", "activating")
NOT_REALLY = ("enabled-runtime", "indirect", "alias")
"""What is-enabled calls enabled, though the unit itself is not enabled for good."""

AGAIN = {
    "start": "stop",
    "stop": "start",
    "enable": "disable",
    "disable": "enable",
    "mask": "unmask",
    "unmask": "mask",
    "restart": "try-restart",
    "reload": "try-reload-or-restart",
}
"""What undoes a verb; a unit that was restarted goes back to what its files said before."""

VERBS = {"started": "start", "stopped": "stop", "restarted": "restart", "reloaded": "reload"}


@dataclass(frozen=True)
class Units:
    """One systemd manager: the system's, or with scope "user" the user's own."""

    world: World
    scope: str = "system"
    options: tuple[str, ...] = ()

    def command(self, *arguments: str) -> List[str]:
        systemctl = self.world.which("systemctl")
        if systemctl is None:
            raise Failure("this host has no systemctl: systemd does not manage it")
        scope = [] if self.scope == "system" else [f"--{self.scope}"]
        return [systemctl, *scope, *self.options, *arguments]

    def environ(self) -> Dict[str, str]:
        """A user's manager is found through this variable, which a step's shell may lack."""
        if self.scope == "system" or self.world.environment.get("XDG_RUNTIME_DIR"):
            return {}
        return {"XDG_RUNTIME_DIR": os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"}

    def status(self, name: str) -> Dict[str, str]:
        """The unit's properties; LoadState is "not-found" for one that there is not."""
        status: Dict[str, str] = self.world.state(self._key(name), lambda: self._shown(name))
        if status.get("LoadState", "not-found") == "not-found" and self._has_file(name):
            return {**status, "LoadState": "loaded", "ActiveState": "inactive"}
        return status

    def enabled(self, name: str) -> str:
        """systemd's word for whether the unit starts by itself: enabled, disabled, static, …"""
        done: str = self.world.state(self._key(name) + ":enabled", lambda: self._enabled(name))
        return done

    def reload(self, verb: str = "daemon-reload") -> None:
        """Have systemd read its files again: no change, and nothing hangs on what it says."""
        with contextlib.suppress(Unpredictable):
            done = self.world.measure(*self.command(verb), live=False, env=self.environ())
            if done.rc:
                raise self._failure(verb, "", done)

    def act(self, verb: str, name: str, expects: Dict[str, Any]) -> None:
        """Have systemd do something with a unit; ``expects`` is what then holds, by aspect: ""
        for the status, ":enabled" for the word."""
        keys = {self._key(name) + aspect: value for aspect, value in expects.items()}
        done = self.world.run(
            *self.command(verb, name),
            check=False,
            action=verb,
            shown=name,
            expects=keys,
            undo=[self.command(AGAIN[verb], name)] if verb in AGAIN else None,
            late=verb in ("restart", "reload"),
            live=False,
            env=self.environ(),
        )
        if done.ran and done.rc:
            raise self._failure(verb, name, done)
        if done.ran and verb in ("start", "restart", "reload"):
            self._check_alive(verb, name)

    def _check_alive(self, verb: str, name: str) -> None:
        """systemctl is content once the process runs; it may have ended since."""
        status = self._shown(name)
        if status.get("ActiveState") == "failed":
            raise Failure(
                f"{name} failed right after {verb} (result: {status.get('Result', 'unknown')});"
                f" 'journalctl -u {name}' on the host tells why",
                status=status,
            )

    def _key(self, name: str) -> str:
        unit = name if name.endswith(SUFFIXES) else name + ".service"
        return f"service:{unit}" if self.scope == "system" else f"service:{self.scope}:{unit}"

    def _shown(self, name: str) -> Dict[str, str]:
        done = self.world.query(*self.command("show", name), env=self.environ())
        if done.rc:
            raise self._failure("show", name, done)
        return properties(done.out)

    def _enabled(self, name: str) -> str:
        done = self.world.query(*self.command("is-enabled", name, "-l"), env=self.environ())
        word = done.out.strip().splitlines()
        return word[-1] if word else ""

    def _has_file(self, name: str) -> bool:
        """Whether there is a unit file that systemd has not read yet, such as a step's own."""
        unit = name if name.endswith(SUFFIXES) else name + ".service"
        template = unit.partition("@")[0] + "@." + unit.rpartition(".")[2] if "@" in unit else unit
        for place in PLACES:
            for file in {unit, template}:
                path = os.path.join(place.format(scope=self.scope), file)
                if self.world.stat(path) is not None:
                    return True
        return False

    def _failure(self, verb: str, name: str, done: Done) -> Failure:
        said = (done.err.strip() or done.out.strip()).splitlines() or [f"it exited with {done.rc}"]
        data = {"rc": done.rc, "stdout": done.out, "stderr": done.err}
        text = done.err.lower()
        if "not been booted with systemd" in text or "failed to connect to bus" in text:
            whose = "the user's systemd" if self.scope == "user" else "systemd"
            return Failure(f"{whose} does not run on this host, so {verb} is not possible", **data)
        if "authentication required" in text or "access denied" in text:
            return Failure(
                f"not permitted to {verb} {name}: run this step as root (become)", **data
            )
        return Failure(f"systemctl {verb} {name}".rstrip() + f" failed: {said[0]}", **data)


def properties(text: str) -> Dict[str, str]:
    """What ``systemctl show`` prints, by name; a value in braces may span lines."""
    found: Dict[str, str] = {}
    open_name = ""
    for line in text.splitlines():
        if open_name:
            found[open_name] += "\n" + line
            if line.rstrip().endswith("}"):
                open_name = ""
            continue
        name, equals, value = line.partition("=")
        if not equals:
            continue
        found[name] = value
        if (
            name.startswith("Exec")
            and value.lstrip().startswith("{")
            and not value.rstrip().endswith("}")
        ):
            open_name = name
    return found


def brought(
    units: Units,
    name: str,
    *,
    state: Optional[str] = None,
    enabled: Optional[bool] = None,
    masked: Optional[bool] = None,
) -> Dict[str, Any]:
    """The unit is masked, enabled and in the state as asked for; what ansible-core returns."""
    if any(letter in name for letter in "*?["):
        raise Failure(f"'{name}' is a pattern; name one unit")
    status = units.status(name)
    data: Dict[str, Any] = {"name": name, "status": status}
    word = units.enabled(name) if masked is not None or enabled is not None else ""
    if masked is not None and (word == "masked") != masked:
        after = {**status, "LoadState": "masked" if masked else "loaded"}
        expects = {"": after, ":enabled": "masked" if masked else "disabled"}
        units.act("mask" if masked else "unmask", name, expects)
        status, word = after, expects[":enabled"]  # type: ignore[assignment]
    if enabled is None and state is None:
        return data
    if status.get("LoadState", "not-found") == "not-found":
        raise Failure(f"there is no service {name} on this host", status=status)
    if status.get("LoadState") == "masked" and (enabled or state in ("started", "restarted")):
        raise Failure(f"{name} is masked; add masked: false", status=status)
    if enabled is not None:
        data["enabled"] = enabled
        if is_enabled(word) != enabled:
            verb = "enable" if enabled else "disable"
            units.act(verb, name, {":enabled": verb + "d"})
    if state is not None:
        data["state"] = "stopped" if state == "stopped" else "started"
        _moved(units, name, state, status)
    return data


def _moved(units: Units, name: str, state: str, status: Dict[str, str]) -> None:
    active = status.get("ActiveState", "")
    running = active in RUNNING
    if state == "stopped":
        verb = "stop" if running or active == "deactivating" else ""
    elif state == "started":
        verb = "" if running else "start"
    else:
        verb = VERBS[state] if running else "start"
    if verb:
        after = {**status, "ActiveState": "inactive" if verb == "stop" else "active"}
        units.act(verb, name, {"": after})


def is_enabled(word: str) -> bool:
    """Whether systemd's word means that the unit needs no enabling."""
    return word in ("enabled", "static", "generated", "transient")
