"""Whether the tools have left the same behind."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Mapping
from pathlib import Path


def state(folder: Path) -> dict[str, str]:
    """Everything below the folder by name: its kind, mode and content's hash."""
    found = {}
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        content = ""
        if stat.S_ISREG(about.st_mode):
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        found[str(path.relative_to(folder))] = f"{stat.filemode(about.st_mode)} {content}"
    return found


def compared(folders: Mapping[str, Path], part: frozenset[str] = frozenset()) -> str:
    """In one sentence whether every tool has left the same behind as the first one.

    Of what the first one made, those in ``part`` were to make only a part.
    """
    states = {tool: state(folder) for tool, folder in folders.items()}
    first, *others = states
    wrong = []
    for tool in others:
        names = states[tool].keys() | (set() if tool in part else states[first].keys())
        differ = sorted(name for name in names if states[tool].get(name) != states[first].get(name))
        if differ or not states[tool]:
            name = differ[0] if differ else "anything"
            mine, theirs = (states[each].get(name, "nothing") for each in (first, tool))
            wrong.append(f"{tool} in {len(differ)} things ({name}: {theirs}, not {mine})")
    if wrong:
        return f"{first} and others differ: {'; '.join(wrong)}"
    count = len(states[first])
    return f"the same, {count} files and folders: {', '.join(states)}"
