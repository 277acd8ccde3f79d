"""Which way a host is connected to, and why."""

from __future__ import annotations

from dataclasses import dataclass

from suture.connect.fabric_link import SshLink
from suture.connect.host_settings import HostSettings, settings_of, ssh_program
from suture.connect.keys import kind, public_blob
from suture.connect.known_hosts import vouching
from suture.connect.target import Target
from suture.connect.transport import Link, LocalLink
from suture.errors import Unreachable


@dataclass(frozen=True, slots=True)
class Route:
    """``program`` is "local", "fabric" or "openssh"; ``why`` it is; ``warning`` is what the operator
    should know of it."""

    program: str
    why: str
    settings: HostSettings | None = None
    warning: str = ""


TRUST = frozenset({"revokedhostkeys"})
"""What settings say of whom not to trust: nobody is connected to without that check."""


def route_of(target: Target) -> Route:
    """The way to a target: as it says, else Fabric, or OpenSSH where Paramiko lacks what its
    settings want."""
    if target.local:
        return Route("local", "ansible_connection is local")
    if target.transport == "openssh":
        return Route("openssh", "ansible_connection or SUTURE_TRANSPORT says so")
    settings = settings_of(target)
    lacking = _lacking(target, settings)
    if not lacking:
        return Route("fabric", "it is the default", settings)
    wanted = ", ".join(lacking)
    if target.transport == "fabric" or not ssh_program():
        why = "there is no ssh program" if not ssh_program() else "it was asked for"
        warning = f"Paramiko does without what the settings for ssh say: {wanted} ({why})"
        return Route("fabric", why, settings, warning)
    return Route(
        "openssh",
        f"its settings want what Paramiko lacks: {wanted}",
        settings,
        f"connecting with OpenSSH, because settings want what Paramiko lacks: {wanted}",
    )


def _lacking(target: Target, settings: HostSettings) -> tuple[str, ...]:
    """What holds for the host and Paramiko cannot do."""
    found = list(settings.beyond)
    files = (*settings.known_hosts, *target.known_hosts)
    said = vouching(files, settings.address, settings.port, settings.alias)
    if said.authorities and not said.known:
        found.append("@cert-authority")
    if any(kind(public_blob(key)).startswith("sk-") for key in settings.keys):
        found.append("a key on a security token")
    return tuple(found)


def linked(target: Target) -> Link:
    """A connected link; Unreachable with a sentence for the operator where there is none, or where a
    check of trust would be left out."""
    route = route_of(target)
    if route.program == "local":
        return LocalLink(target)
    unchecked = set(route.settings.beyond) & TRUST if route.settings and target.strict else ()
    if unchecked and route.program == "fabric":
        raise Unreachable(
            f"{target.where()}: the settings for ssh say {', '.join(sorted(unchecked))}, which Paramiko"
            f" does not check ({route.why}): let OpenSSH connect, with ansible_connection ssh or"
            " SUTURE_TRANSPORT openssh"
        )
    if route.program == "openssh":
        from suture.connect.openssh_link import OpenSshLink

        return OpenSshLink(target, route.settings, route.warning)
    return SshLink(target, route.settings, warning=route.warning)
