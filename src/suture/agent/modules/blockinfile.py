"""A block of lines between two marker lines is in a text file, or is not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Literal, Optional

from ..protocol.spec import arg
from ..shared.labels import context_argument, flags_argument, in_place_argument, labelling
from ..shared.paths import expanded
from ..shared.patterns import patiently
from ..shared.text_files import (
    Layout,
    Saving,
    checked_pattern,
    checked_validate,
    closed,
    encoded,
    opened,
)
from ..world.world import World

EXAMPLES = """
- name: hosts of the cluster
  blockinfile:
    path: /etc/hosts
    marker: "# {mark} cluster"
    block: |
      10.0.0.1 one
      10.0.0.2 two

- name: no cluster any more
  blockinfile:
    path: /etc/hosts
    marker: "# {mark} cluster"
    state: absent
"""


@dataclass(frozen=True)
class Args:
    path: str = arg("File to edit; a link is followed.", aliases=("dest", "destfile", "name"))
    block: str = arg("The lines; an empty block is removed.", "", aliases=("content",))
    marker: str = arg(
        "The line around the block; {mark} becomes marker_begin or marker_end.",
        "# {mark} ANSIBLE MANAGED BLOCK",
    )
    marker_begin: str = arg("What {mark} is above the block.", "BEGIN")
    marker_end: str = arg("What {mark} is below the block.", "END")
    insertafter: str | None = arg(
        "A new block goes below the last line that this matches, or to the end (EOF).", None
    )
    insertbefore: str | None = arg(
        "A new block goes above the last line that this matches, or to the top (BOF).", None
    )
    append_newline: bool = arg("Keep a blank line below the block.", False)
    prepend_newline: bool = arg("Keep a blank line above the block.", False)
    state: Literal["present", "absent"] = arg("Whether the block is to be there.", "present")
    create: bool = arg("Start from an empty file where there is none.", False)
    mode: str | int | None = arg("Permissions of the file.", None)
    owner: str | None = arg("User that the file belongs to.", None)
    group: str | None = arg("Group that the file belongs to.", None)
    attributes: str | None = flags_argument()
    seuser: str | None = context_argument("seuser")
    serole: str | None = context_argument("serole")
    setype: str | None = context_argument("setype")
    selevel: str | None = context_argument("selevel")
    unsafe_writes: bool = in_place_argument()
    backup: bool = arg("Keep a copy of the file as it was.", False)
    validate: str | None = arg("Command that must accept the new file; %s is its path.", None)

    def __post_init__(self) -> None:
        if "{mark}" not in self.marker:
            raise ValueError("'marker' needs a {mark}, or the block would be added every time")
        if self.marker_begin == self.marker_end:
            raise ValueError("'marker_begin' and 'marker_end' must differ")
        if any("\n" in part for part in (self.marker, self.marker_begin, self.marker_end)):
            raise ValueError("a marker is one line: leave the newline out")
        if self.insertafter is not None and self.insertbefore is not None:
            raise ValueError("give either 'insertafter' or 'insertbefore'")
        for name in ("insertafter", "insertbefore"):
            checked_pattern(name, encoded(getattr(self, name) or ""))
        checked_validate(self.validate)


@labelling
def apply(args: Args, world: World) -> Dict[str, Any]:
    path = expanded(args.path, world)
    old = opened(path, args.create, world)
    if old is None and args.state == "absent":
        return {"msg": f"File {path} not present"}
    layout = Layout.of(old or b"")
    new = layout.laid_out(edited(layout.plain(old or b""), args))
    message = "Block inserted" if _block(args) else "Block removed"
    data = closed(
        path, old, new, Saving.of(args), "File created" if old is None else message, world
    )
    backup = data.pop("backup")
    return {**data, "backup_file": backup} if backup else data


def edited(data: bytes, args: Args) -> bytes:
    """The file's content as it should be."""
    lines = _lines(data)
    block = _block(args)
    at = _taken_out(lines, args)
    if at is None:
        with patiently(args.insertafter or args.insertbefore, args.path):
            at = _place(data, lines, args)
    if at > 0 and not lines[at - 1].endswith(b"\n"):
        lines[at - 1] += b"\n"
    present = args.state == "present"
    if args.prepend_newline and present and at > 0 and lines[at - 1] != b"\n":
        lines.insert(at, b"\n")
        at += 1
    lines[at:at] = block
    below = at + len(block)
    if args.append_newline and present and below < len(lines) and lines[below] != b"\n":
        lines.insert(below, b"\n")
    return b"".join(lines)


def _lines(data: bytes) -> List[bytes]:
    """The lines with their newlines; only a newline ends one."""
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


def _block(args: Args) -> List[bytes]:
    """The block's lines with their markers; none where there is to be no block."""
    text = encoded(args.block)
    if args.state == "absent" or not text:
        return []
    if not text.endswith(b"\n"):
        text += b"\n"
    return [_marker(args, "begin"), *_lines(text), _marker(args, "end")]


def _marker(args: Args, which: str) -> bytes:
    return encoded(args.marker.replace("{mark}", getattr(args, f"marker_{which}"))) + b"\n"


def _taken_out(lines: List[bytes], args: Args) -> Optional[int]:
    """Take the block out of the lines; where it stood, or None where it was not."""
    marks = []
    for which in ("begin", "end"):
        marker = _marker(args, which)
        found = [index for index, line in enumerate(lines) if line == marker]
        if not found:
            return None
        marks.append(found[-1])
    first, last = min(marks), max(marks)
    del lines[first : last + 1]
    return first


def _place(data: bytes, lines: List[bytes], args: Args) -> int:
    """The line that a new block would go above."""
    if args.insertafter not in (None, "EOF"):
        pattern = re.compile(encoded(args.insertafter or ""))
    elif args.insertbefore not in (None, "BOF"):
        pattern = re.compile(encoded(args.insertbefore or ""))
    else:
        return 0 if args.insertbefore == "BOF" else len(lines)
    if pattern.flags & re.MULTILINE:
        match = pattern.search(data)
        if match is None:
            return len(lines)
        edge = match.end() if args.insertafter is not None else match.start()
        found = data.count(b"\n", 0, edge)
    else:
        matching = [index for index, line in enumerate(lines) if pattern.search(line)]
        if not matching:
            return len(lines)
        found = matching[-1]
    return min(found + 1, len(lines)) if args.insertafter is not None else found
