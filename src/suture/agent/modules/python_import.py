"""What is named can be imported by the host's Python, at the version that is asked for."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from typing import Any, Dict, List, Literal, Tuple, cast

from ..protocol.spec import Failure, arg
from ..shared import import_probe
from ..shared.interpreter import directory_of, interpreter
from ..shared.versions import accepts, clauses
from ..world.done import Done
from ..world.world import World

EXAMPLES = """
- name: the reranker's class can be imported
  python_import:
    chdir: /opt/app
    names: [sentence_transformers:CrossEncoder, torch]

- name: the conflict is resolved
  python_import: {name: huggingface_hub, version: '>=1.3,<2', venv: /opt/app/.venv}

- name: is the validator's package there
  python_import: {name: great_expectations, chdir: /opt/app, state: any}
  register: validator
"""
LOOKS = True
FREE_FORM = "names"

BOOT = "import sys; exec(compile(sys.stdin.read(), '<probe>', 'exec'), {'__name__': '__main__'})"
NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*(?::[^\W\d]\w*(?:\.[^\W\d]\w*)*)?")


@dataclass(frozen=True)
class Args:
    names: list[str] = arg(
        "What to import: a module, or module:attribute for `from module import attribute`.",
        aliases=("name",),
    )
    version: str | None = arg("The version it must have, such as '>=1.3,<2'.", None)
    state: Literal["present", "absent", "any"] = arg(
        "present: each must be importable; absent: none may be; any: only look.", "present"
    )
    namespace: bool = arg("A directory without modules in it counts as importable too.", False)
    python: str | None = arg("The Python that imports; excludes 'venv'.", None)
    venv: str | None = arg(
        "The virtual environment that imports.  Unsaid: .venv or venv in chdir, else python3.",
        None,
        aliases=("virtualenv",),
    )
    chdir: str | None = arg("Directory to import in; its own modules can be imported too.", None)
    env: dict[str, str] = arg("Environment variables for the import.", {})
    timeout: float = arg("Seconds that each import may take.", 120.0)

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError("names must name something to import")
        for name in self.names:
            if not NAME.fullmatch(name):
                raise ValueError(f"'{name}' is neither a module nor module:attribute")
        if self.version is not None:
            clauses(self.version)
            if len(self.names) > 1:
                raise ValueError("'version' is for one name; ask for several in steps of their own")
            if self.state == "absent":
                raise ValueError("'version' and 'state: absent' exclude each other")
        if self.python and self.venv:
            raise ValueError("'python' and 'venv' exclude each other")
        if self.timeout <= 0:
            raise ValueError("timeout must be more than 0 seconds")


def apply(args: Args, world: World) -> Dict[str, Any]:
    """Import each name in a process of its own; what came of it."""
    directory = directory_of(args.chdir)
    python = interpreter(world, args.python, args.venv, directory)
    imports = [imported(name, args, world, python) for name in args.names]
    problem = unmet(imports, args.state, python)
    if problem:
        raise Failure(problem, imports=imports, python=python)
    return {"imports": imports, "python": python}


def imported(name: str, args: Args, world: World, python: str) -> Dict[str, Any]:
    """What came of one import: name, ok, imported, version, file, error, seconds."""
    module, _, attribute = name.partition(":")
    token = f"suture-{secrets.token_hex(16)} "
    env = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", **args.env}
    loader = cast("Any", import_probe.__loader__)
    probe = str(loader.get_source(import_probe.__name__)).encode()
    argv = [python, "-B", "-c", BOOT, token, module, attribute, str(args.namespace)]
    how: Dict[str, Any] = {"cwd": directory_of(args.chdir), "env": env, "stdin": probe}
    try:
        done = world.query(*argv, timeout=args.timeout, **how)
    except Failure as failure:
        if failure.data.get("rc") != 124:
            raise
        return {**_nothing(name), "error": f"the import took longer than {args.timeout:g} s"}
    found = {**_nothing(name), **probed(done, token)}
    found["ok"], found["error"] = judged(found, args.version)
    return found


def _nothing(name: str) -> Dict[str, Any]:
    return {
        "name": name,
        "ok": False,
        "imported": False,
        "version": "",
        "file": "",
        "error": "",
        "seconds": 0.0,
    }


def probed(done: Done, token: str) -> Dict[str, Any]:
    """What the probe said; where it said nothing, how its process ended."""
    for line in done.out.splitlines():
        if line.startswith(token):
            found: Dict[str, Any] = json.loads(line[len(token) :])
            return found
    if done.rc > 128:
        return {"error": f"the import ended Python with signal {done.rc - 128}"}
    lines = [line for line in done.err.splitlines() if line.strip()]
    said = f": {lines[-1].strip()}" if lines else ""
    return {"error": f"the import ended Python with exit code {done.rc}{said}"}


def judged(found: Dict[str, Any], version: str | None) -> Tuple[bool, str]:
    """Whether it is as asked for, and what is wrong otherwise."""
    if not found["imported"] or version is None:
        return found["imported"], found["error"]
    if not found["version"]:
        return False, f"its version cannot be told, and {version} is asked for"
    if not accepts(version, found["version"]):
        return False, f"its version is {found['version']}, not {version}"
    return True, ""


def unmet(imports: List[Dict[str, Any]], state: str, python: str) -> str:
    """Why the wanted state does not hold, in one sentence; nothing where it holds."""
    if state == "present":
        wrong = [f"{found['name']}: {found['error']}" for found in imports if not found["ok"]]
        return f"{python} lacks what is asked for: {'; '.join(wrong)}" if wrong else ""
    if state == "absent":
        there = [f"{found['name']} {found['version']}" for found in imports if found["imported"]]
        return f"{python} can import {', '.join(there)}, which must be absent" if there else ""
    return ""
