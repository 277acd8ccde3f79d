"""A user lets in whoever holds these SSH keys, or does not."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import Any, Dict, List, Literal, Optional, Tuple

from ..accounts.name_service import user_found
from ..protocol.spec import Failure, Unpredictable, arg
from ..shared.paths import expanded
from ..shared.text_files import encoded
from ..world.http import Request, looked
from ..world.world import World

EXAMPLES = """
- name: who may deploy
  authorized_key:
    user: deploy
    key: "{{ lookup('file', 'keys/ada.pub') }}"

- name: these and nobody else
  authorized_key:
    user: root
    key: |
      ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIm1 ada@example.org
      ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKx2 bob@example.org
    exclusive: true
"""

KINDS = re.compile(
    r"(sk-)?(ssh-(rsa|dss|ed25519|ed448)|ecdsa-sha2-nistp(256|384|521))(-cert-v01)?"
    r"(@openssh\.com)?$"
)


@dataclass(frozen=True)
class Key:
    """A line of authorized_keys: a key's type, its text, options and comment; a line that is no
    key has its ``text`` alone."""

    text: str
    kind: str = ""
    options: Tuple[str, ...] = ()
    comment: str = ""

    @property
    def line(self) -> str:
        if not self.kind:
            return self.text
        return " ".join(filter(None, [",".join(self.options), self.kind, self.text, self.comment]))


@dataclass(frozen=True)
class Args:
    user: str = arg("The user.")
    key: str = arg("One key a line, or the address of such a list.")
    state: Literal["present", "absent"] = arg("Whether the keys are let in.", "present")
    exclusive: bool = arg("No other key is.", False)
    key_options: str | None = arg("Options of the keys, such as 'no-pty'.", None)
    comment: str | None = arg("The keys' comment instead of their own.", None)
    path: str | None = arg("The file, instead of ~/.ssh/authorized_keys.", None)
    manage_dir: bool = arg("Make the file's directory, and let the user alone into it.", True)
    follow: bool = arg("Where the file is a link, edit what it points to.", False)
    validate_certs: bool = arg("Insist on a certificate that holds.", True)

    def __post_init__(self) -> None:
        if not _is_address(self.key):
            wanted_keys(self.key, self)


def apply(args: Args, world: World) -> Dict[str, Any]:
    text = _fetched(args, world) if _is_address(args.key) else args.key
    wanted = wanted_keys(text, args)
    account = user_found(args.user, world)
    if account is None and not args.path:
        raise Failure(f"there is no user {args.user} on this host")
    path = _path(args, account, world)
    if args.follow and world.stat(path) is not None:
        path = world.real(path)
    old = world.read(path)
    content = (old or b"").decode("utf-8", "surrogateescape")
    lines = content.split("\n")[: -1 if content.endswith("\n") or not content else None]
    keys = edited([parsed(line) for line in lines], wanted, args)
    told = {"keyfile": path, "user": args.user, "state": args.state, "exclusive": args.exclusive}
    told.update(key=args.key, key_options=args.key_options, comment=args.comment, path=args.path)
    if old is None and not keys:
        return told
    owner = args.user if account is not None else ""
    group = _group(account)
    if args.manage_dir and args.state == "present":
        world.mkdir(os.path.dirname(path), mode=0o700, owner=owner, group=group)
    new = encoded("".join(f"{key.line}\n" for key in keys))
    if new != old and [key.line for key in keys] != lines:
        fresh = 0o600 if old is None else None
        world.write(path, new, mode=fresh, owner=owner, group=group)
    if args.state == "present":
        world.attributes(path, mode=0o600, owner=owner, group=group)
    return told


def _group(account: Optional[Dict[str, Any]]) -> str:
    gid = (account or {}).get("gid")
    return "" if gid is None else str(gid)


def _path(args: Args, account: Optional[Dict[str, Any]], world: World) -> str:
    if args.path:
        return expanded(args.path.replace("%u", args.user), world)
    home = (account or {}).get("home")
    if not home:
        raise Unpredictable(f"the home of {args.user}", f"making the user {args.user}")
    return os.path.join(home, ".ssh", "authorized_keys")


def _is_address(key: str) -> bool:
    return key.startswith(("http://", "https://"))


def _fetched(args: Args, world: World) -> str:
    response = looked(world, Request(args.key, validate_certs=args.validate_certs, follow="all"))
    if response.status != 200:
        raise Failure(f"{args.key} answered {response.status} {response.reason}")
    return response.body.decode("utf-8", "surrogateescape")


# -- the pure core ---------------------------------------------------------------------------------


def wanted_keys(text: str, args: Args) -> List[Key]:
    """The keys that are asked for, each once; a ValueError for a line that is none."""
    found: Dict[str, Key] = {}
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key = parsed(line)
        if not key.kind:
            start = line.strip()
            shown = start if len(start) <= 40 else start[:39] + "…"
            raise ValueError(f"'key' has a line that is no public key: {shown}")
        if args.key_options is not None:
            key = replace(key, options=split_options(args.key_options))
        if args.comment is not None:
            key = replace(key, comment=args.comment)
        found[key.text] = key
    return list(found.values())


def parsed(line: str) -> Key:
    """A line of authorized_keys, taken apart."""
    if line.lstrip().startswith("#"):
        return Key(line)
    words = _words(line.strip())
    at = next((at for at, word in enumerate(words[:2]) if KINDS.match(word)), None)
    if at is None or len(words) < at + 2:
        return Key(line)
    rest = line.strip()
    for word in words[: at + 2]:
        rest = rest[len(word) :].lstrip()
    return Key(words[at + 1], words[at], split_options(words[0]) if at else (), rest)


def split_options(text: str) -> Tuple[str, ...]:
    """Options that are parted by commas, those within quotes left out."""
    return tuple(re.findall(r'(?:[^,"]|"(?:\\.|[^"\\])*")+', text))


def _words(line: str) -> List[str]:
    """What blanks part, those within quotes left out."""
    return re.findall(r'(?:[^\s"]|"(?:\\.|[^"\\])*"?)+', line)


def edited(keys: List[Key], wanted: List[Key], args: Args) -> List[Key]:
    """The file's lines as they should be: what differs in options or comment goes to the end."""
    asked = {key.text: key for key in wanted}
    if args.state == "absent":
        return [key for key in keys if not (key.kind and key.text in asked)]
    seen = set()
    kept = []
    for key in keys:
        if key.kind and asked.get(key.text) == key and key.text not in seen:
            seen.add(key.text)
            kept.append(key)
        elif not args.exclusive and not (key.kind and key.text in asked):
            kept.append(key)
    return [*kept, *(key for key in wanted if key.text not in seen)]
