"""Python distributions are installed, at these versions, or absent.

What pip would bring is known beforehand, down to the last dependency: it is shown, it can be
forbidden, and exactly it is then installed.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from typing import Any, Dict, Literal

from ..pip.environment import InstallTarget, environment
from ..pip.installation import Installation, PipRequest
from ..pip.requirements import flattened, options_of, rejoined, versioned
from ..protocol.spec import arg
from ..shared.paths import expanded
from ..world.world import World

EXAMPLES = """
- name: the application's pinned dependencies
  pip:
    requirements: /srv/app/requirements.txt
    virtualenv: /srv/app/.venv

- name: the reranker, on a CPU build of torch, with nothing broken on the way
  pip:
    name:
      - torch==2.13.0
      - sentence-transformers==6.2.0
      - huggingface_hub==1.3.3
    virtualenv: /srv/app/.venv
    forbid: ["nvidia-*", "cuda-*", "triton"]
    sources:
      - []
      - ["--extra-index-url", "https://wheels.example.org/cpu"]
    consistent: true

- name: no debugger in production
  pip:
    name: debugpy
    state: absent
    virtualenv: /srv/app/.venv
"""


@dataclass(frozen=True)
class Args:
    name: list[str] = arg("Requirements: 'httpx>=0.27', a path, an address, a repository.", [])
    version: str | None = arg("The version of the one distribution that 'name' names.", None)
    requirements: str | None = arg("A requirements file on the host.", None)
    state: Literal["present", "absent", "latest", "forcereinstall"] = arg(
        "latest also upgrades; forcereinstall installs again what is there.", "present"
    )
    virtualenv: str | None = arg("The virtual environment; it is made when it is missing.", None)
    virtualenv_command: str | None = arg(
        "What makes a virtual environment, such as 'virtualenv'; unsaid, python -m venv.", None
    )
    virtualenv_python: str | None = arg("The Python to make the environment with.", None)
    virtualenv_site_packages: bool = arg(
        "A new environment also sees the system's packages.", False
    )
    python: str | None = arg(
        "Install into this interpreter's environment: an alternative to virtualenv.", None
    )
    executable: str | None = arg("Install with this pip program, such as 'pip3.12'.", None)
    extra_args: str | list[str] = arg("Further options for pip install.", [])
    editable: bool = arg("Install from the source in place.", False)
    chdir: str | None = arg("Where relative paths start.", None)
    umask: str | int | None = arg("The umask for new files, such as '0022'.", None)
    break_system_packages: bool = arg(
        "Install although the Python belongs to the operating system's package manager.", False
    )
    forbid: list[str] = arg(
        "Names, such as 'nvidia-*', of distributions that must not come along: found in pip's"
        " resolution, they make the step fail before anything is installed.",
        [],
    )
    sources: list[str | list[str]] = arg(
        "Lists of further options, tried in order: the first with which pip finds a resolution"
        " that brings nothing forbidden is used.",
        [],
    )
    consistent: bool = arg(
        "The step fails, before anything is installed, if an installed distribution would then"
        " lack something, or have it at the wrong version, that it has now.",
        False,
    )
    constraints: list[str] = arg("Requirements that hold for whatever pip brings.", [])
    binary: bool = arg("Only wheels: nothing is built on the host.", False)

    def __post_init__(self) -> None:
        if self.name and self.requirements:
            raise ValueError("give either 'name' or 'requirements', not both")
        if not (self.name or self.requirements or self.virtualenv):
            raise ValueError("give 'name' or 'requirements'")
        given = [key for key in ("virtualenv", "python", "executable") if getattr(self, key)]
        if len(given) > 1:
            raise ValueError(f"give either '{given[0]}' or '{given[1]}', not both")
        if self.state == "absent" and (self.forbid or self.sources):
            raise ValueError("'forbid' and 'sources' are about installing: not with state absent")
        if isinstance(self.umask, str) and not re.fullmatch(r"(0o)?[0-7]{1,4}", self.umask):
            raise ValueError("'umask' must be octal, such as '0022'")
        if self.version is not None:
            self._check_version()

    def _check_version(self) -> None:
        names = rejoined(self.name)
        if self.state == "latest":
            raise ValueError("'version' says which one: it cannot be given with state latest")
        if len(names) != 1:
            raise ValueError("'version' needs one name; put versions beside the names instead")
        if re.search(r"[<>=!~@]", names[0]):
            raise ValueError(f"'{names[0]}' and 'version' both say which version; drop one")


def apply(args: Args, world: World) -> Dict[str, Any]:
    """Look first, then ask pip, then install what it said: each only if it is needed."""

    def path(text: str | None) -> str:
        return expanded(text, world) if text else ""

    wanted = _wanted(args, world)
    env = environment(
        InstallTarget(
            virtualenv=path(args.virtualenv),
            python=path(args.python),
            executable=path(args.executable),
            chdir=path(args.chdir),
            command=path(args.virtualenv_command),
            base=path(args.virtualenv_python),
            site=args.virtualenv_site_packages,
        ),
        world,
    )
    data = {
        "name": args.name or None,
        "version": args.version,
        "requirements": args.requirements,
        "state": args.state,
        "virtualenv": args.virtualenv,
        "python": env.python,
        "resolution": [],
    }
    if not wanted.names and not wanted.files.lines:
        return data
    step = Installation(wanted, env, world)
    return {**data, **(step.removed() if args.state == "absent" else step.installed())}


def _wanted(args: Args, world: World) -> PipRequest:
    """What the arguments ask for, with every file that they name read."""
    extra = [args.extra_args] if isinstance(args.extra_args, str) else args.extra_args
    options = options_of([text for text in extra if text])
    names = rejoined(args.name)
    if args.version is not None:
        names = [versioned(names[0], args.version)]
    editable = args.editable or options.editable
    base = expanded(args.chdir or "/", world)

    def whole(path: str) -> str:
        return path if "://" in path else os.path.join(base, expanded(path, world))

    files = [args.requirements] if args.requirements else []
    files = [whole(path) for path in [*files, *options.requirements]]
    sources = [shlex.split(each) if isinstance(each, str) else each for each in args.sources]
    return PipRequest(
        state=args.state,
        names=[{"text": name, "editable": editable} for name in names],
        files=flattened(files, world.read),
        limits=flattened([whole(path) for path in options.constraints], world.read, True),
        options=options,
        requirements=files,
        constraints=args.constraints,
        forbid=args.forbid,
        sources=sources,
        consistent=args.consistent,
        binary=args.binary,
        system=args.break_system_packages,
        umask=_octal(args.umask),
        chdir=base,
    )


def _octal(umask: str | int | None) -> str:
    if umask is None:
        return ""
    return f"{umask:04o}" if isinstance(umask, int) else umask.replace("o", "")
