"""A source of Debian packages stands among apt's sources as a stanza of fields, with its key."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any, Dict, List, Literal, Tuple

from ..protocol.spec import Failure, arg
from ..shared.text_files import encoded
from ..world.http import Request, looked
from ..world.world import World

EXAMPLES = """
- name: the vendor's own packages
  deb822_repository:
    name: vendor
    types: deb
    uris: https://apt.example.org/debian
    suites: bookworm
    components: main
    signed_by: https://apt.example.org/vendor.asc
"""

SOURCES, KEYS = "/etc/apt/sources.list.d", "/etc/apt/keyrings"
NAMES = {"name": "X-Repolib-Name", "uris": "URIs", "inrelease_path": "InRelease-Path"}
NAMES["pdiffs"] = "PDiffs"
OURS = ("mode", "state")


@dataclass(frozen=True)
class Args:
    name: str = arg("What the source is called, and its file.")
    state: Literal["present", "absent"] = arg("Whether it is there.", "present")
    types: List[Literal["deb", "deb-src"]] = arg("The kinds of packages.", ["deb"])
    uris: List[str] = arg("The addresses.", [])
    suites: List[str] = arg("The suites; a path ends with a slash and needs no components.", [])
    components: List[str] = arg("The components.", [])
    architectures: List[str] = arg("The architectures.", [])
    languages: List[str] = arg("The languages of descriptions.", [])
    targets: List[str] = arg("What to fetch.", [])
    signed_by: str | None = arg("The key: its address, itself, its number, or a path.", None)
    enabled: bool | None = arg("Whether it is used.", None)
    trusted: bool | None = arg("Whether it needs no valid signature.", None)
    allow_insecure: bool | None = arg("A source without a signature will do.", None)
    allow_weak: bool | None = arg("A weak signature will do.", None)
    allow_downgrade_to_insecure: bool | None = arg("It may lose its signature.", None)
    by_hash: bool | None = arg("Fetch lists by their hashes.", None)
    check_date: bool | None = arg("Look at its date.", None)
    check_valid_until: bool | None = arg("Look at how long it is valid.", None)
    date_max_future: int | None = arg("Seconds that its date may be ahead.", None)
    inrelease_path: str | None = arg("The path of its InRelease file.", None)
    pdiffs: bool | None = arg("Fetch differences of lists.", None)
    mode: str | int | None = arg("Permissions of its file.", "0644")

    def __post_init__(self) -> None:
        if self.state == "present" and not (self.uris and self.suites):
            raise ValueError("a source that is to be present needs 'uris' and 'suites'")
        if not re.search(r"[A-Za-z0-9]", self.name):
            raise ValueError(f"'{self.name}' gives no name for a file")


def apply(args: Args, world: World) -> Dict[str, Any]:
    slug = re.sub(r"[^a-z0-9-]+", "", re.sub(r"[_\s]+", "-", args.name.lower())).strip("-") or "x"
    dest = f"{SOURCES}/{slug}.sources"
    if args.state == "absent":
        world.remove(dest)
        keys = [f"{KEYS}/{slug}.{ending}" for ending in ("asc", "gpg")]
        for key in keys:
            world.remove(key)
        return {"repo": None, "dest": dest, "key_filename": None}
    signed, key_file = _signed_by(args, slug, world)
    text = stanza(args, signed)
    world.write(dest, encoded(text), mode=args.mode)
    return {"repo": text, "dest": dest, "key_filename": key_file or None}


def _signed_by(args: Args, slug: str, world: World) -> Tuple[str, str]:
    """What the stanza says of the key, and the key's file, if it was given one."""
    given = args.signed_by or ""
    if not given.startswith(("http://", "https://")):
        return given, ""
    response = looked(world, Request(given, follow="all"))
    if response.status != 200:
        raise Failure(f"{response.url} answered {response.status} {response.reason}")
    armored = b"-----BEGIN PGP PUBLIC KEY BLOCK-----" in response.body
    path = f"{KEYS}/{slug}.{'asc' if armored else 'gpg'}"
    world.mkdir(KEYS, mode=None if world.stat(KEYS) else 0o755)
    world.write(path, response.body, mode=0o644)
    return path, path


# -- the pure core ---------------------------------------------------------------------------------


def stanza(args: Args, signed_by: str) -> str:
    """The stanza, its fields in the order of the arguments' names."""
    lines = []
    for name in sorted(field.name for field in fields(args)):
        value = signed_by if name == "signed_by" else getattr(args, name)
        if name in OURS or value in (None, "", []):
            continue
        lines.append(f"{field_name(name)}: {_field_text(value)}\n")
    return "".join(lines)


def field_name(name: str) -> str:
    return NAMES.get(name, name.replace("_", "-").title())


def _field_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(value)
    text = str(value).strip()
    if "\n" not in text:
        return text
    return "\n" + "\n".join(f" {line.strip() or '.'}" for line in text.splitlines())
