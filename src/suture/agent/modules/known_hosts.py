"""A host's SSH key stands in a known_hosts file, or none of the host's keys does."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any, Dict, List, Literal, Tuple

from ..protocol.spec import arg
from ..shared.paths import expanded, path_info
from ..shared.text_files import encoded
from ..world.world import World

EXAMPLES = """
- name: the forge is who it says
  known_hosts:
    name: git.example.org
    key: git.example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMq
    path: /etc/ssh/ssh_known_hosts
"""


@dataclass(frozen=True)
class Args:
    name: str = arg("The host, or '[host]:port'.", aliases=("host",))
    key: str | None = arg("The line, beginning with the host's name.", None)
    state: Literal["present", "absent"] = arg("Whether it is there.", "present")
    path: str = arg("The file.", "~/.ssh/known_hosts")
    hash_host: bool = arg("A new line hides the host's name.", False)

    def __post_init__(self) -> None:
        if self.state == "present" and not self.key:
            raise ValueError("'key' is needed unless state is absent")
        if self.key and len(_fields(self.key)) < 3:
            raise ValueError("'key' is a line of known_hosts: the host, the kind of key, the key")
        if self.key and not means(_fields(self.key)[0], self.name):
            raise ValueError(f"'key' is not a line about {self.name}: begin it with that name")


def apply(args: Args, world: World) -> Dict[str, Any]:
    path = world.real(expanded(args.path, world))
    old = world.read(path)
    text = (old or b"").decode("utf-8", "surrogateescape")
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    new = edited(lines, args)
    told: Dict[str, Any] = {"name": args.name, "key": args.key, "path": path, "state": args.state}
    told["hash_host"] = args.hash_host
    if new != lines:
        above = path.rpartition("/")[0]
        if world.stat(above) is None:
            world.mkdir(above, mode=0o700)
        world.write(path, encoded("".join(new)), mode=0o600 if old is None else None)
    return {**path_info(path, world), **told}


# -- the pure core ---------------------------------------------------------------------------------


def edited(lines: List[str], args: Args) -> List[str]:
    """The file's lines with the host's key, or without any key of the host's."""
    marker, kind, key = ("", "", "")
    if args.key:
        marker, kind, key = identity(args.key)
    if args.state == "absent":
        return [line for line in lines if not (_about(line, args.name) and _is(line, kind, key))]
    if any(_about(line, args.name) and identity(line) == (marker, kind, key) for line in lines):
        return lines
    kept = [
        line
        for line in lines
        if not (_about(line, args.name) and identity(line)[:2] == (marker, kind))
    ]
    if kept and not kept[-1].endswith("\n"):
        kept[-1] += "\n"
    return [*kept, _new(args) + "\n"]


def _is(line: str, kind: str, key: str) -> bool:
    return not key or identity(line)[1:] == (kind, key)


def _fields(line: str) -> List[str]:
    """A line's fields, a marker such as @cert-authority left out."""
    words = line.split()
    return words[1:] if words and words[0].startswith("@") else words


def identity(line: str) -> Tuple[str, str, str]:
    """A line's marker, kind of key, and key."""
    words = line.split()
    marker = words[0] if words and words[0].startswith("@") else ""
    return (marker, *[*_fields(line), "", "", ""][1:3])  # type: ignore[return-value]  # three texts


def _about(line: str, name: str) -> bool:
    fields = _fields(line)
    return len(fields) > 2 and not line.lstrip().startswith("#") and means(fields[0], name)


def means(hosts: str, name: str) -> bool:
    """Whether a line's first field means the host, hidden or not."""
    if hosts.startswith("|1|"):
        salt, _, digest = hosts[3:].partition("|")
        try:
            key = base64.b64decode(salt)
        except ValueError:
            return False
        found = hmac.new(key, name.encode(), hashlib.sha1).digest()
        return base64.b64encode(found).decode() == digest
    return any(fnmatch.fnmatchcase(name, each) or each == name for each in hosts.split(","))


def _new(args: Args) -> str:
    """The line as it is to stand there; its salt follows from what it says, so that a dry run can
    say it."""
    assert args.key is not None
    line = " ".join(args.key.split())
    hosts = _fields(line)[0]
    if not args.hash_host or hosts.startswith("|"):
        return line
    salt = hashlib.sha1(line.encode()).digest()  # noqa: S324 (a salt)
    hidden = base64.b64encode(hmac.new(salt, args.name.encode(), hashlib.sha1).digest()).decode()
    return line.replace(hosts, f"|1|{base64.b64encode(salt).decode()}|{hidden}", 1)
