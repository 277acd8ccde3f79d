"""Which Python a step means: one it names, a virtual environment's, or the application's own."""

from __future__ import annotations

import os
from typing import Optional

from ..protocol.spec import Failure
from ..world.world import World

USUAL = (".venv", "venv")


def directory_of(chdir: Optional[str]) -> Optional[str]:
    """The directory to run in, as an absolute path; None where the step names none."""
    return os.path.abspath(os.path.expanduser(chdir)) if chdir else None


def interpreter(
    world: World, python: Optional[str], venv: Optional[str], directory: Optional[str]
) -> str:
    """The Python to run: ``python``, or the one in ``venv``, or in the directory's .venv or venv,
    or python3.  Relative paths start at the directory.  A Failure where there is none."""
    if python and "/" not in python and not python.startswith("~"):
        return _on_path(world, python)
    if python:
        path = _absolute(python, directory)
        if world.stat(path) is None:
            raise Failure(f"there is no Python at {path}")
        return path
    if venv:
        return _in_venv(world, _absolute(venv, directory))
    for name in USUAL if directory else ():
        path = os.path.join(directory or "", name, "bin", "python")
        if world.stat(path) is not None:
            return path
    return _on_path(world, "python3")


def _in_venv(world: World, venv: str) -> str:
    path = os.path.join(venv, "bin", "python")
    if world.stat(path) is not None:
        return path
    if world.stat(venv) is None:
        raise Failure(f"the virtual environment {venv} does not exist")
    raise Failure(f"{venv} is no virtual environment: it has no bin/python that works")


def _absolute(path: str, directory: Optional[str]) -> str:
    return os.path.join(directory or os.getcwd(), os.path.expanduser(path))


def _on_path(world: World, name: str) -> str:
    found = world.which(name)
    if found is None:
        raise Failure(f"there is no {name} on this host's PATH")
    return found
