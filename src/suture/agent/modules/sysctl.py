"""A parameter of the kernel has a value, now and after a reboot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Literal, Optional

from ..protocol.spec import Failure, arg
from ..shared.paths import expanded
from ..shared.text_files import encoded
from ..world.world import World

EXAMPLES = """
- name: packets may be forwarded
  sysctl:
    name: net.ipv4.ip_forward
    value: "1"
    sysctl_set: true

- name: nothing of our own about swapping
  sysctl: {name: vm.swappiness, state: absent, sysctl_file: /etc/sysctl.d/90-app.conf}
"""

TRUE, FALSE = ("yes", "on", "true", "y", "t"), ("no", "off", "false", "n", "f")


@dataclass(frozen=True)
class Args:
    name: str = arg("The parameter.", aliases=("key",))
    value: str | None = arg("Its value.", None, aliases=("val",))
    state: Literal["present", "absent"] = arg("Whether the file sets it.", "present")
    sysctl_file: str = arg("The file.", "/etc/sysctl.conf")
    sysctl_set: bool = arg("Look at the running kernel too, and set it there.", False)
    reload: bool = arg("Where the file changes, the kernel is given what is in it.", True)
    ignoreerrors: bool = arg("A parameter that the kernel does not know is no failure.", False)

    def __post_init__(self) -> None:
        if self.state == "present" and not (self.value or "").strip():
            raise ValueError("a parameter that is to be present needs 'value'")
        if not re.fullmatch(r"[^\s=]+", self.name):
            raise ValueError(f"'{self.name}' is no name of a parameter")

    @property
    def wanted(self) -> str:
        """The value as the kernel takes it."""
        value = (self.value or "").strip()
        return "1" if value.lower() in TRUE else "0" if value.lower() in FALSE else value


def apply(args: Args, world: World) -> Dict[str, Any]:
    program = world.which("sysctl")
    if program is None:
        raise Failure("this host has no sysctl (package procps)")
    path = expanded(args.sysctl_file, world)
    path = world.real(path)
    old = world.read(path)
    text = (old or b"").decode("utf-8", "surrogateescape")
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    wanted = args.wanted if args.state == "present" else None
    new = edited(lines, args.name, wanted)
    if new != lines:
        world.write(path, encoded("".join(new)), mode=0o644 if old is None else None)
        if args.reload:
            _set_in_kernel(args, [program, *_lenient(args), "-p", path], program, world)
    if args.sysctl_set and wanted is not None:
        now = _now(args.name, program, world)
        if now is None and not args.ignoreerrors:
            raise Failure(f"the kernel of this host has no parameter {args.name}")
        if now is not None and not same(now, wanted):
            command = [program, *_lenient(args), "-w", f"{args.name}={wanted}"]
            _set_in_kernel(args, command, program, world)
    return {}


def _lenient(args: Args) -> List[str]:
    return ["-e"] if args.ignoreerrors else []


def _now(name: str, program: str, world: World) -> Optional[str]:
    """What the running kernel has; None where it does not know the parameter."""

    def look() -> Optional[str]:
        done = world.query(program, "-e", "-n", name)
        return done.out.strip() if done.rc == 0 and done.out.strip() else None

    found: Optional[str] = world.state(f"sysctl:{name}", look)
    return found


def _set_in_kernel(args: Args, command: List[str], program: str, world: World) -> None:
    """The kernel is given the value, or what is in the file."""
    world.outside("the running kernel")
    now = _now(args.name, program, world)
    undo = [] if now is None else [[program, "-e", "-w", f"{args.name}={now}"]]
    after = args.wanted if args.state == "present" else now
    done = world.run(
        *command,
        check=False,
        action="set",
        shown=args.name,
        detail={"value": [now or "", after or ""]},
        expects={f"sysctl:{args.name}": after},
        undo=undo,
        live=False,
    )
    if done.ran and done.rc and not args.ignoreerrors:
        said = done.err.strip() or done.out.strip()
        raise Failure(f"Failed to reload sysctl: {said}", rc=done.rc, stderr=done.err)


# -- the pure core ---------------------------------------------------------------------------------


def edited(lines: List[str], name: str, wanted: Optional[str]) -> List[str]:
    """The file's lines with the parameter at this value, once; None: without it."""
    found: List[str] = []
    seen = False
    for line in lines:
        key, equals, value = line.partition("=")
        if not equals or key.strip().startswith(("#", ";")) or key.strip() != name:
            found.append(line)
        elif wanted is not None and not seen:
            seen = True
            found.append(line if same(value, wanted) else f"{name}={wanted}\n")
    if wanted is not None and not seen:
        if found and not found[-1].endswith("\n"):
            found[-1] += "\n"
        found.append(f"{name}={wanted}\n")
    return found


def same(one: str, other: str) -> bool:
    """Whether two values differ in blanks alone."""
    return one.split() == other.split()
