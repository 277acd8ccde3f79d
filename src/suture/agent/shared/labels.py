"""What a file has beside mode and owner: the flags of chattr, and a context of SELinux."""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, Optional

from ..protocol.spec import Failure, arg
from ..world.world import World
from .paths import expanded

PARTS = ("seuser", "serole", "setype", "selevel")
Apply = Callable[[Any, World], Dict[str, Any]]


def flags_argument() -> Any:
    return arg("Flags of chattr, such as '+i' or '-a'.", None, aliases=("attr",))


def context_argument(part: str) -> Any:
    doc = f"The {part} of its SELinux context; _default: as the policy has it. Without a meaning"
    return arg(f"{doc} where SELinux is off.", None)


def in_place_argument() -> Any:
    return arg("Without a meaning here: files are replaced at once, and whole.", False)


def labelling(apply: Apply) -> Apply:
    """The module's ``apply``, and the flags and context that its arguments ask for."""

    def labelled(args: Any, world: World) -> Dict[str, Any]:
        data = apply(args, world)
        asked = args.attributes is not None or any(getattr(args, part) for part in PARTS)
        if asked and data.get("state") != "absent":
            said = data.get("dest") or data.get("path") or getattr(args, "path", None)
            path = expanded(str(said or args.dest), world)
            if world.stat(path) is not None:
                _flagged(path, args.attributes, world)
                _in_context(path, args, world)
        return data

    return labelled


def wanted_flags(now: str, wanted: str) -> str:
    """The flags, sorted, that a file should have: 'i' or '=i' these, '+i' and '-i' more or less."""
    sign, letters = (wanted[0], wanted[1:]) if wanted[:1] in "+-=" else ("=", wanted)
    if sign == "+":
        return "".join(sorted({*now, *letters}))
    if sign == "-":
        return "".join(sorted({*now} - {*letters}))
    return "".join(sorted({*letters}))


def _flagged(path: str, wanted: Optional[str], world: World) -> None:
    if not wanted:
        return

    def look() -> str:
        done = world.query(_program("lsattr", world), "-d", path)
        words = done.out.split()
        return words[0].replace("-", "").replace("e", "") if done.rc == 0 and words else ""

    now: str = world.state(f"flags:{path}", look)
    after = wanted_flags(now, wanted)
    if after == "".join(sorted(now)):
        return
    chattr = _program("chattr", world)
    more, less = ("".join(sorted({*one} - {*other})) for one, other in ((after, now), (now, after)))
    for sign, back, letters in (("+", "-", more), ("-", "+", less)):
        if letters:
            world.run(
                chattr,
                sign + letters,
                path,
                action="flag",
                shown=path,
                detail={"flags": [now, after]},
                expects={f"flags:{path}": after},
                undo=[[chattr, back + letters, path]],
            )


def _in_context(path: str, args: Any, world: World) -> None:
    if world.stat("/sys/fs/selinux/enforce") is None:
        return

    def look() -> str:
        return world.query("stat", "-c", "%C", path).out.strip()

    now = world.state(f"context:{path}", look)
    parts = now.split(":", 3)
    policy = [""] * 4
    if any(getattr(args, part) == "_default" for part in PARTS):
        policy = world.query(_program("matchpathcon", world), "-n", path).out.strip().split(":", 3)
    for at, part in enumerate(PARTS[: len(parts)]):
        wanted = getattr(args, part)
        parts[at] = policy[at] if wanted == "_default" else wanted or parts[at]
    after = ":".join(parts)
    if after != now:
        chcon = _program("chcon", world)
        world.run(
            chcon,
            after,
            path,
            action="label",
            shown=path,
            detail={"context": [now, after]},
            expects={f"context:{path}": after},
            undo=[[chcon, now, path]],
        )


def _program(name: str, world: World) -> str:
    path = world.which(name)
    if path is None:
        raise Failure(f"this host has no {name}")
    return os.path.abspath(path)
