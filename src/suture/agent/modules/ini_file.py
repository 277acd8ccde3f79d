"""A section or an option of an INI file is there, with these values, or is not there."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Literal, Match, Optional, Tuple

from ..protocol.spec import arg
from ..shared.labels import context_argument, flags_argument, in_place_argument, labelling
from ..shared.paths import expanded, path_info
from ..shared.text_files import Saving, encoded, opened, saved
from ..world.world import World

EXAMPLES = """
- name: PHP may use more memory
  ini_file:
    path: /etc/php/8.2/fpm/php.ini
    section: PHP
    option: memory_limit
    value: 512M

- name: no proxy any more
  ini_file: {path: /etc/pip.conf, section: global, option: proxy, state: absent}
"""

BLANK = re.compile(r"[ \t]*([#;].*)?$")
Found = Callable[[str], Optional[Match[str]]]


@dataclass(frozen=True)
class Args:
    path: str = arg("The file.", aliases=("dest",))
    section: str | None = arg("The section; unsaid, what stands above the first one.", None)
    section_has_values: List[Dict[str, Any]] | None = arg(
        "Of several sections of that name the one that has these: 'option', and 'value' or"
        " 'values'.",
        None,
    )
    option: str | None = arg("The option; unsaid, the section as a whole.", None)
    value: str | None = arg("The option's value.", None)
    values: List[str] = arg("The values of an option that may stand there several times.", [])
    state: Literal["present", "absent"] = arg("Whether it is there.", "present")
    exclusive: bool = arg("The option has no values but these.", True)
    no_extra_spaces: bool = arg("No blanks around the equals sign.", False)
    ignore_spaces: bool = arg("A line that differs only in blanks stays as it is.", False)
    allow_no_value: bool = arg("The option may stand there without a value.", False)
    modify_inactive_option: bool = arg("An option in a comment is taken for the option.", True)
    create: bool = arg("Start from an empty file where there is none.", True)
    backup: bool = arg("Keep a copy of the file as it was.", False)
    follow: bool = arg("Where path is a link, edit what it points to.", False)
    mode: str | int | None = arg("Permissions of the file.", None)
    owner: str | None = arg("User that the file belongs to.", None)
    group: str | None = arg("Group that the file belongs to.", None)
    attributes: str | None = flags_argument()
    seuser: str | None = context_argument("seuser")
    serole: str | None = context_argument("serole")
    setype: str | None = context_argument("setype")
    selevel: str | None = context_argument("selevel")
    unsafe_writes: bool = in_place_argument()

    def __post_init__(self) -> None:
        if self.value is not None and self.values:
            raise ValueError("give either 'value' or 'values'")
        valued = self.value is not None or self.values
        if self.state == "present" and self.option and not valued and not self.allow_no_value:
            raise ValueError("an option that is to be present needs 'value' or 'values'")
        for text in (self.section, self.option, self.value, *self.values):
            if "\n" in (text or ""):
                raise ValueError("neither a name nor a value may have a break")

    @property
    def wanted(self) -> List[str]:
        """The values, each once."""
        return list(dict.fromkeys(self.values if self.value is None else [self.value]))


@labelling
def apply(args: Args, world: World) -> Dict[str, Any]:
    path = expanded(args.path, world)
    if args.follow:
        path = world.real(path)
    gone = args.state == "absent" and world.stat(path) is None
    old = None if gone else opened(path, args.create, world)
    text = (old or b"").decode("utf-8", "surrogateescape")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    lines = re.findall(r"[^\n]*\n|[^\n]+", text[len(mark) :])
    new, message = edited(lines, args)
    content = encoded(mark + "".join(new))
    if old is None and not content:
        return {"path": args.path, "msg": "OK", "diff": {}, "state": "absent"}
    if old is None:
        world.mkdir(os.path.dirname(path), parents=True)
    how = Saving(args.mode, args.owner, args.group, args.backup)
    backup = saved(path, content, how, world)
    data = {"path": args.path, "msg": message, **path_info(path, world)}
    return {**data, "backup_file": backup} if backup else data


# -- the pure core ---------------------------------------------------------------------------------


def edited(lines: List[str], args: Args) -> Tuple[List[str], str]:
    """The file's lines, each with its newline, as they should be; and what was done to them."""
    place = section_place(lines, args)
    if place is None:
        if args.state == "absent":
            return lines, "OK"
        return _with_section(lines, args)
    start, end = place
    before, body, after = lines[:start], lines[start:end], lines[end:]
    if args.state == "absent":
        kept, message = _without(body, args)
    else:
        kept, message = _with_option(body, args)
    return [*before, *kept, *after], message


def section_place(lines: List[str], args: Args) -> Optional[Tuple[int, int]]:
    """Where the section's lines stand, its header included; None where there is no such section."""
    if not args.section:
        first = next((at for at, line in enumerate(lines) if line.startswith("[")), len(lines))
        return 0, first
    header = re.compile(rf"\[\s*{re.escape(args.section.strip())}\s*]")
    for start, line in enumerate(lines):
        if header.match(line):
            rest = range(start + 1, len(lines))
            end = next((at for at in rest if lines[at].startswith("[")), len(lines))
            if _has_values(lines[start:end], args.section_has_values or []):
                return start, end
    return None


def _has_values(body: List[str], conditions: List[Dict[str, Any]]) -> bool:
    """Whether each of these options stands in the section with each of its values."""
    for condition in conditions:
        active = _active(str(condition["option"]))
        have = [match[1] for line in body for match in [active(line)] if match]
        if not have:
            return False
        if any(value not in have for value in _condition_values(condition)):
            return False
    return True


def _condition_values(condition: Dict[str, Any]) -> List[str]:
    values = condition.get("values") or []
    if condition.get("value") is not None:
        values = [condition["value"]]
    return [str(value) for value in values]


def _with_section(lines: List[str], args: Args) -> Tuple[List[str], str]:
    """The lines with a new section at their end."""
    ended = [*lines[:-1], _ended(lines[-1])] if lines else []
    new = [*ended, f"[{args.section}]\n"]
    for condition in args.section_has_values or []:
        if str(condition["option"]) != args.option:
            values = _condition_values(condition)
            new += [_line(str(condition["option"]), value, args) for value in values]
    if args.option is None:
        return new, "only section added"
    new += [_line(args.option, value, args) for value in args.wanted]
    if not args.wanted:
        new.append(f"{args.option}\n")
    return new, "section and option added"


def _with_option(body: List[str], args: Args) -> Tuple[List[str], str]:
    """A section's lines with the option at its values."""
    if args.option is None:
        return body, "OK"
    found = _active_or_not(args.option) if args.modify_inactive_option else _active(args.option)
    lines, left, settled = list(body), args.wanted, set()
    bare = False
    for at, line in enumerate(body):
        match = found(line)
        if match is None:
            continue
        if match[1] in left and (match[1] or not args.allow_no_value):
            lines[at] = _kept(line, _line(args.option, match[1], args), args)
            left.remove(match[1])
            settled.add(at)
        elif args.allow_no_value and (not args.wanted or match[1] in left):
            lines[at] = _kept(line, f"{args.option}\n", args)
            left = [value for value in left if value != match[1]]
            settled.add(at)
            bare = True
            if not args.wanted:
                break
    if args.exclusive and not args.allow_no_value:
        for at, line in enumerate(body):
            if left and at not in settled and found(line):
                lines[at] = _kept(line, _line(args.option, left.pop(0), args), args)
                settled.add(at)
        active = _active(args.option)
        lines = [line for at, line in enumerate(lines) if at in settled or not active(line)]
    message = "option changed" if lines != body else "OK"
    new = [_line(args.option, value, args) for value in left]
    if not args.wanted and args.allow_no_value and not bare:
        new = [f"{args.option}\n"]
    if not new:
        return lines, message
    last = max((at + 1 for at, line in enumerate(lines) if not BLANK.match(line)), default=0)
    above = [*lines[: last - 1], _ended(lines[last - 1])] if last else []
    return [*above, *new, *lines[last:]], "option added"


def _without(body: List[str], args: Args) -> Tuple[List[str], str]:
    """A section's lines without the option, or none at all."""
    if args.option is None:
        return [], "section removed" if body else "OK"
    active = _active(args.option)

    def stays(line: str) -> bool:
        match = active(line)
        return match is None or (not args.exclusive and match[1] not in args.wanted)

    kept = list(filter(stays, body))
    return kept, "option changed" if kept != body else "OK"


def _active(option: str) -> Found:
    """Finds a line that sets the option; its first group is the value."""
    return re.compile(rf"[ \t]*{re.escape(option)}[ \t]*(?:=[ \t]*|$)(.*)").match


def _active_or_not(option: str) -> Found:
    """The same, where the line may be a comment."""
    return re.compile(rf"[ \t]*[#;]?[ \t]*{re.escape(option)}[ \t]*(?:=[ \t]*|$)(.*)").match


def _line(option: str, value: str, args: Args) -> str:
    return f"{option}={value}\n" if args.no_extra_spaces else f"{option} = {value}\n"


def _kept(old: str, new: str, args: Args) -> str:
    """The new line, or the old one where they only differ in blanks and these do not matter."""
    same = re.sub(r"\s", "", old) == re.sub(r"\s", "", new)
    return old if same and args.ignore_spaces else new


def _ended(line: str) -> str:
    return line if line.endswith("\n") else line + "\n"
