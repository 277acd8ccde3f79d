"""What stands at a path: nothing, at one that cannot be (a name from a file may be too long)."""

from __future__ import annotations

import stat
from pathlib import Path


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0


def is_file(path: Path) -> bool:
    return stat.S_ISREG(_mode(path))


def is_dir(path: Path) -> bool:
    return stat.S_ISDIR(_mode(path))


def exists(path: Path) -> bool:
    return _mode(path) != 0
