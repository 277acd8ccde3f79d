"""Locales can be used on a Debian host: they stand in /etc/locale.gen, and are made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Literal, Sequence

from ..protocol.spec import Failure, arg
from ..shared.text_files import encoded
from ..world.world import World

EXAMPLES = """
- name: German
  locale_gen: {name: de_DE.UTF-8}
"""

CHOSEN, SUPPORTED = "/etc/locale.gen", "/usr/share/i18n/SUPPORTED"


@dataclass(frozen=True)
class Args:
    name: List[str] = arg("The locales, such as de_DE.UTF-8.")
    state: Literal["present", "absent"] = arg("Whether they can be used.", "present")


def apply(args: Args, world: World) -> Dict[str, Any]:
    program = world.which("locale-gen")
    content = world.read(CHOSEN)
    if program is None or content is None:
        raise Failure(f"this host has no {CHOSEN if program else 'locale-gen'} (package locales)")
    lines = content.decode("utf-8", "surrogateescape").splitlines(keepends=True)
    known = (world.read(SUPPORTED) or b"").decode("utf-8", "replace").splitlines()
    if args.state == "present":
        listed = {line.lstrip("# ").split(" ")[0].strip() for line in [*lines, *known]}
        missing = [name for name in args.name if name not in listed]
        if missing:
            raise Failure(f"no locale is called {', '.join(missing)} on this host")
    new = edited(lines, args.name, known, args.state == "present")
    there = world.state("locales", lambda: _made(world))
    left = [name for name in args.name if (canonical(name) in there) != (args.state == "present")]
    if new != lines:
        world.write(CHOSEN, encoded("".join(new)))
    if new != lines or left:
        after = {*there, *map(canonical, args.name)}
        if args.state == "absent":
            after = {*there} - {canonical(name) for name in args.name}
        world.run(
            program,
            action="make locales",
            shown=" ".join(args.name),
            expects={"locales": sorted(after)},
            undo=[[program]],
            late=True,
            live=False,
        )
    return {"name": args.name}


def _made(world: World) -> List[str]:
    program = world.which("locale")
    if program is None:
        raise Failure("this host has no program 'locale'")
    return sorted(map(canonical, world.query(program, "-a").out.split()))


# -- the pure core ---------------------------------------------------------------------------------


def canonical(name: str) -> str:
    """A locale's name as ``locale -a`` spells it: de_DE.utf8."""
    place, dot, charset = name.partition(".")
    charset, at, modifier = charset.partition("@")
    return place + dot + charset.lower().replace("-", "") + at + modifier


def edited(
    lines: Sequence[str], names: Sequence[str], known: Sequence[str], present: bool
) -> List[str]:
    """The lines of /etc/locale.gen with these locales switched on, or off."""
    found = list(lines)
    for name in names:
        on = re.compile(rf"{re.escape(name)}\s")
        off = re.compile(rf"#\s*{re.escape(name)}\s")
        if present and not any(map(on.match, found)):
            at = next((at for at, line in enumerate(found) if off.match(line)), None)
            if at is not None:
                found[at] = found[at].lstrip("# ")
                continue
            line = next((line for line in known if on.match(line)), f"{name} UTF-8")
            if found and not found[-1].endswith("\n"):
                found[-1] += "\n"
            found.append(line.strip() + "\n")
        elif not present:
            found = [f"# {line}" if on.match(line) else line for line in found]
    return found
