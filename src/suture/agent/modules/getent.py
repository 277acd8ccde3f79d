"""The entries of one of the host's databases (passwd, group, hosts, …) are read, as facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional

from ..protocol.spec import Failure, Unpredictable, arg
from ..world.world import World

EXAMPLES = """
- name: who is in the group that may deploy
  getent: {database: group, key: deploy}

- name: every user
  getent: {database: passwd}
"""

FACTS = ("getent_*",)
LOOKS = True
COLONS = ("passwd", "shadow", "group", "gshadow")
ACCOUNTS = {"passwd": "user", "shadow": "user", "group": "group", "gshadow": "group"}
COMPLAINTS = {
    1: "Missing arguments, or database unknown.",
    2: "One or more supplied key could not be found in the database.",
    3: "Enumeration not supported on this database.",
}


@dataclass(frozen=True)
class Args:
    database: str = arg("The database: passwd, group, hosts, services, ….")
    key: str | None = arg("The entry; unsaid, all of them.", None)
    service: str | None = arg("Ask this service of nsswitch.conf alone.", None)
    split: str | None = arg(
        "What parts an entry's fields; unsaid, a colon or blanks, as the database has it.", None
    )
    fail_key: bool = arg("An entry that is missing is a failure.", True)


def apply(args: Args, world: World) -> Dict[str, Any]:
    program = world.which("getent")
    if program is None:
        raise Failure("this host has no getent")
    _check_known(args, world)
    words = [args.database, *([] if args.key is None else [args.key])]
    service = ["-s", args.service] if args.service else []
    done = world.query(program, *service, *words)
    name = f"getent_{args.database}"
    if done.rc == 0:
        split = args.split or (":" if args.database in COLONS else None)
        return {"ansible_facts": {name: entries(done.out, split)}, "msg": ""}
    message = COMPLAINTS.get(done.rc, f"getent exited with {done.rc}: {done.err.strip()}")
    if done.rc == 2 and not args.fail_key:
        return {"ansible_facts": {name: {args.key: None}}, "msg": message}
    raise Failure(message, rc=done.rc)


def entries(text: str, split: Optional[str]) -> Dict[str, Any]:
    """The fields of each entry by its key; a list of them where several have the same key."""
    found: Dict[str, List[List[str]]] = {}
    for line in text.splitlines():
        key, *rest = line.split(split)
        found.setdefault(key, []).append(rest)
    return {key: rows[0] if len(rows) == 1 else rows for key, rows in found.items()}


def _check_known(args: Args, world: World) -> None:
    """Raise Unpredictable where an earlier step of a dry run would have changed the entry."""
    kind = ACCOUNTS.get(args.database)
    if kind and args.key is not None:
        as_it_is = object()
        if world.state(f"{kind}:{args.key}", lambda: as_it_is) is not as_it_is:
            raise Unpredictable(f"the entry of {args.key}", f"making the {kind} {args.key}")
