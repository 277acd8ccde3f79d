"""What a virtual environment holds when it has just been made.

Runs inside the Python that is to make it, beside _distributions.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, Iterator, List, Tuple

from .distributions import Entry, Installed, facts, normal


def seed(question: Dict[str, Any]) -> Dict[str, Any]:
    """What ``python -m venv`` would put into a new environment at question["prefix"]."""
    try:
        import ensurepip
        import venv
    except ImportError as error:
        return {"lacks": error.name}
    del venv
    wheels = list(_bundled(ensurepip))
    if not wheels:
        return {"lacks": "ensurepip"}
    prefix = question["prefix"]
    entries: List[Entry] = [
        {"name": name, "version": version, "requires": [], "extras": [], "direct": None, "path": ""}
        for name, version, _ in wheels
    ]
    held = Installed.on_path(sys.path).all() if question["site"] else []
    merged = {normal(entry["name"]): entry for entry in [*held, *entries]}
    versions = {name: (version, path) for name, version, path in wheels}
    return {
        "installed": [merged[name] for name in sorted(merged)],
        "facts": {
            **facts(),
            "python": os.path.join(prefix, "bin", "python"),
            "prefix": prefix,
            "pip": versions["pip"][0],
            "pip_directory": versions["pip"][1],
            "virtual": True,
            "managed": False,
            "closed": [],
            "spoils": [prefix],
        },
    }


def _bundled(ensurepip: Any) -> Iterator[Tuple[str, str, str]]:
    """Name, version and path of each wheel that ensurepip holds for a new environment."""
    places = [
        getattr(ensurepip, "_WHEEL_PKG_DIR", None) or "",
        os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"),
        "/usr/share/python-wheels",  # Debian's, which has emptied the one above
    ]
    versions = {"pip": ensurepip.version()}
    if sys.version_info < (3, 12):
        versions["setuptools"] = getattr(ensurepip, "_SETUPTOOLS_VERSION", "")
    for name, stated in versions.items():
        for place in places:
            files = sorted(os.listdir(place)) if os.path.isdir(place) else []
            found = {file.split("-")[1]: file for file in files if file.startswith(name + "-")}
            if found:
                version = stated if stated in found else list(found)[-1]
                yield name, version, os.path.join(place, found[version])
                break
