"""A template of the controller, filled in with the host's variables, stands at ``dest``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Union

from ..protocol.content import Content
from ..protocol.spec import arg
from ..shared.labels import context_argument, flags_argument, in_place_argument, labelling
from ..shared.paths import expanded
from ..shared.placement import Placing, placed, preserved
from ..shared.text_files import checked_validate
from ..world.world import World

EXAMPLES = """
- name: the application's settings
  template:
    src: settings.toml.j2
    dest: /etc/app/settings.toml
    owner: app
    mode: "0640"
    backup: true
"""


@dataclass(frozen=True)
class Args:
    src: Union[Content, str] = arg("The template, a file of the controller.", kind="template")
    dest: str = arg("Where it is to stand; a directory takes it by its name.")
    mode: str | int | None = arg('Permissions; "preserve": as the template has them.', None)
    owner: str | None = arg("User that it belongs to.", None)
    group: str | None = arg("Group that it belongs to.", None)
    attributes: str | None = flags_argument()
    seuser: str | None = context_argument("seuser")
    serole: str | None = context_argument("serole")
    setype: str | None = context_argument("setype")
    selevel: str | None = context_argument("selevel")
    unsafe_writes: bool = in_place_argument()
    force: bool = arg("Replace a file that has other content.", True)
    follow: bool = arg("Where dest is a link, write to what it points to.", False)
    backup: bool = arg("Keep a copy of the file that is replaced.", False)
    validate: str | None = arg("Command that must accept the new file; %s is its path.", None)
    output_encoding: str = arg("Encoding of the file.", "utf-8")
    newline_sequence: str = arg("What a line ends with.", "\n")
    trim_blocks: bool = arg("Whether the newline after a block is left out.", True)
    lstrip_blocks: bool = arg("Whether blanks before a block are left out.", False)
    block_start_string: str = arg("What begins a block.", "{%")
    block_end_string: str = arg("What ends a block.", "%}")
    variable_start_string: str = arg("What begins an expression.", "{{")
    variable_end_string: str = arg("What ends an expression.", "}}")
    comment_start_string: str = arg("What begins a comment.", "{#")
    comment_end_string: str = arg("What ends a comment.", "#}")

    def __post_init__(self) -> None:
        checked_validate(self.validate)


@labelling
def apply(args: Args, world: World) -> Dict[str, Any]:
    content = args.src
    assert isinstance(content, Content)
    how = Placing(
        preserved(args.mode, content.mode),
        args.owner,
        args.group,
        args.backup,
        args.validate,
        args.force,
        args.follow,
    )
    return placed(content, expanded(args.dest, world), how, world)
