"""The commands that undo what was done to a user or group.  Pure."""

from __future__ import annotations

import datetime
from typing import Any, Dict, Iterable, List, Optional

Commands = List[List[str]]

OPTIONS = {
    "uid": "-u",
    "gid": "-g",
    "groups": "-G",
    "comment": "-c",
    "home": "-d",
    "shell": "-s",
    "expires": "-e",
}
"""useradd's and usermod's options."""

AGES = {
    "password_expire_max": "-M",
    "password_expire_min": "-m",
    "password_expire_warn": "-W",
    "password_expire_account_disable": "-I",
}
"""chage's options."""

SECRET = "SUTURE_PASSWORD"  # noqa: S105 (a variable's name)
"""The variable that carries a password's hash, where no process list shows it."""

IF_THERE = 'getent "$1" "$2" >/dev/null || exit 0; exec "$3" "$2"'
IF_NOT_THERE = 'getent group "$2" >/dev/null || exec groupadd -g "$2" "$1"'
EMPTIED = """
cd "$1" 2>/dev/null || exit 0
for name in .[!.]* *; do cmp -s -- "$name" "$2/$name" && rm -f -- "$name"; done
cd /; rmdir -- "$1" 2>/dev/null || echo "$1 stays: somebody has put something there"
"""


def value(key: str, found: Any) -> str:
    """A user's attribute as useradd and usermod take it."""
    if key == "groups":
        return ",".join(found)
    if key == "expires":
        return "" if found is None else date(found)
    return str(found)


def date(days: int) -> str:
    """The day that is so many days after the first of 1970."""
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=days)).isoformat()


def group_removed(name: str) -> Commands:
    """Undo groupadd; with its last user a group may be gone already."""
    return [["/bin/sh", "-c", IF_THERE, "sh", "group", name, "groupdel"]]


def group_back(name: str, gid: Any, members: Iterable[str] = ()) -> Commands:
    """Undo groupdel."""
    commands = [["/bin/sh", "-c", IF_NOT_THERE, "sh", name, str(gid)]]
    names = ",".join(members)
    return [*commands, ["gpasswd", "-M", names, name]] if names else commands


def user_removed(name: str, home: str, skeleton: str, group: Optional[Dict[str, Any]]) -> Commands:
    """Undo useradd.  ``home`` is the one that it made, if it did: it goes too, unless somebody has
    put something there.  ``group``: one of the same name, there before, which userdel may take
    along."""
    commands = [["/bin/sh", "-c", IF_THERE, "sh", "passwd", name, "userdel"]]
    if group is not None:
        commands += group_back(name, group["gid"])
    if home:
        commands.append(["/bin/sh", "-c", EMPTIED, "sh", home, skeleton])
    return commands


def user_modified(name: str, found: Dict[str, Any], keys: Iterable[str], moved: bool) -> Commands:
    """Undo usermod: these attributes are as they were."""
    options = []
    for key in keys:
        options += [OPTIONS[key], value(key, found.get(key, ""))]
        options += ["-o"] if key == "uid" else []
    return [["usermod", *options, *(["-m"] if moved else []), name]]


def user_aged(name: str, found: Dict[str, Any], keys: Iterable[str]) -> Commands:
    """Undo chage."""
    options = []
    for key in keys:
        days = found.get(key)
        options += [AGES[key], str(-1 if days is None else days)]
    return [["chage", *options, name]]


def password_back() -> Commands:
    """Undo chpasswd; ``SECRET`` holds the line that it is to be given."""
    return [["/bin/sh", "-c", f'printf "%s\\n" "${SECRET}" | chpasswd -e']]


def user_back(name: str, found: Dict[str, Any]) -> Commands:
    """Undo userdel, its home not having been removed."""
    plain = ["uid", "gid", "comment", "home", "shell", "groups"]
    options = [
        word for key in plain if key in found for word in (OPTIONS[key], value(key, found[key]))
    ]
    commands = group_back(name, found.get("gid", ""))
    commands.append(["useradd", "-o", "-M", "-N", *options, name])
    if found.get("expires") is not None:
        commands.append(["usermod", "-e", date(found["expires"]), name])
    if "password" in found:
        commands += password_back()
        commands += user_aged(name, found, [key for key in AGES if key in found])
    return commands
