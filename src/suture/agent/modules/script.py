"""A script of the controller has been run on the host.

The controller sends the file that the first word of ``cmd`` names, and puts the text behind it, as
it is written, into ``words``.  The script's own first line says what runs it, else a shell does.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from typing import Any, Dict, List, Union

from ..protocol.content import Content
from ..protocol.spec import arg
from ..shared.commands import Running, named_in_shell, performed
from ..shared.paths import expanded, globbed
from ..world.world import World

EXAMPLES = """
- name: the schema is migrated, once
  script: migrate.sh --to 42
  args:
    creates: /srv/app/.migrated-42

- script:
    cmd: report.py
    executable: /srv/app/venv/bin/python
"""

FREE_FORM = "cmd"


@dataclass(frozen=True)
class Args:
    cmd: Union[Content, str] = arg("The script and the words that it is given.", kind="file")
    words: str = arg("What the script is given; filled in by the controller.", "")
    chdir: str | None = arg("Directory to run in; absolute.", None)
    creates: str | None = arg("Path; where it exists, the script does not run.", None)
    removes: str | None = arg("Path; where it is missing, the script does not run.", None)
    decrypt: bool = arg("Without a meaning here: vault files are opened in any case.", True)
    executable: str | None = arg("What runs the script, with its options.", None)

    def __post_init__(self) -> None:
        if self.chdir is not None and not self.chdir.startswith(("/", "~", "$")):
            raise ValueError("'chdir' has to be an absolute path")


def apply(args: Args, world: World) -> Dict[str, Any]:
    content = args.cmd
    assert isinstance(content, Content)
    if args.creates and globbed(expanded(args.creates, world), world):
        return {"skipped": True, "msg": f"{args.creates} exists, matching creates option"}
    if args.removes and not globbed(expanded(args.removes, world), world):
        return {"skipped": True, "msg": f"{args.removes} does not exist, matching removes option"}
    shown = " ".join(filter(None, [content.name or "script", args.words]))
    chdir = expanded(args.chdir, world) if args.chdir else ""
    touched = named_in_shell(f"script {args.words}", chdir, world)
    with world.scratch(content, name=os.path.basename(content.name) or "script") as path:
        line = " ".join([*runner(content.bytes(), args.executable), shlex.quote(path), args.words])
        argv = ["/bin/sh", "-c", line.strip()]
        how = Running(chdir=args.chdir or "", creates=args.creates or "", strip_empty_ends=False)
        return performed(argv, shown, how, touched, world)


def runner(script: bytes, executable: str | None) -> List[str]:
    """The words, quoted for a shell, that go before the script's path to run it.

    They are spelt out so that a scratch directory that forbids execution is no obstacle.
    """
    if executable:
        return [executable]
    if script.startswith(b"#!"):
        first = script.split(b"\n", 1)[0][2:].decode("utf-8", "surrogateescape")
        return [shlex.quote(word) for word in first.split(None, 1)]
    return [] if b"\0" in script[:1024] else ["/bin/sh"]
