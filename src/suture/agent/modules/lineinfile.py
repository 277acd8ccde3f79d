"""One line of a text file is there, is replaced by another, or is not there.

Patterns are sought in bytes, as ansible-core does it: ``\\w`` means ASCII letters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Literal, Match, Optional, Tuple

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

EXAMPLES = r"""
- name: root may not log in over ssh
  lineinfile:
    path: /etc/ssh/sshd_config
    regexp: '^#?PermitRootLogin\b'
    line: PermitRootLogin no
    validate: /usr/sbin/sshd -t -f %s

- name: the old mirror is gone
  lineinfile:
    path: /etc/hosts
    search_string: mirror.example.org
    state: absent
"""


@dataclass(frozen=True)
class Args:
    path: str = arg("File to edit; a link is followed.", aliases=("dest", "destfile", "name"))
    line: str | None = arg("The line, without a newline.", None, aliases=("value",))
    regexp: str | None = arg(
        "present: the last line that it matches is replaced. absent: all that match are removed.",
        None,
        aliases=("regex",),
    )
    search_string: str | None = arg("Like regexp, but found as it is.", None)
    insertafter: str | None = arg(
        "Where nothing matched, the line goes below the last match of this, or to the end (EOF).",
        None,
    )
    insertbefore: str | None = arg(
        "Where nothing matched, the line goes above the last match of this, or to the top (BOF).",
        None,
    )
    firstmatch: bool = arg("Take the first match instead of the last.", False)
    backrefs: bool = arg("Fill in groups of regexp in line; where it does not match, stop.", False)
    state: Literal["present", "absent"] = arg("Whether the line is to be there.", "present")
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
        if self.state == "present" and self.line is None:
            raise ValueError("state: present needs 'line'")
        if self.state == "absent" and (self.line, self.regexp, self.search_string) == (None,) * 3:
            raise ValueError("state: absent needs 'line', 'regexp' or 'search_string'")
        if self.state == "present" and "\n" in (self.line or ""):
            raise ValueError("a line cannot hold a newline: blockinfile keeps several lines")
        if self.insertafter is not None and self.insertbefore is not None:
            raise ValueError("give either 'insertafter' or 'insertbefore'")
        if self.regexp is not None and self.search_string is not None:
            raise ValueError("give either 'regexp' or 'search_string'")
        if self.backrefs and self.state == "present" and self.regexp is None:
            raise ValueError("'backrefs' needs 'regexp'")
        for name in ("regexp", "insertafter", "insertbefore"):
            checked_pattern(name, encoded(getattr(self, name) or ""))
        checked_validate(self.validate)


@labelling
def apply(args: Args, world: World) -> Dict[str, Any]:
    path = expanded(args.path, world)
    if args.state == "absent" and world.stat(path) is None:
        return {"msg": "file not present", "found": 0}
    old = opened(path, args.create, world)
    layout = _layout(old or b"", args)
    lines = _lines(layout.plain(old or b""))
    with patiently(args.regexp or args.insertafter or args.insertbefore, path):
        new = edited(lines, args)
    content = layout.laid_out(b"".join(new))
    message = "line added" if len(new) > len(lines) else "line replaced"
    data: Dict[str, Any] = {}
    if args.state == "absent":
        data["found"] = len(lines) - len(new)
        message = f"{data['found']} line(s) removed"
    return {**closed(path, old, content, Saving.of(args), message, world), **data}


def _layout(data: bytes, args: Args) -> Layout:
    """How the file is laid out, unless the author's own words speak of line ends."""
    said = f"{args.regexp}{args.search_string}{args.line}{args.insertafter}{args.insertbefore}"
    return Layout() if "\\r" in said or "\r" in said else Layout.of(data)


def edited(lines: List[bytes], args: Args) -> List[bytes]:
    """The lines, each with its newline, as they should be."""
    if args.state == "absent":
        return [line for line in lines if not _matches(line, args)]
    wanted = encoded(args.line or "")
    picked = _picked(lines, args)
    if picked:
        at, match = picked
        filled = match.expand(wanted) if args.backrefs else wanted
        return [*lines[:at], _ended(filled), *lines[at + 1 :]]
    same = anchor = None
    for index, line in enumerate(lines):
        if line.rstrip(b"\r\n") == wanted:
            same = index
        elif _anchored(line, args):
            anchor = index
            if args.firstmatch:
                break
    if same is not None:
        return [*lines[:same], _ended(wanted), *lines[same + 1 :]]
    if args.backrefs:
        return lines
    return _inserted(lines, wanted, anchor, args)


def _picked(lines: List[bytes], args: Args) -> Optional[Tuple[int, Match[bytes]]]:
    """The line that regexp or search_string picks, and the match."""
    if args.regexp is None and args.search_string is None:
        return None
    pattern = _pattern(args)
    found = ((index, pattern.search(line)) for index, line in enumerate(lines))
    picked = [(index, match) for index, match in found if match]
    if not picked:
        return None
    return picked[0 if args.firstmatch else -1]


def _inserted(lines: List[bytes], wanted: bytes, anchor: Optional[int], args: Args) -> List[bytes]:
    """The lines with one more, where ``insertafter`` or ``insertbefore`` wants it."""
    new = _ended(wanted)
    if "BOF" in (args.insertbefore, args.insertafter):
        return [new, *lines]
    if anchor is None:
        return [*_all_ended(lines), new]
    if args.insertbefore is not None:
        return [*lines[:anchor], new, *lines[anchor:]]
    after = anchor + 1
    if after == len(lines):
        return [*_all_ended(lines), new]
    if lines[after].rstrip(b"\r\n") == wanted:
        return lines
    return [*lines[:after], new, *lines[after:]]


def _anchored(line: bytes, args: Args) -> bool:
    """Whether this is a line that ``insertafter`` or ``insertbefore`` names."""
    if args.insertafter not in (None, "BOF", "EOF"):
        return bool(re.search(encoded(args.insertafter or ""), line))
    if args.insertbefore not in (None, "BOF"):
        return bool(re.search(encoded(args.insertbefore or ""), line))
    return False


def _matches(line: bytes, args: Args) -> bool:
    if args.regexp is None and args.search_string is None:
        return line.rstrip(b"\r\n") == encoded(args.line or "")
    return bool(_pattern(args).search(line))


def _pattern(args: Args) -> re.Pattern[bytes]:
    if args.regexp is not None:
        return re.compile(encoded(args.regexp))
    return re.compile(re.escape(encoded(args.search_string or "")))


def _lines(data: bytes) -> List[bytes]:
    """The lines with their newlines; only a newline ends one."""
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


def _ended(line: bytes) -> bytes:
    return line if line.endswith(b"\n") else line + b"\n"


def _all_ended(lines: List[bytes]) -> List[bytes]:
    """The lines, the last one ended as well."""
    return [*lines[:-1], _ended(lines[-1])] if lines else lines
