"""A user exists, with these attributes, or does not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Literal, Optional

from ..accounts.name_service import (
    administered,
    group_found,
    group_is_free,
    has_own_groups,
    user_found,
)
from ..accounts.reversal import (
    AGES,
    OPTIONS,
    SECRET,
    Commands,
    password_back,
    user_aged,
    user_back,
    user_modified,
    user_removed,
    value,
)
from ..accounts.ssh_key import generated
from ..protocol.spec import Failure, Unpredictable, arg
from ..world.world import World

EXAMPLES = """
- name: the application's own user
  user:
    name: app
    system: true
    home: /srv/app
    shell: /usr/sbin/nologin
    groups: [www-data]
    append: true
"""

DAY = 86400


@dataclass(frozen=True)
class Args:
    name: str = arg("The user.", aliases=("user",))
    state: Literal["present", "absent"] = arg("Whether it exists.", "present")
    uid: int | None = arg("Its number.", None)
    non_unique: bool = arg("Another user may have that number too.", False)
    group: str | None = arg("Its primary group, by name or number.", None)
    groups: List[str] | None = arg("Its further groups; an empty list: none.", None)
    append: bool = arg("Keep the further groups that it has besides.", False)
    comment: str | None = arg("Its full name or purpose.", None)
    home: str | None = arg("Its home directory.", None)
    create_home: bool = arg("A new user's home is made.", True, aliases=("createhome",))
    move_home: bool = arg("When 'home' changes, what is in the old one moves along.", False)
    skeleton: str | None = arg("Directory whose content a new home gets.", None)
    shell: str | None = arg("Its shell.", None)
    password: str | None = arg("The hash of its password, as crypt makes it.", None, secret=True)
    update_password: Literal["always", "on_create"] = arg(
        "Whether the password of a user that is there is changed too.", "always"
    )
    password_lock: bool | None = arg("Whether its password is kept from working.", None)
    password_expire_max: int | None = arg("Days after which the password must change.", None)
    password_expire_min: int | None = arg("Days before which it may not change.", None)
    password_expire_warn: int | None = arg("Days of warning before it has to.", None)
    expires: float | None = arg("When the user expires, in seconds since 1970; -1: never.", None)
    system: bool = arg("A new user is one of the system's.", False)
    uid_min: int | None = arg("The lowest number that a new user is given.", None)
    uid_max: int | None = arg("The highest number that a new user is given.", None)
    password_expire_account_disable: int | None = arg(
        "Days after its password's end until the user is shut out; -1: never.", None
    )
    generate_ssh_key: bool = arg("It has an SSH key of its own.", False)
    ssh_key_type: str = arg("The kind of key: rsa, ed25519, ….", "rsa")
    ssh_key_bits: int = arg("The key's length, where its kind has several.", 0)
    ssh_key_file: str | None = arg("The key's file, below the home.", None)
    ssh_key_comment: str | None = arg("The key's comment.", None)
    ssh_key_passphrase: str | None = arg("What the key is locked with.", None, secret=True)
    local: bool = arg("Without a meaning here: the host's own files are edited.", False)
    login_class: str | None = arg("Without a meaning on Linux.", None)
    authorization: str | None = arg("Without a meaning on Linux.", None)
    hidden: bool | None = arg("Without a meaning on Linux.", None)
    profile: str | None = arg("Without a meaning on Linux.", None)
    role: str | None = arg("Without a meaning on Linux.", None)
    umask: str | None = arg("The umask for making the home.", None)
    remove: bool = arg("With state absent: its home goes too.", False)
    force: bool = arg("With state absent: although it is logged in.", False)

    def __post_init__(self) -> None:
        if self.non_unique and self.uid is None:
            raise ValueError("'non_unique' needs 'uid'")
        if self.password is not None and re.search(r"[:\s]", self.password):
            raise ValueError("'password' is the hash that crypt makes, which has no blank or colon")


def apply(args: Args, world: World) -> Dict[str, Any]:
    found = user_found(args.name, world)
    data: Dict[str, Any] = {"name": args.name, "state": args.state}
    if args.state == "absent":
        if found is not None:
            _removed(args, found, world)
            data.update(force=args.force, remove=args.remove)
        return data
    wanted = goal(args, found, _gid(args, world))
    for name in wanted.get("groups", ()):
        if group_found(name, world) is None:
            raise Failure(f"there is no group {name} on this host; make it with the group module")
    if found is None:
        _added(args, wanted, world)
        data.update(system=args.system, create_home=args.create_home)
    else:
        _modified(args, found, wanted, world)
        data.update(append=args.append, move_home=args.move_home)
    now = user_found(args.name, world) or {}
    checked = [key for key in wanted if key not in ("locked", "password")]
    wrong = [key for key in checked if now.get(key) != wanted[key]]
    if wrong:
        raise Failure(f"{wrong[0]} of {args.name} is not as wanted afterwards")
    data.update({key: now[key] for key in ("uid", "comment", "home", "shell") if key in now})
    if isinstance(now.get("gid"), int):
        data["group"] = now["gid"]
    if not {"uid", "group"} <= data.keys():
        world.leave_open()
    if args.generate_ssh_key:
        data.update(generated(args, str(now.get("home") or f"/home/{args.name}"), world))
    if args.groups:
        data["groups"] = ",".join(args.groups)
    if args.password is not None:
        data["password"] = "NOT_LOGGING_PASSWORD"  # noqa: S105 (ansible-core's words)
    return data


def _gid(args: Args, world: World) -> int | str | None:
    """The number of the primary group asked for, or its name while groupadd has still to choose
    one; None: none is asked for."""
    if args.group is None:
        return None
    group = group_found(args.group, world)
    if group is None and args.group.isdigit():
        return int(args.group)
    if group is None:
        raise Failure(f"there is no group {args.group} on this host; make it with the group module")
    return args.group if group["gid"] is None else int(group["gid"])


def goal(args: Args, found: Optional[Dict[str, Any]], gid: int | str | None) -> Dict[str, Any]:
    """What is to hold of the user, as far as the arguments say so."""
    given: Dict[str, Any] = {
        "uid": args.uid,
        "gid": gid,
        "comment": args.comment,
        "home": args.home,
        "shell": args.shell,
        "password_expire_max": args.password_expire_max,
        "password_expire_min": args.password_expire_min,
        "password_expire_warn": args.password_expire_warn,
        "password_expire_account_disable": args.password_expire_account_disable,
        "locked": args.password_lock,
    }
    wanted: Dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if args.groups is not None:
        kept = found["groups"] if found and args.append else []
        wanted["groups"] = sorted({*kept, *filter(None, args.groups)})
    if args.password is not None and (found is None or args.update_password != "on_create"):  # noqa: S105
        wanted["password"] = args.password
    if args.expires is not None:
        wanted["expires"] = None if args.expires < 0 else int(args.expires // DAY)
    return wanted


def fresh(login_defs: Optional[bytes]) -> Dict[str, Any]:
    """What useradd gives a new user unasked: no groups, no password, the host's ageing rules."""
    found: Dict[str, Any] = {"groups": [], "password": "!", "expires": None}
    names = {"PASS_MAX_DAYS": "max", "PASS_MIN_DAYS": "min", "PASS_WARN_AGE": "warn"}
    for line in (login_defs or b"").decode("utf-8", "replace").splitlines():
        words = line.split()
        if len(words) == 2 and words[0] in names and words[1].lstrip("-").isdigit():
            found[f"password_expire_{names[words[0]]}"] = int(words[1])
    return found


def _added(args: Args, wanted: Dict[str, Any], world: World) -> None:
    command = ["useradd", *_options(args, wanted)]
    command += ["-r"] if args.system else []
    command += ["-m"] if args.create_home else ["-M"]
    command += ["-k", args.skeleton] if args.skeleton and args.create_home else []
    limits = {"UMASK": args.umask, "UID_MIN": args.uid_min, "UID_MAX": args.uid_max}
    for key, limit in limits.items():
        command += ["-K", f"{key}={limit}"] if limit is not None else []
    namesake = group_found(args.name, world)
    if args.group is None and namesake is not None:
        command += ["-N"]
    home = args.home or f"/home/{args.name}"
    made = home if args.create_home and _is_missing(home, world) else ""
    undo = user_removed(args.name, made, args.skeleton or "/etc/skel", namesake)
    after = {**fresh(world.read("/etc/login.defs")), "home": home, **_plain(wanted)}
    detail = _detail(args, {}, wanted)
    spoils = [home] if args.create_home else []
    own: Dict[str, Any] = {}
    if args.group is None and namesake is None and has_own_groups(world):
        own[f"group:{args.name}"] = {"name": args.name, "gid": None, "members": []}
    _run(args, world, [*command, args.name], "add", detail, after, undo, own, spoils=spoils)
    _aged(args, {}, wanted, after, world)
    _secured(args, {}, wanted, after, world)


def _is_missing(path: str, world: World) -> bool:
    """Whether it is certain that nothing is there."""
    try:
        return world.stat(path) is None
    except Unpredictable:
        return False


def _modified(args: Args, found: Dict[str, Any], wanted: Dict[str, Any], world: World) -> None:
    differing = {key: value for key, value in wanted.items() if found.get(key) != value}
    plain = {key: differing[key] for key in differing if key in OPTIONS}
    options = _options(args, plain)
    after = dict(found)
    if options:
        after.update(_plain(plain))
        options += ["-m"] if args.move_home and "home" in plain else []
        home = [found["home"], plain["home"]] if args.move_home and "home" in plain else []
        detail = _detail(args, found, plain)
        undo = user_modified(args.name, found, plain, bool(home))
        command = ["usermod", *options, args.name]
        _run(args, world, command, "modify", detail, after, undo, spoils=home)
    _aged(args, found, wanted, after, world)
    _secured(args, found, wanted, after, world)


def _removed(args: Args, found: Dict[str, Any], world: World) -> None:
    flags = [*(["-r"] if args.remove else []), *(["-f"] if args.force else [])]
    command = ["userdel", *flags, args.name]
    spoils = [found["home"]] if args.remove else []
    undo = None if args.remove else user_back(args.name, found)
    env = {SECRET: f"{args.name}:{found['password']}"} if "password" in found else {}
    own: Dict[str, Any] = {}
    namesake = group_found(args.name, world)
    if namesake and has_own_groups(world) and group_is_free(namesake, args.name, world):
        own[f"group:{args.name}"] = None
    _run(args, world, command, "remove", {}, None, undo, own, spoils=spoils, env=env)


def _options(args: Args, wanted: Dict[str, Any]) -> List[str]:
    """useradd's and usermod's options for what is wanted."""
    options: List[str] = []
    for key, option in OPTIONS.items():
        if key not in wanted:
            continue
        given = args.group if key == "gid" else value(key, wanted[key])
        options += [option, str(given)]
    return options + (["-o"] if args.non_unique and "uid" in wanted else [])


def _aged(
    args: Args,
    found: Dict[str, Any],
    wanted: Dict[str, Any],
    after: Dict[str, Any],
    world: World,
) -> None:
    """How long the password lasts."""
    options: List[str] = []
    changed: Dict[str, Any] = {}
    for name, option in AGES.items():
        if name in wanted and found.get(name) != wanted[name]:
            options += [option, str(wanted[name])]
            changed[name] = wanted[name]
    if options:
        after.update(changed)
        detail = _detail(args, found, changed)
        undo = user_aged(args.name, found, changed) if found else []
        _run(args, world, ["chage", *options, args.name], "modify", detail, after, undo)


def _secured(
    args: Args,
    found: Dict[str, Any],
    wanted: Dict[str, Any],
    after: Dict[str, Any],
    world: World,
) -> None:
    """The password and whether it works; the hash goes by stdin, where no process list shows it."""
    hash_now = str(found.get("password", ""))
    locked = hash_now.startswith("!")
    wanted_hash = wanted.get("password")
    lock = wanted.get("locked")
    if wanted_hash is not None and hash_now.lstrip("!") != wanted_hash.lstrip("!"):
        after["password"] = wanted_hash
        line = f"{args.name}:{wanted_hash}\n".encode()
        hidden = {"password": ["(not shown)", "(not shown)"]}
        undo = password_back() if found else []
        env = {SECRET: f"{args.name}:{hash_now}"} if found else {}
        _run(args, world, ["chpasswd", "-e"], "modify", hidden, after, undo, stdin=line, env=env)
        locked = wanted_hash.startswith("!")
    if lock is not None and lock != locked and not (lock and not found and wanted_hash is None):
        after["password"] = ("!" if lock else "") + str(after.get("password", "")).lstrip("!")
        detail = {"locked": [locked, lock]}
        command = ["usermod", "-L" if lock else "-U", args.name]
        undo = [["usermod", "-U" if lock else "-L", args.name]] if found else []
        _run(args, world, command, "modify", detail, after, undo)


def _plain(wanted: Dict[str, Any]) -> Dict[str, Any]:
    return {key: value for key, value in wanted.items() if key in OPTIONS}


def _detail(args: Args, found: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, Any]:
    """What differs, each as [before, after]; never the password."""
    shown = {**wanted, "gid": args.group} if "gid" in wanted else wanted
    keys = [key for key in shown if key in OPTIONS or key.startswith("password_expire")]
    return {key: [found.get(key, ""), shown[key]] for key in keys}


def _run(
    args: Args,
    world: World,
    command: List[str],
    verb: str,
    detail: Dict[str, Any],
    after: Optional[Dict[str, Any]],
    undo: Optional[Commands],
    own: Optional[Dict[str, Any]] = None,
    **how: Any,
) -> None:
    """``own``: what becomes of the group of the user's name, where that changes too."""
    state = None if after is None else dict(after)
    expects = {f"user:{args.name}": state, **(own or {})}
    administered(world, command, args.name, f"{verb} user", detail, expects, undo, **how)
