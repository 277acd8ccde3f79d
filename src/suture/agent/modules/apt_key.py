"""A key is among those that apt trusts for every source, or is not.

Debian has given this up: on newer hosts a key stands below /etc/apt/keyrings, and its source names it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Literal, Optional

from ..protocol.spec import Failure, arg
from ..shared.paths import expanded
from ..world.http import Request, looked
from ..world.world import World

EXAMPLES = """
- name: the vendor's key
  apt_key:
    url: https://apt.example.org/vendor.asc
    keyring: /etc/apt/trusted.gpg.d/vendor.gpg
"""


@dataclass(frozen=True)
class Args:
    id: str | None = arg("The key's number in hexadecimal, of 8, 16 or 40 digits.", None)
    url: str | None = arg("Its address.", None)
    data: str | None = arg("The key itself.", None)
    file: str | None = arg("Its file on the host.", None)
    keyserver: str | None = arg("A server that has it.", None)
    keyring: str | None = arg("The keyring, instead of apt's own.", None)
    state: Literal["present", "absent"] = arg("Whether it is trusted.", "present")
    validate_certs: bool = arg("Insist on a certificate that holds.", True)

    def __post_init__(self) -> None:
        sources = [self.url, self.data, self.file, self.keyserver]
        if sum(each is not None for each in sources) > 1:
            raise ValueError("give one of 'url', 'data', 'file' and 'keyserver'")
        if self.id is None and (self.state == "absent" or self.keyserver):
            raise ValueError("give 'id': which key is meant")
        if self.id is None and not any(sources):
            raise ValueError("give 'url', 'data', 'file' or 'keyserver' with 'id'")
        if self.id is not None and not re.fullmatch(r"(0[xX])?[0-9a-fA-F]{8,40}", self.id):
            raise ValueError(f"'id' is a hexadecimal number of 8 digits or more: {self.id}")


def apply(args: Args, world: World) -> Dict[str, Any]:
    program = world.which("apt-key")
    if program is None:
        raise Failure(
            "this host's apt has no apt-key any more: put the key below /etc/apt/keyrings by get_url,"
            " and name it in the source by signed-by (deb822_repository does both)"
        )
    keyring = ["--keyring", expanded(args.keyring, world)] if args.keyring else []
    data: Optional[bytes] = None
    wanted = (args.id or "").upper()
    wanted = wanted[2:] if wanted.startswith("0X") else wanted
    if not wanted:
        data = _key(args, world)
        wanted = _number(data, world)
    before = _is_trusted(program, keyring, wanted, world)
    told = {"id": args.id or wanted, "key_id": wanted, "short_id": wanted[-8:], "fp": wanted}
    if before == (args.state == "present"):
        return told
    if args.state == "absent":
        _run(world, [program, *keyring, "del", wanted], wanted, False, None)
        return told
    undo = [[program, *keyring, "del", wanted]]
    if args.keyserver:
        words = ["adv", "--no-tty", "--keyserver", args.keyserver, "--recv", wanted]
        _run(world, [program, *keyring, *words], wanted, True, undo)
    else:
        data = _key(args, world) if data is None else data
        _run(world, [program, *keyring, "add", "-"], wanted, True, undo, data)
    if not _is_trusted(program, keyring, wanted, world):
        raise Failure(f"apt-key was given a key, but none with the number {wanted}: is 'id' right?")
    return told


def _key(args: Args, world: World) -> bytes:
    if args.data is not None:
        return args.data.encode("utf-8", "surrogateescape")
    if args.file is not None:
        found = world.read(expanded(args.file, world))
        if found is None:
            raise Failure(f"there is no key {args.file} on this host")
        return found
    request = Request(str(args.url), validate_certs=args.validate_certs, follow="all")
    response = looked(world, request)
    if response.status != 200:
        raise Failure(f"{response.url} answered {response.status} {response.reason}")
    return response.body


def _number(data: bytes, world: World) -> str:
    """The key's number, as gpg tells it."""
    gpg = world.which("gpg")
    if gpg is None:
        raise Failure("this host has no gpg, which tells a key's number: give 'id'")
    words = ["--no-tty", "--batch", "--with-colons", "--show-keys"]
    with world.scratch(b"", "gpg") as place:
        done = world.query(gpg, "--homedir", place.rpartition("/")[0], *words, stdin=data)
    numbers = key_numbers(done.out)
    if not numbers:
        raise Failure("this is no public key of OpenPGP")
    return numbers[0]


def key_numbers(listing: str) -> List[str]:
    """The long numbers of the public keys that gpg lists with colons."""
    rows = (line.split(":") for line in listing.splitlines())
    return [row[4].upper() for row in rows if row[0] == "pub" and len(row) > 4]


def _is_trusted(program: str, keyring: List[str], number: str, world: World) -> bool:
    def look() -> bool:
        words = ["adv", "--list-public-keys", "--with-colons", "--with-fingerprint"]
        rows = (line.split(":") for line in world.query(program, *keyring, *words).out.splitlines())
        found = [word.upper() for row in rows if row[0] in ("pub", "sub", "fpr") for word in row]
        return any(word.endswith(number) for word in found)

    return bool(world.state(f"aptkey:{number}", look))


def _run(
    world: World,
    words: List[str],
    number: str,
    after: bool,
    undo: Optional[List[List[str]]],
    data: Optional[bytes] = None,
) -> None:
    done = world.run(
        *words,
        check=False,
        action="trust" if after else "distrust",
        shown=number,
        expects={f"aptkey:{number}": after},
        undo=undo,
        stdin=data or b"",
        live=False,
    )
    if done.ran and done.rc:
        raise Failure(f"apt-key: {(done.err.strip() or done.out.strip())[-300:]}", rc=done.rc)
