"""The variables of a file, or of the files of a directory, are the host's from here on.

The controller performs it: it finds and reads the files that ``file`` or ``dir`` mean, as it reads
vars_files, and hands their variables over as ``loaded`` (later files win), their paths as
``files``; both are its own to fill in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Literal, Optional

from ..protocol.spec import arg
from ..world.world import World

EXAMPLES = """
- include_vars: "{{ ansible_distribution }}.yml"

- name: every file of settings, below one name
  include_vars:
    dir: settings
    extensions: [yml]
    name: settings
"""

CONTROLLER = True
FREE_FORM = "file"


@dataclass(frozen=True)
class Args:
    file: str | None = arg("The file, sought in vars/ and beside the task's file.", None)
    dir: str | None = arg("A directory; its files are read in the order of their names.", None)
    name: str | None = arg("Put the variables into one mapping of this name.", None)
    depth: int = arg("How many levels of subdirectories; 0 means all.", 0)
    files_matching: str | None = arg("Regular expression for the names of files in dir.", None)
    ignore_files: list[str] = arg("Names of files in dir that are left out.", [])
    extensions: list[str] = arg("What the names of files in dir end with.", ["yaml", "yml", "json"])
    ignore_unknown_extensions: bool = arg("Leave other files out instead of failing.", False)
    hash_behaviour: Optional[Literal["replace", "merge"]] = arg(
        "merge: mappings are merged with those that variables of the same name hold.", None
    )
    loaded: dict[str, Any] = arg("Filled in by the controller.", {})
    files: list[str] = arg("Filled in by the controller.", [])

    def __post_init__(self) -> None:
        if (self.file is None) == (self.dir is None):
            raise ValueError("give either 'file' or 'dir'")


def apply(args: Args, world: World) -> Dict[str, Any]:
    facts = {args.name: dict(args.loaded)} if args.name else dict(args.loaded)
    return {"ansible_facts": facts, "ansible_included_var_files": list(args.files)}
