"""A Python environment on the host: on disk, or as an earlier step of a dry run would leave it."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..protocol.spec import Failure
from ..world.world import World
from . import distributions, dry_pip, locations, resolution, seed

PROBES = (distributions, locations, seed, dry_pip, resolution)
"""What runs in the environment's own Python, in this order."""

LOADER = """
import json, sys
if sys.version_info < (3, 8):
    sys.exit('Python %d.%d is too old: 3.8 or later is needed' % sys.version_info[:2])
import types
given = json.loads(sys.stdin.read())
if sys.path and not sys.path[0]:
    del sys.path[0]
if given["pip"]:
    sys.path.insert(0, given["pip"])
    import pip
    del sys.path[0]
sys.modules["probe"] = types.ModuleType("probe")
sys.modules["probe"].__path__ = []
for name, source in given["sources"]:
    module = types.ModuleType("probe." + name)
    module.__package__ = "probe"
    sys.modules[module.__name__] = module
    exec(compile(source, "<probe>/" + name + ".py", "exec"), module.__dict__)
print("\\n" + json.dumps(module.answer(given["question"])))
"""

QUIET = {"PYTHONDONTWRITEBYTECODE": "1", "PIP_NO_INPUT": "1", "PIP_REQUIRE_VIRTUALENV": "0"}


@dataclass(frozen=True)
class Environment:
    """``python`` is its interpreter, ``key`` its name among the world's states.

    ``known`` is what an earlier step of a dry run would leave there: "facts" and "installed";
    None: look at the disk.
    """

    python: str
    key: str
    known: Optional[Dict[str, Any]] = None

    def answer(self, world: World, question: Dict[str, Any], **how: Any) -> Dict[str, Any]:
        """What a probe in this environment says.  It always tells "facts"."""
        if self.known is None:
            return probed(world, (self.python, "-B"), question, **how)
        facts = self.known["facts"]
        asked = {**question, "installed": self.known["installed"]}
        asked["prefix"] = facts["prefix"] if facts["virtual"] else ""
        told = probed(world, (facts["base"], "-B", "-S"), asked, facts["pip_directory"], **how)
        return {"facts": facts, **told}


def pip_command(python: str, facts: Dict[str, Any]) -> List[str]:
    """What runs pip in an environment: its own, or the one that its Python lends."""
    if not facts.get("lent"):
        return [python, "-m", "pip"]
    place = facts["pip_directory"]
    runner = "pip" if place.endswith(".whl") else os.path.join("pip", "__pip-runner__.py")
    return [python, os.path.join(place, runner)]


def probed(
    world: World,
    command: Sequence[str],
    question: Dict[str, Any],
    pip: str = "",
    **how: Any,
) -> Dict[str, Any]:
    """Run the probe under ``command``, an interpreter with its options; nothing is written.

    ``pip`` is the directory to take pip from, where this interpreter only stands in for another.
    """
    sources = [[module.__name__.rpartition(".")[2], _source(module)] for module in PROBES]
    asked = json.dumps({"sources": sources, "question": question, "pip": pip}).encode()
    how["env"] = {**QUIET, **how.get("env", {})}
    done = world.query(*command, "-c", LOADER, stdin=asked, **how)
    lines = done.out.strip().splitlines()
    if done.rc or not lines:
        said = (done.err.strip().splitlines() or ["it said nothing"])[-1]
        raise Failure(
            f"{command[0]} cannot tell what is installed: {said}",
            rc=done.rc,
            stdout=done.out,
            stderr=done.err,
        )
    told: Dict[str, Any] = json.loads(lines[-1])
    return told


def _source(module: Any) -> str:
    """A module's source, also where it exists in memory only."""
    text: str = module.__spec__.loader.get_source(module.__name__)
    return text


# -- which environment, and making it --------------------------------------------------------------


@dataclass(frozen=True)
class InstallTarget:
    """Where to install, as the step's arguments say it; paths as the author wrote them."""

    virtualenv: str = ""
    python: str = ""
    executable: str = ""
    chdir: str = ""
    command: str = ""
    base: str = ""
    site: bool = False


def environment(place: InstallTarget, world: World) -> Environment:
    """The environment that is meant; a virtual environment that is missing is made."""
    if place.virtualenv:
        prefix = os.path.normpath(os.path.join(place.chdir or os.getcwd(), place.virtualenv))
        return _virtual(prefix, place, world)
    python = place.python or _interpreter(place.executable, world) or sys.executable
    if "/" not in python:
        python = world.which(python) or _missing(python)
    python = os.path.join(place.chdir or os.getcwd(), python)
    prefix = os.path.dirname(os.path.dirname(os.path.normpath(python)))
    for key in (f"pip:{prefix}", f"pip:{os.path.realpath(python)}"):
        known = world.state(key, lambda: None)
        if known is not None:
            return Environment(python, key, known)
    if world.stat(python) is None:
        _missing(python)
    virtual = world.stat(os.path.join(prefix, "pyvenv.cfg")) is not None
    return Environment(python, f"pip:{prefix}" if virtual else f"pip:{os.path.realpath(python)}")


def _missing(python: str) -> str:
    raise Failure(f"there is no Python interpreter {python} on this host")


def _interpreter(executable: str, world: World) -> str:
    """The interpreter that a pip program runs under, by its first lines; nothing for no program."""
    if not executable:
        return ""
    path = executable if "/" in executable else world.which(executable)
    content = world.read(path) if path else None
    if path is None or content is None:
        raise Failure(f"there is no program {executable} on this host")
    match = re.match(rb"#!\s*(/\S*python[\d.]*)\s|#!/bin/sh\n'''exec' \"?(/.*?)\"? ", content)
    if not match:
        raise Failure(
            f"{path} does not say which Python it belongs to; give that as 'python' instead"
        )
    return (match[1] or match[2]).decode()


def _virtual(prefix: str, place: InstallTarget, world: World) -> Environment:
    python, key = os.path.join(prefix, "bin", "python"), f"pip:{prefix}"
    if world.stat(prefix) is not None:
        known = world.state(key, lambda: None)
        if known is not None or world.stat(python) is not None:
            return Environment(python, key, known)
        link = world.stat(python, follow=False)
        if link is not None:
            raise Failure(
                f"{python} points to {link.target}, which is gone: the environment is broken;"
                f" remove {prefix} (file, state: absent) and it will be made anew"
            )
    return Environment(python, key, _made(prefix, key, place, world))


def _made(prefix: str, key: str, place: InstallTarget, world: World) -> Optional[Dict[str, Any]]:
    """Make the virtual environment; what a dry world then knows of it."""
    command, base = _maker(place, world)
    site = ["--system-site-packages"] if place.site else []
    expects: Optional[Dict[str, Any]] = None
    if base:
        seeds = probed(world, (base, "-B"), {"op": "seed", "prefix": prefix, "site": place.site})
        if "lacks" in seeds:
            raise Failure(
                f"{base} cannot make a virtual environment: its module {seeds['lacks']} is missing;"
                " install it (on Debian and Ubuntu: python3-venv) or give virtualenv_command"
            )
        expects = {key: seeds}
    fresh = world.stat(prefix) is None
    world.mkdir(prefix, parents=True)
    world.run(
        *command,
        *site,
        prefix,
        spoils=[prefix],
        expects=expects,
        undo=[] if fresh else None,  # it goes with its directory
        cwd=place.chdir or "/",
    )
    return world.state(key, lambda: None)  # type: ignore[no-any-return]


def _maker(place: InstallTarget, world: World) -> Tuple[List[str], str]:
    """The command that makes an environment, and the Python whose venv module it is, if any."""
    base = place.base or sys.executable
    if "/" not in base:
        base = world.which(base) or _missing(base)
    if world.stat(base) is None:
        _missing(base)
    if not place.command:
        return [base, "-m", "venv"], base
    program, *options = place.command.split()
    path = program if "/" in program else world.which(program)
    if path is None:
        raise Failure(f"there is no program {program} on this host; virtualenv_command names it")
    if options[:2] == ["-m", "venv"]:
        return [path, *options], path
    return [path, *options, *(["-p", base] if place.base else [])], ""
