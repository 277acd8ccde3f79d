"""What apt-get and dpkg-query say, as values.  Pure."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Sequence

from ..protocol.spec import Failure
from ..world.done import Done


def parts(spec: str) -> tuple[str, str]:
    """Name (with its architecture) and version of 'name=version' or 'name/release'."""
    name, _, version = spec.partition("=")
    return name.partition("/")[0].strip(), version.strip()


def installed(listing: str) -> Dict[str, str]:
    """dpkg-query's lines as version by name; "" where only a package's configuration is left."""
    found: Dict[str, str] = {}
    for line in listing.splitlines():
        name, status, version = [*line.split("\t"), "", ""][:3]
        if status[1:2] in ("i", "W", "t", "U", "F", "H"):
            found[name] = version
        elif status[1:2] == "c":
            found[name] = ""
    return found


def moves(simulation: str, asked: Sequence[str]) -> List[Dict[str, Any]]:
    """The rows of what ``apt-get --simulate`` says it would install or remove, sorted by name."""
    rows = []
    names = {parts(spec)[0] for spec in asked}
    for line in simulation.splitlines():
        match = re.match(r"(Inst|Remv|Purg) (\S+)(?: \[([^\]]*)\])?(?: \((\S+))?", line)
        if match:
            kind, name, old, new = match.groups()
            rows.append(
                {
                    "name": name,
                    "from": old or "",
                    "to": new or "" if kind == "Inst" else "",
                    "requested_by": name if name in names else "",
                }
            )
    return sorted(rows, key=lambda row: row["name"])


def failure(done: Done, what: str) -> Failure:
    """apt-get's error as a sentence."""
    lines = [line[3:] for line in done.err.splitlines() if line.startswith("E: ")]
    said = "; ".join(lines[:3]) or (done.err.strip().splitlines() or ["it said nothing"])[-1]
    data = {"rc": done.rc, "stdout": done.out, "stderr": done.err}
    missing = re.search(r"Unable to locate package (\S+)", done.err)
    version = re.search(r"Version '([^']+)' for '([^']+)' was not found", done.err)
    if missing:
        text = f"there is no package {missing[1]} in the package lists (update_cache fetches them)"
    elif version:
        text = f"there is no version {version[1]} of {version[2]} in the package lists"
    elif "Could not get lock" in done.err:
        text = f"another package manager is at work: {said}"
    elif "No space left on device" in done.err:
        text = "the disk is full"
    elif "unmet dependencies" in done.out + done.err:
        text = "the packages do not fit together: " + _unmet_lines(done.out) or said
    else:
        text = f"apt-get {what} failed: {said}"
    return Failure(text, **data)


def _unmet_lines(text: str) -> str:
    after = text.partition("unmet dependencies:")[2]
    lines = [" ".join(line.split()) for line in after.splitlines() if line.startswith(" ")]
    return "; ".join(lines[:4])
