"""The agent as bytes: the one command that starts it, and the sources it is then fed."""

from __future__ import annotations

import functools
import json
import marshal
import re
import zlib
from collections.abc import Iterable, Iterator
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import suture.agent
from suture.agent.main import place
from suture.memo import once

AGENT = Path(suture.agent.__path__[0])
START = b"SUTURE\n"
"""The line at which the agent begins to listen; whatever stdin holds before (a sudo password that
was not asked for) is passed over."""

FLAGS = "-I -S"
"""Nothing of the host's own may stand in for the standard library: no working directory, no
environment, no site-packages."""

COMMAND = (
    "import os;stream=os.fdopen(os.dup(0),'rb');"
    "[0 for line in iter(stream.readline,b'SUTURE\\n') if not line and os._exit(1)];"
    "exec(stream.read(int(stream.readline())))"
)

PACKAGES = frozenset(
    ".".join(("agent", *path.parent.relative_to(AGENT).parts))
    for path in AGENT.rglob("__init__.py")
)
ALWAYS = ("agent.main", "agent.lean_dataclasses")
"""What boot.py imports, and what every class is made by."""
PRETENDING = frozenset(
    f"agent.world.{name}" for name in ("dry", "doubts", "foresight", "predictions", "fingerprints")
)
"""What only an agent needs that performs dry steps."""
IMPORTS = re.compile(r"^\s*from (\.+)([\w.]*) import (?:\(([^)]*)\)|(.+))$", re.MULTILINE)


def modules(
    wanted: Iterable[str],
    dry: bool = False,
    rehearse: bool = False,
    lock: bool = False,
    returns: bool = False,
) -> frozenset[str]:
    """The dotted names of these modules and of all that they import, the agent itself included.
    What is no module of the agent's (a statement of the controller's own) is left out."""
    found = set() if dry else set(PRETENDING)
    waiting = [f"agent.{place(name)}" for name in wanted]
    waiting = [*ALWAYS, *(name for name in waiting if _file(name).is_file())]
    if rehearse:
        waiting.append("agent.rehearsal.rehearsal")
    if lock:
        waiting.append("agent.locks.lock")
    if returns:
        waiting.append("agent.connection.returning")
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _imported(name)
    if not dry:
        found -= PRETENDING
    return frozenset(found | {package for name in found for package in _packages(name)})


def _packages(name: str) -> Iterator[str]:
    """The packages around a module, the innermost first."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def sources(names: Iterable[str]) -> dict[str, str]:
    """The source of each of these modules."""
    return {name: _source(name) for name in names}


@functools.cache
def _imported(name: str) -> tuple[str, ...]:
    """The modules of the agent that a module's source imports, anywhere in it."""
    found = []
    for dots, below, several, one in IMPORTS.findall(_source(name)):
        package = ".".join([*name.split(".")[: -len(dots)], *filter(None, [below])])
        if package not in PACKAGES:
            found.append(package)
            continue
        # "from . import name" in one line or in several
        for imported in (several or one).split("#")[0].split(","):
            word = imported.split(" as ")[0].strip()
            if word and _file(f"{package}.{word}").is_file():
                found.append(f"{package}.{word}")
    return tuple(found)


@functools.cache
def _source(name: str) -> str:
    """A module's source as it is shipped: its classes are made leanly."""
    if name in PACKAGES:
        return ""
    text = _file(name).read_text(encoding="utf-8")
    text = text.replace("\nfrom dataclasses import ", "\nfrom agent.lean_dataclasses import ")
    return text.replace(
        "\nimport dataclasses\n", "\nimport agent.lean_dataclasses as dataclasses\n"
    )


def _file(name: str) -> Path:
    return AGENT.joinpath(*name.split(".")[1:]).with_suffix(".py")


@once(16)
def preamble(names: frozenset[str], compiled: bool) -> bytes:
    """What is written to the agent's stdin before the first frame.  ``compiled``: for a Python like
    ours the modules' code goes along, three times as long and ready to run."""
    boot = (AGENT / "boot.py").read_bytes()
    packed = _packed(names)
    code = _code(names) if compiled else b""
    parts = (START, len(boot), boot, len(packed), packed, len(code), code)
    return b"%b%d\n%b%d\n%b%d\n%b" % parts


@once(16)
def _packed(names: frozenset[str]) -> bytes:
    return zlib.compress(json.dumps(sources(names)).encode(), 6)


def _code(names: Iterable[str]) -> bytes:
    """The modules' code by name, behind the number of the kind of Python that can run it."""
    code = {
        name: compile(text, f"<shipped>/{name.replace('.', '/')}.py", "exec", dont_inherit=True)
        for name, text in sources(names).items()
    }
    return MAGIC_NUMBER + zlib.compress(marshal.dumps(code), 4)
