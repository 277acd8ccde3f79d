"""Users and groups of the host, as its name service has them."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional

from ..protocol.spec import Failure
from ..world.done import Done
from ..world.world import World


def group_found(name: str, world: World) -> Optional[Dict[str, Any]]:
    """The group's name, gid and members, or None; a gid that an earlier step of a dry run leaves to
    groupadd is None."""

    def look() -> Optional[Dict[str, Any]]:
        fields = _entry("group", name, world)
        if not fields:
            return None
        members = [name for name in [*fields, ""][3].split(",") if name]
        return {"name": fields[0], "gid": int(fields[2]), "members": members}

    found: Optional[Dict[str, Any]] = world.state(f"group:{name}", look)
    return found


def user_found(name: str, world: World) -> Optional[Dict[str, Any]]:
    """The user's uid, gid, comment, home, shell, groups (supplementary) and, where we may read
    them, password, expires, password_expire_max, _min and _warn; None: there is no such user."""

    def look() -> Optional[Dict[str, Any]]:
        fields = _entry("passwd", name, world)
        if not fields:
            return None
        found = {
            "uid": int(fields[2]),
            "gid": int(fields[3]),
            "comment": fields[4],
            "home": fields[5],
            "shell": fields[6],
            "groups": _memberships(name, world),
        }
        shadow = _entry("shadow", name, world) if os.geteuid() == 0 else []
        if len(shadow) >= 8:
            found.update(password=shadow[1], expires=_days(shadow[7]))
            for key, field in (("min", 3), ("max", 4), ("warn", 5), ("account_disable", 6)):
                found[f"password_expire_{key}"] = _days(shadow[field])
        return found

    found: Optional[Dict[str, Any]] = world.state(f"user:{name}", look)
    return found


def has_own_groups(world: World) -> bool:
    """Whether useradd makes a group of the user's name, and userdel takes it along."""
    lines = (world.read("/etc/login.defs") or b"").decode("utf-8", "replace").splitlines()
    return any(line.split()[:2] == ["USERGROUPS_ENAB", "yes"] for line in lines)


def group_is_free(group: Dict[str, Any], user: str, world: World) -> bool:
    """Whether nobody but this user is in the group."""
    if set(group.get("members", ())) - {user}:
        return False
    lines = (line.split(":") for line in world.query("getent", "passwd").out.split("\n"))
    return all(fields[0] == user or fields[3:4] != [str(group["gid"])] for fields in lines)


def _entry(database: str, name: str, world: World) -> List[str]:
    """The fields of a database's entry for exactly this name; none where there is none."""
    done = world.query("getent", database, name)
    for line in done.out.split("\n"):
        fields = line.split(":")
        if fields[0] == name:
            return fields
    return []


def _memberships(name: str, world: World) -> List[str]:
    """The groups that list the user as a member, sorted."""
    done = world.query("getent", "group")
    lines = (line.split(":") for line in done.out.split("\n"))
    return sorted(fields[0] for fields in lines if name in [*fields, "", "", "", ""][3].split(","))


def _days(field: str) -> Optional[int]:
    return int(field) if field.lstrip("-").isdigit() else None


def administered(
    world: World,
    command: List[str],
    name: str,
    action: str,
    detail: Dict[str, Any],
    expects: Dict[str, Any],
    undo: Optional[List[List[str]]],
    **how: Any,
) -> Done:
    """Run a tool that changes accounts; ``detail`` is recorded, never the command line.  ``undo``:
    the commands that put it back, by the tools' names."""
    if os.geteuid() != 0:
        kind = action.rpartition(" ")[2]
        raise Failure(f"only root may change a {kind}: run this step with become: true")
    program = world.which(command[0])
    if program is None:
        raise Failure(f"this host has no {command[0]} (package shadow or passwd)")
    done = world.run(
        program,
        *command[1:],
        check=False,
        action=action,
        shown=name,
        detail=detail,
        expects=expects,
        undo=None if undo is None else [[world.which(tool) or tool, *rest] for tool, *rest in undo],
        live=False,
        **how,
    )
    if done.ran and done.rc:
        lines = (done.err.strip() or done.out.strip()).splitlines() or [f"it exited with {done.rc}"]
        raise Failure(
            f"{command[0]} {name}: {lines[-1]}", rc=done.rc, stdout=done.out, stderr=done.err
        )
    return done
