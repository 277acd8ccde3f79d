"""A program has been run, without a shell.

What it names by absolute path (and, with ``chdir``, by any path) is unknown to the rest of a dry
run, which does not run it; ``creates`` is taken to exist then.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Any, Dict, List

from ..protocol.spec import arg
from ..shared.commands import Running, named, performed
from ..shared.paths import expanded
from ..world.world import World

EXAMPLES = """
- name: the front end is built
  command: npm run build
  args:
    chdir: /srv/app
    creates: /srv/app/dist

- command:
    argv: [psql, --file, "/srv/my schema.sql"]
    removes: /srv/my schema.sql
"""

FREE_FORM = "cmd"

PLAIN = re.compile(r"[^\\'\"]*")
BLANKS = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True)
class Args:
    cmd: str | None = arg("The program and its arguments, quoted as in a shell.", None)
    argv: list[str] | None = arg("The same as a list, where nothing has to be quoted.", None)
    chdir: str | None = arg("Directory to run in.", None)
    creates: str | None = arg("Path or pattern; where it exists, the command does not run.", None)
    removes: str | None = arg(
        "Path or pattern; where it is missing, the command does not run.", None
    )
    stdin: str | None = arg("What the command reads.", None)
    stdin_add_newline: bool = arg("End stdin with a newline.", True)
    strip_empty_ends: bool = arg("Strip empty lines from the end of the output.", True)
    warn: bool = arg("Without a meaning any more.", True)
    expand_argument_vars: bool = arg("Fill in $VARIABLES and ~ in the arguments.", True)

    def __post_init__(self) -> None:
        if (self.cmd is None) == (self.argv is None):
            raise ValueError("give either the command or 'argv'")
        try:
            if not words(self):
                raise ValueError("the command is empty")
        except ValueError as error:
            raise ValueError(f"this is no command: {error}") from None


def apply(args: Args, world: World) -> Dict[str, Any]:
    given = words(args)
    argv = [expanded(word, world) for word in given] if args.expand_argument_vars else given
    chdir = expanded(args.chdir, world) if args.chdir else ""
    return performed(argv, given, Running.of(args), named(argv[1:], chdir), world)


def words(args: Args) -> List[str]:
    """The program and its arguments."""
    return list(args.argv or []) if args.cmd is None else split(args.cmd)


def split(text: str) -> List[str]:
    """The words, as a shell would see them; one that quotes nothing is cut at its blanks, at once."""
    if PLAIN.fullmatch(text):
        return [word for word in BLANKS.split(text) if word]
    return shlex.split(text)
