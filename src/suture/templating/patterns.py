"""Regular expressions that end: one that may take for ever is tried in a process of its own.

Python's ``re`` cannot be stopped from another thread and lets none run meanwhile, so a pattern such
as ``(a+)+$`` would hold up every host, and the operator's Ctrl-C too.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

SECONDS = 10
STEPS = 100_000_000
"""Steps of matching that are nobody's trouble: about a second."""

_REPEATS = re.compile(r"(?<!\\)[*+]|\{\d*,\d*\}")
_REPEATED_GROUP = re.compile(r"\)[*+{]")
_CHILD = """
import json, re, sys
how, pattern, flags, text, replacement, count = json.load(sys.stdin)
compiled = re.compile(pattern, flags)
try:
    if how == "findall":
        said = [how, compiled.findall(text)]
    elif how == "subn":
        said = [how, compiled.subn(replacement, text, count=count)]
    else:
        match = getattr(compiled, how)(text)
        said = [how, match and match.span()]
except (re.error, IndexError) as error:
    said = ["error", str(error)]
json.dump(said, sys.stdout)
"""


def may_run_away(pattern: str, text: str) -> bool:
    """Whether matching might take longer than anyone waits: repetition within repetition, or as many
    side by side as make too much of a long text."""
    if _REPEATED_GROUP.search(pattern) and len(text) > 20:
        return True
    repeats = len(_REPEATS.findall(pattern))
    return repeats > 1 and len(text) ** min(repeats, 8) > STEPS


def first(how: str, pattern: str, text: str, flags: int = 0) -> re.Match[str] | None:
    """What ``re.search``, ``match`` or ``fullmatch`` find; ValueError where that takes too long."""
    compiled = re.compile(pattern, flags)
    if not may_run_away(pattern, text):
        found: re.Match[str] | None = getattr(compiled, how)(text)
        return found
    span = _apart(how, pattern, flags, text)
    # The same match is found at once where it is known to begin and to end.
    if span is None:
        return None
    return compiled.fullmatch(text) if how == "fullmatch" else compiled.match(text, span[0])


def every(pattern: str, text: str, flags: int = 0) -> list[Any]:
    """What ``re.findall`` finds; ValueError where that takes too long."""
    compiled = re.compile(pattern, flags)
    if not may_run_away(pattern, text):
        return compiled.findall(text)
    found = _apart("findall", pattern, flags, text)
    return [tuple(each) if isinstance(each, list) else each for each in found]


def replaced(
    pattern: str, replacement: str, text: str, flags: int = 0, count: int = 0
) -> tuple[str, int]:
    """What ``re.subn`` makes; ValueError where that takes too long."""
    compiled = re.compile(pattern, flags)
    if not may_run_away(pattern, text):
        return compiled.subn(replacement, text, count=count)
    new, times = _apart("subn", pattern, flags, text, replacement, count)
    return str(new), int(times)


def _apart(
    how: str, pattern: str, flags: int, text: str, replacement: str = "", count: int = 0
) -> Any:
    asked = json.dumps([how, pattern, int(flags), text, replacement, count])
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _CHILD],
            input=asked,
            check=True,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(
            f"the pattern '{pattern}' takes more than {SECONDS} s on a text of {len(text):,}"
            " characters: make it simpler, without repetition within repetition"
        ) from None
    said, found = json.loads(done.stdout)
    if said == "error":
        raise ValueError(found)
    return found
