"""A command line has been run by a shell.

What it names by absolute path (and, with ``chdir``, by any path) is unknown to the rest of a dry
run, which does not run it; ``creates`` is taken to exist then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict

from ..protocol.spec import arg
from ..shared.commands import Running, named_in_shell, performed
from ..shared.paths import expanded
from ..world.world import World

EXAMPLES = """
- name: the last dump is compressed
  shell: gzip -9 < dump.sql > dump.sql.gz
  args:
    chdir: /var/backups
    creates: dump.sql.gz

- shell:
    cmd: set -o pipefail; zcat dump.sql.gz | psql app
    executable: /bin/bash
"""

FREE_FORM = "cmd"


@dataclass(frozen=True)
class Args:
    cmd: str = arg("The command line.")
    chdir: str | None = arg("Directory to run in.", None)
    creates: str | None = arg("Path or pattern; where it exists, the command does not run.", None)
    removes: str | None = arg(
        "Path or pattern; where it is missing, the command does not run.", None
    )
    executable: str | None = arg("The shell; else /bin/sh.", None)
    stdin: str | None = arg("What the command reads.", None)
    stdin_add_newline: bool = arg("End stdin with a newline.", True)
    strip_empty_ends: bool = arg("Strip empty lines from the end of the output.", True)
    warn: bool = arg("Without a meaning any more.", True)

    def __post_init__(self) -> None:
        if not self.cmd.strip():
            raise ValueError("the command is empty")


def apply(args: Args, world: World) -> Dict[str, Any]:
    chdir = expanded(args.chdir, world) if args.chdir else ""
    argv = [expanded(args.executable or "/bin/sh", world), "-c", args.cmd]
    touched = named_in_shell(args.cmd, chdir, world)
    return performed(argv, args.cmd, Running.of(args), touched, world)
