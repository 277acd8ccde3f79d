"""Every match of a pattern in a text file is replaced; ``^`` and ``$`` match at every line."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Any, Dict, Tuple

from ..protocol.spec import Failure, arg
from ..shared.labels import context_argument, flags_argument, in_place_argument, labelling
from ..shared.paths import expanded
from ..shared.patterns import patiently
from ..shared.text_files import Saving, checked_pattern, checked_validate, closed, opened
from ..world.world import World

EXAMPLES = r"""
- name: the old host name nowhere, word by word
  replace:
    path: /etc/hosts
    regexp: '(\s+)old\.example\.org(\s|$)'
    replace: '\1new.example.org\2'

- name: only inside one section
  replace:
    path: /etc/app.ini
    after: '\[database\]\n'
    before: '\n\['
    regexp: '^pool = \d+$'
    replace: pool = 20
"""


@dataclass(frozen=True)
class Args:
    path: str = arg("File to edit; a link is followed.", aliases=("dest", "destfile", "name"))
    regexp: str = arg("What is sought, in Python's syntax.")
    replace: str = arg(r"What a match becomes; \1 or \g<name> is a group of it.", "")
    after: str | None = arg("Only what stands behind the first match of this.", None)
    before: str | None = arg("Only what stands before the first match of this.", None)
    encoding: str = arg("Encoding of the file.", "utf-8")
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
        for name in ("regexp", "after", "before"):
            checked_pattern(name, getattr(self, name))
        try:
            codecs.lookup(self.encoding)
        except LookupError:
            raise ValueError(f"there is no encoding '{self.encoding}'") from None
        checked_validate(self.validate)


@labelling
def apply(args: Args, world: World) -> Dict[str, Any]:
    path = expanded(args.path, world)
    if world.stat(path) is None:
        raise Failure(f"{path} does not exist", rc=257)
    old = opened(path, False, world) or b""
    text = old.decode(args.encoding, "surrogateescape")
    pattern = _around(args)
    with patiently(pattern, path):
        found = re.search(pattern, text, re.DOTALL)
    if found is None:
        message = f"Pattern for before/after params did not match the given file: {pattern}"
        return {"rc": 0, "msg": message}
    with patiently(args.regexp, path):
        new, count = edited(text, found.span("subsection"), args)
    data = closed(
        path,
        old,
        new.encode(args.encoding, "surrogateescape"),
        Saving.of(args),
        f"{count} replacements made",
        world,
    )
    backup = data.pop("backup")
    return {"rc": 0, **data, **({"backup_file": backup} if backup else {})}


def edited(text: str, section: Tuple[int, int], args: Args) -> Tuple[str, int]:
    """The text with every match in the section replaced, and how many there were."""
    start, end = section
    try:
        new, count = re.subn(args.regexp, args.replace, text[start:end], flags=re.MULTILINE)
    except (re.error, IndexError) as error:
        raise Failure(f"'replace' does not fit 'regexp': {error}") from None
    return text[:start] + new + text[end:], count


def _around(args: Args) -> str:
    """The pattern whose subsection is the part of the text that 'after' and 'before' leave."""
    lazy = "?" if args.after and args.before else ""
    return f"{args.after or ''}(?P<subsection>.*{lazy}){args.before or ''}"
