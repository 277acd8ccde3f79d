"""What the modules share that save a file: attributes, validation, a backup of what was there."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple, Union

from ..protocol.content import Bytes, Content, content_of
from ..protocol.spec import Failure
from ..world.node import Mode, new_mode
from ..world.world import World


@dataclass(frozen=True)
class Saving:
    """How a file is to be saved; ``validate`` is a command with ``%s`` for the new file's path."""

    mode: Mode = None
    owner: Optional[str] = None
    group: Optional[str] = None
    backup: bool = False
    validate: Optional[str] = None

    @classmethod
    def of(cls, args: Any) -> Saving:
        """What a module's arguments of these names say."""
        return cls(args.mode, args.owner, args.group, args.backup, args.validate)


def encoded(text: str) -> bytes:
    """The text as the host's bytes; bytes that were no UTF-8 when they were read come back."""
    return text.encode("utf-8", "surrogateescape")


def lines_of(text: str) -> List[str]:
    """The text's lines without their ends; only a newline ends one."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


MARK = b"\xef\xbb\xbf"
"""What some editors begin a file of UTF-8 with."""


@dataclass(frozen=True)
class Layout:
    """How a file's text is laid out: what its content begins with, and how its lines end."""

    mark: bytes = b""
    end: bytes = b"\n"

    @classmethod
    def of(cls, data: bytes) -> Layout:
        """A file all of whose lines end in CR LF is meant to stay like that."""
        ends = data.count(b"\n")
        windows = ends and data.count(b"\r\n") == ends
        return cls(MARK if data.startswith(MARK) else b"", b"\r\n" if windows else b"\n")

    def plain(self, data: bytes) -> bytes:
        """The content without its mark, its lines ended by a newline alone."""
        return data[len(self.mark) :].replace(self.end, b"\n")

    def laid_out(self, plain: bytes) -> bytes:
        """Plain content as this file has it."""
        if self.end == b"\n":
            return self.mark + plain
        return self.mark + plain.replace(self.end, b"\n").replace(b"\n", self.end)


def checked_validate(validate: Optional[str]) -> None:
    """Raise ValueError for a validation that would never see the file."""
    if validate is not None and "%s" not in validate:
        raise ValueError("'validate' needs a %s where the path of the new file goes")


def checked_pattern(name: str, pattern: Union[str, bytes, None]) -> None:
    """Raise ValueError for what is no regular expression; ``name`` is the argument's."""
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise ValueError(f"'{name}' is no regular expression: {error}") from None


def saved(path: str, content: Bytes, how: Saving, world: World) -> str:
    """The file has this content and these attributes; the path of its backup, or nothing.

    Where the content is there already, neither validation nor backup happens.
    """
    backup = ""
    if (how.validate or how.backup) and not holds(path, content, world):
        if how.validate:
            _validated(how.validate, path, content, world)
        if how.backup:
            backup = _backup(path, world)
    world.write(path, content, mode=how.mode, owner=how.owner or "", group=how.group or "")
    return backup


def holds(path: str, content: Bytes, world: World) -> bool:
    """Whether a file stands at the path itself and has this content."""
    wanted = content if isinstance(content, Content) else content_of(content)
    node = world.stat(path, follow=False)
    if node is None or node.kind != "file" or node.size != wanted.size:
        return False
    return world.digest(path) == wanted.sha256


def opened(path: str, create: bool, world: World) -> Optional[bytes]:
    """The content of a file that is to be edited, None where it is still to be created."""
    node = world.stat(path)
    if node is None:
        if not create:
            raise Failure(f"{path} does not exist; 'create: true' would start it", rc=257)
        return None
    if node.kind == "directory":
        raise Failure(f"{path} is a directory, not a file", rc=256)
    return world.read(path)


def closed(
    path: str, old: Optional[bytes], new: bytes, how: Saving, message: str, world: World
) -> Dict[str, Any]:
    """The edited file is in place, links followed; what the editing modules return."""
    place = world.real(path)
    if old is None:
        world.mkdir(os.path.dirname(place), parents=True)
    before = _attributes(place, world)
    backup = saved(place, new, how, world)
    told = [] if old == new else [message]
    if _attributes(place, world) != before:
        told.append("ownership, perms or SE linux context changed")
    return {"msg": " and ".join(told), "backup": backup}


def _attributes(path: str, world: World) -> Tuple[int, int, int]:
    """Mode, owner and group of a file, or those that a new one gets by itself."""
    node = world.stat(path)
    if node is None:
        return new_mode(0o666), os.geteuid(), os.getegid()
    return node.mode, node.uid, node.gid


def _validated(validate: str, path: str, content: Bytes, world: World) -> None:
    """Raise a Failure where the command refuses the content."""
    with world.scratch(content, name=os.path.basename(path)) as scratch:
        done = world.query(*shlex.split(validate.replace("%s", shlex.quote(scratch))))
    if done.rc:
        said = (done.err.strip() or done.out.strip()).replace(scratch, path)
        message = f"failed to validate {path}: rc:{done.rc} error:{said}"
        raise Failure(message, exit_status=done.rc, stdout=done.out, stderr=done.err)


def _backup(path: str, world: World) -> str:
    """A copy of the file beside it, named for its content: the same content needs no second."""
    old, node = world.read(path), world.stat(path)
    if old is None or node is None:
        return ""
    backup = f"{path}.{content_of(old).sha256[:12]}~"
    world.write(backup, old, mode=node.mode, owner=str(node.uid), group=str(node.gid))
    return backup
