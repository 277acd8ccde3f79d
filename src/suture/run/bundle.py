"""The agent as bytes: the one command that starts it, and the sources it is then fed."""

from __future__ import annotations

import functools
import json
import re
import zlib
from collections.abc import Iterable
from pathlib import Path

import suture.agent

AGENT = Path(suture.agent.__path__[0])
START = b"SUTURE\n"
"""The line at which the agent begins to listen; whatever stdin holds before (a sudo password that
was not asked for) is passed over."""

COMMAND = (
    "import os;stream=os.fdopen(os.dup(0),'rb');"
    "[0 for line in iter(stream.readline,b'SUTURE\\n') if not line and os._exit(1)];"
    "exec(stream.read(int(stream.readline())))"
)


@functools.cache
def core() -> dict[str, str]:
    """The agent without its modules: source by dotted name."""
    names = {"agent": "", "agent.modules": ""}
    for path in AGENT.glob("*.py"):
        if path.stem not in ("__init__", "boot"):
            names[f"agent.{path.stem}"] = path.read_text(encoding="utf-8")
    return names


def modules(wanted: Iterable[str]) -> dict[str, str]:
    """These modules and the neighbours they import: source by dotted name.  What is no module of
    the agent's (a statement of the controller's own) is left out."""
    found: dict[str, str] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if f"agent.modules.{name}" in found or not (AGENT / "modules" / f"{name}.py").exists():
            continue
        source = _source(name)
        found[f"agent.modules.{name}"] = source
        waiting.extend(_neighbours(source))
    return found


@functools.cache
def _source(name: str) -> str:
    return (AGENT / "modules" / f"{name}.py").read_text(encoding="utf-8")


def _neighbours(source: str) -> list[str]:
    """The modules beside it that a module's source imports."""
    named = re.findall(r"^\s*from \.(\w+) import", source, re.MULTILINE)
    for group in re.findall(r"^\s*from \. import (?:\(([^)]*)\)|(.+))$", source, re.MULTILINE):
        names = "".join(group).replace("\n", " ").split(",")
        named += [name.split(" as ")[0].strip() for name in names if name.strip()]
    return named


def preamble(wanted: Iterable[str]) -> bytes:
    """What is written to the agent's stdin before the first frame."""
    boot = (AGENT / "boot.py").read_bytes()
    packed = zlib.compress(json.dumps({**core(), **modules(wanted)}).encode(), 6)
    return b"%b%d\n%b%d\n%b" % (START, len(boot), boot, len(packed), packed)
