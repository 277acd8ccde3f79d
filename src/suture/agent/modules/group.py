"""A group exists, with this number, or does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Literal

from ..accounts.name_service import administered, group_found
from ..accounts.reversal import group_back, group_removed
from ..protocol.spec import Failure, arg
from ..world.world import World

EXAMPLES = """
- name: the group that may deploy
  group: {name: deploy, gid: 2000}
"""


@dataclass(frozen=True)
class Args:
    name: str = arg("The group.")
    state: Literal["present", "absent"] = arg("Whether it exists.", "present")
    gid: int | None = arg("Its number.", None)
    non_unique: bool = arg("Another group may have that number too.", False)
    system: bool = arg("A new group is one of the system's.", False)
    gid_min: int | None = arg("The lowest number that a new group is given.", None)
    gid_max: int | None = arg("The highest number that a new group is given.", None)
    local: bool = arg("Without a meaning here: the host's own files are edited.", False)
    force: bool = arg("Remove it although it is a user's primary group.", False)

    def __post_init__(self) -> None:
        if self.non_unique and self.gid is None:
            raise ValueError("'non_unique' needs 'gid'")


def apply(args: Args, world: World) -> Dict[str, Any]:
    found = group_found(args.name, world)
    data: Dict[str, Any] = {"name": args.name, "state": args.state}
    if args.state == "absent":
        if found is not None:
            force = ["-f"] if args.force else []
            undo = group_back(args.name, found["gid"], found.get("members", ()))
            _run(args, world, ["groupdel", *force, args.name], "remove", {}, None, undo)
        return data
    number = ["-g", str(args.gid)] if args.gid is not None else []
    number += ["-o"] if args.non_unique else []
    after = {"name": args.name, "gid": args.gid}
    if found is None:
        system = ["-r"] if args.system else []
        limits = {"GID_MIN": args.gid_min, "GID_MAX": args.gid_max}
        for key, limit in limits.items():
            system += ["-K", f"{key}={limit}"] if limit is not None else []
        detail = {} if args.gid is None else {"gid": ["", args.gid]}
        undo = group_removed(args.name)
        _run(args, world, ["groupadd", *system, *number, args.name], "add", detail, after, undo)
    elif args.gid not in (None, found["gid"]):
        detail = {"gid": [found["gid"], args.gid]}
        undo = [["groupmod", "-o", "-g", str(found["gid"]), args.name]]
        _run(args, world, ["groupmod", *number, args.name], "modify", detail, after, undo)
    found = group_found(args.name, world)
    if found is None or args.gid not in (None, found["gid"]):
        raise Failure(f"the group {args.name} is not as wanted afterwards: {found}")
    data["system"] = args.system
    if found["gid"] is None:
        world.leave_open()
        return data
    return {**data, "gid": found["gid"]}


def _run(
    args: Args,
    world: World,
    command: List[str],
    verb: str,
    detail: Dict[str, Any],
    after: Dict[str, Any] | None,
    undo: List[List[str]],
) -> None:
    expects = {f"group:{args.name}": after}
    administered(world, command, args.name, f"{verb} group", detail, expects, undo)
