"""Imports one name in this process and tells what came of it.

The agent does not import this file: its text is what the host's own interpreter runs.  What the
import prints goes to stderr; stdout gets one line of JSON behind a token.
"""

from __future__ import annotations

import json
import os
import pkgutil
import sys
import time
import traceback
from typing import Any, Dict

LONGEST = 4096


def main(token: str, module: str, attribute: str, namespace: bool) -> None:
    """Import the module, or an attribute from it as ``from module import attribute`` does."""
    out = os.dup(1)
    os.dup2(2, 1)
    if sys.path and sys.path[0] == "":
        sys.path[0] = os.getcwd()
    found: Dict[str, Any] = {"imported": False, "version": "", "file": "", "error": ""}
    began = time.perf_counter()
    try:
        __import__(module)
        held = sys.modules[module]
        found["file"] = getattr(held, "__file__", None) or ""
        if attribute:
            _taken(module, attribute)
        elif not namespace and empty(held):
            where = ", ".join(held.__path__)
            raise ImportError(f"{module} is a namespace package without content ({where})")
        found["imported"] = True
    except BaseException as error:  # noqa: BLE001 (what an import raises is what is asked for)
        found["error"] = "".join(traceback.format_exception_only(type(error), error)).strip()
        found["error"] = found["error"].splitlines()[-1][:LONGEST]
        found["traceback"] = traceback.format_exc()[-LONGEST:]
    found["seconds"] = round(time.perf_counter() - began, 3)
    found["version"] = version_of(module)
    data = (token + json.dumps(found) + "\n").encode()
    while data:
        data = data[os.write(out, data) :]


def _taken(module: str, attribute: str) -> None:
    first, *rest = attribute.split(".")
    space: Dict[str, Any] = {}
    exec(f"from {module} import {first} as taken", space)  # noqa: S102 (names, checked)
    for name in rest:
        space["taken"] = getattr(space["taken"], name)


def empty(module: Any) -> bool:
    """Whether it is a mere directory: no file of its own, and no module or package in it."""
    if getattr(module, "__file__", None) is not None or not hasattr(module, "__path__"):
        return False
    return next(iter(pkgutil.iter_modules(module.__path__)), None) is None


def version_of(module: str) -> str:
    """The version of the distribution that brings the module, or what the module says itself."""
    from importlib import metadata

    top = module.partition(".")[0]
    try:
        return metadata.version(top)
    except metadata.PackageNotFoundError:
        # It bears another name than its module, or it is no distribution at all.
        for held in metadata.distributions():
            if top in (held.read_text("top_level.txt") or "").split():
                return str(held.version)
    said = getattr(sys.modules.get(top), "__version__", None) or _by_files(top)
    return said if isinstance(said, str) else ""


def _by_files(top: str) -> str:
    """For distributions that do not list their top-level names."""
    from importlib import metadata

    for held in metadata.distributions():
        for file in held.files or ():
            if file.parts[0] in (top, top + ".py") and not held.read_text("top_level.txt"):
                return str(held.version)
    return ""


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4] == "True")
