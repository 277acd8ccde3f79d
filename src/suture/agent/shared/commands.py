"""What command, shell and script share: when to run, what a command touches, what it returns."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, List, Sequence, Union

from ..protocol.spec import Failure, Unpredictable
from ..world.done import Done
from ..world.world import World
from .paths import expanded, globbed
from .text_files import encoded

if TYPE_CHECKING:
    from datetime import datetime

Command = Union[str, List[str]]

IGNORED = ("/", "/dev/null", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/tty")
"""Absolute paths in a command that say nothing about what it changes."""


@dataclass(frozen=True)
class Running:
    """How a command is to be run; ``chdir``, ``creates`` and ``removes`` as they were written."""

    chdir: str = ""
    creates: str = ""
    removes: str = ""
    stdin: str = ""
    stdin_add_newline: bool = True
    strip_empty_ends: bool = True

    @classmethod
    def of(cls, args: Any) -> Running:
        """What a module's arguments of these names say; those that it lacks stay as they are."""
        given = ((name, getattr(args, name, None)) for name in cls.__dataclass_fields__)
        return cls(**{name: value for name, value in given if value is not None})


def performed(
    argv: Sequence[str], cmd: Command, how: Running, touched: Sequence[str], world: World
) -> Dict[str, Any]:
    """What the command returns in ansible-core's shape, unless ``creates`` or ``removes`` say that
    it need not run; a Failure carries the same data.  ``cmd`` is shown for it."""
    chdir = expanded(how.chdir, world) if how.chdir else ""
    if chdir and _is_missing(chdir, world):
        raise Failure(f"cannot change to {chdir}: it does not exist", cmd=cmd)
    needless = _needless(how, chdir, world)
    if needless:
        return _data(
            cmd, msg=f"Did not run command since {needless}", stdout=f"skipped, since {needless}"
        )
    if _has_no_program(argv[0], chdir, world):
        raise Failure(f"{argv[0]}: no such program", **_data(cmd, rc=127))
    from datetime import datetime

    began = datetime.now()  # noqa: DTZ005 (as ansible-core tells it)
    stdin = how.stdin + ("\n" if how.stdin and how.stdin_add_newline else "")
    done = world.run(
        *argv,
        check=False,
        shown=cmd if isinstance(cmd, str) else " ".join(map(shlex.quote, cmd)),
        makes=_made(how, chdir, world),
        spoils=touched,
        cwd=chdir or None,
        stdin=encoded(stdin),
    )
    if not done.ran:
        return {"cmd": cmd}
    return _result(cmd, done, began, how)


def _result(cmd: Command, done: Done, began: datetime, how: Running) -> Dict[str, Any]:
    ended = began.now()
    times = {"start": str(began), "end": str(ended), "delta": str(ended - began)}
    ends = "\r\n" if how.strip_empty_ends else ""
    data = _data(cmd, done.rc, stdout=done.out.rstrip(ends), stderr=done.err.rstrip(ends), **times)
    if done.rc:
        raise Failure("non-zero return code", **data)
    return data


def _data(
    cmd: Command, rc: int = 0, stdout: str = "", stderr: str = "", **more: Any
) -> Dict[str, Any]:
    lines = {"stdout_lines": stdout.splitlines(), "stderr_lines": stderr.splitlines()}
    nothing = {"start": None, "end": None, "delta": None, "msg": ""}
    return {"cmd": cmd, "rc": rc, "stdout": stdout, "stderr": stderr, **lines, **nothing, **more}


def _needless(how: Running, chdir: str, world: World) -> str:
    """Why the command need not run, or nothing."""
    if how.creates and globbed(_below(chdir, how.creates, world), world):
        return f"'{how.creates}' exists"
    if how.removes and not globbed(_below(chdir, how.removes, world), world):
        return f"'{how.removes}' does not exist"
    return ""


def _made(how: Running, chdir: str, world: World) -> List[str]:
    """What exists after the command; a pattern says too little about that."""
    if not how.creates or re.search(r"[*?[]", how.creates):
        return []
    return [_below(chdir, how.creates, world)]


def _below(chdir: str, path: str, world: World) -> str:
    return os.path.join(chdir, expanded(path, world))


def _is_missing(path: str, world: World) -> bool:
    """Whether it is certain that nothing is there: an earlier step may still bring it."""
    try:
        return world.stat(path) is None
    except Unpredictable:
        return False


def _has_no_program(program: str, chdir: str, world: World) -> bool:
    """Whether it is certain that there is no such program."""
    if "/" in program:
        return _is_missing(os.path.join(chdir, program), world)
    try:
        return world.which(program) is None
    except Unpredictable:
        return False


# -- what a command names --------------------------------------------------------------------------


def named(words: Sequence[str], chdir: str) -> List[str]:
    """The paths that a command's arguments name: absolute ones, options' values included, and with
    ``chdir`` those below it."""
    found = []
    for word in words:
        option, _, value = word.partition("=")
        path = value if option.startswith("-") or value.startswith("/") else word
        if path.startswith("/"):
            found.append(os.path.normpath(path))
        elif chdir and path and not path.startswith("-"):
            found.append(os.path.normpath(os.path.join(chdir, path)))
    return [path for path in dict.fromkeys(found) if path not in IGNORED]


def named_in_shell(text: str, chdir: str, world: World) -> List[str]:
    """The paths that a shell's command line names, programs left out as far as they can be told."""
    words = []
    for command in re.split(r"[;&|\n]|\$\(|`", text):
        rest = re.split(r"[\s<>()'\"{}]+", command.strip())[1:]
        redirected = re.findall(r">\s*([^\s;&|<>()]+)", command)
        words += [expanded(word, world) for word in [*rest, *redirected] if word]
    return named(words, chdir)
