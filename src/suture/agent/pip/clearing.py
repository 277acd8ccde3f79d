"""Takes distributions away with the caches that ordinary use left among their files.

Runs inside the environment's own Python, as ``python -c``, with a pip command behind it that ends in
``--yes`` and the names.  pip removes what it has installed.  A .pyc that was compiled later, by a
test runner or with another -O, stays, and with it the folder, which then imports as an empty package.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Iterator, List, Sequence, Set

CACHES = (".pyc", ".pyo", ".nbi", ".nbc")
"""Endings of what is made from a source file, and is nothing without it."""
NAMED = 20


def main(command: Sequence[str]) -> int:
    """Run the command; then its folders go where nothing but caches is left; pip's exit code."""
    names = command[list(command).index("--yes") + 1 :]
    folders = sorted(_folders(names), key=lambda path: path.count(os.sep), reverse=True)
    rc = os.spawnv(os.P_WAIT, command[0], list(command))
    for folder in folders:
        _clear(folder)
    left = [path for folder in folders if os.path.isdir(folder) for path in _files(folder)]
    for path in _strangers(sorted(set(left)))[:NAMED]:
        sys.stdout.write("kept, because it is not pip's: " + path + "\n")
    return rc


def _folders(names: Sequence[str]) -> Set[str]:
    """The folders that these distributions have files in, below where packages are."""
    from importlib import metadata

    found: Set[str] = set()
    for name in names:
        try:
            held = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        for file in held.files or ():
            parents = [str(parent) for parent in file.parents if str(parent) != "."]
            if not parents or ".." in file.parts:
                continue
            found |= {str(held.locate_file(parent)) for parent in parents}
    return found


def _clear(folder: str) -> None:
    """What was compiled of files that are gone goes, and the folder with it if that was all."""
    for path in _files(folder):
        if _orphan(path):
            os.remove(path)
    inner = [os.path.join(folder, "__pycache__"), folder]
    for path in inner:
        if os.path.isdir(path) and not os.path.islink(path) and not os.listdir(path):
            os.rmdir(path)


def _files(folder: str) -> List[str]:
    """The files in a folder and in its __pycache__."""
    found = []
    for place in (folder, os.path.join(folder, "__pycache__")):
        if os.path.isdir(place):
            paths = [os.path.join(place, name) for name in sorted(os.listdir(place))]
            found += [path for path in paths if os.path.isfile(path) or os.path.islink(path)]
    return found


def _orphan(path: str) -> bool:
    """Whether a file is a cache whose source is gone."""
    folder, name = os.path.split(path)
    if not name.endswith(CACHES):
        return False
    if os.path.basename(folder) == "__pycache__":
        folder = os.path.dirname(folder)
    return not os.path.exists(os.path.join(folder, name.partition(".")[0] + ".py"))


def _strangers(paths: Sequence[str]) -> List[str]:
    """Those of the files that no distribution has installed, caches left out."""
    if not paths:
        return []
    from importlib import metadata

    known = {path for held in metadata.distributions() for path in _installed(held)}
    return [path for path in paths if path not in known and not path.endswith(CACHES)]


def _installed(held: Any) -> Iterator[str]:
    return (os.path.normpath(str(held.locate_file(file))) for file in held.files or ())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
