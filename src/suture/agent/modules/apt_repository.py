"""A source of Debian packages stands among apt's sources, as one line, or does not."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any, Dict, List, Literal, Optional, Tuple

from ..protocol.spec import Failure, arg
from ..shared.apt_lists import fetched
from ..shared.text_files import encoded
from ..world.world import World

EXAMPLES = """
- name: the vendor's own packages
  apt_repository:
    repo: deb [signed-by=/etc/apt/keyrings/vendor.asc] https://apt.example.org/debian bookworm main
    filename: vendor
"""

MAIN, PARTS = "/etc/apt/sources.list", "/etc/apt/sources.list.d"
LINE = re.compile(
    r"\s*(?P<off>#\s*)?(?P<source>deb(?:-src)?\s+(?:\[[^\]]*\]\s+)?\S+\s+\S.*?)(?:\s+#.*)?\s*$"
)
"""A line of apt's sources, one that is switched off too."""


@dataclass(frozen=True)
class Args:
    repo: str = arg("The line: deb, options, address, suite and components.")
    state: Literal["present", "absent"] = arg("Whether it is there.", "present")
    filename: str | None = arg("The file's name; unsaid, it follows from the address.", None)
    mode: str | int | None = arg("Permissions of a new file; unsaid, 0644.", None)
    update_cache: bool = arg(
        "Fetch the package lists after a change.", True, aliases=("update-cache",)
    )
    update_cache_retries: int = arg("How often fetching the lists is tried.", 5)
    update_cache_retry_max_delay: int = arg("Without a meaning here.", 12)
    codename: str | None = arg("Without a meaning here: only a PPA needs it.", None)
    install_python_apt: bool = arg("Without a meaning here: nothing is needed.", True)
    validate_certs: bool = arg("Without a meaning here: apt itself fetches.", True)

    def __post_init__(self) -> None:
        if self.repo.startswith("ppa:"):
            raise ValueError(
                "a PPA stands for a line and a key that only Launchpad knows: give its 'deb …' line"
                " as 'repo', and its key by get_url below /etc/apt/keyrings"
            )
        if not LINE.match(self.repo) or self.repo.lstrip().startswith("#"):
            raise ValueError(f"'repo' is no line of apt's sources, such as 'deb …': {self.repo}")


def apply(args: Args, world: World) -> Dict[str, Any]:
    if world.which("apt-get") is None:
        raise Failure("this host has no apt-get: it is neither Debian nor Ubuntu")
    wanted = source(args.repo)
    files = [MAIN, *(f"{PARTS}/{name}" for name in world.names(PARTS) if name.endswith(".list"))]
    present = changed = False
    removed: List[str] = []
    for path in files:
        lines = _lines(path, world)
        new, found = edited(lines, wanted, args.state)
        present = present or found
        if new == lines:
            continue
        changed = True
        if path == MAIN or any(line.strip() for line in new):
            world.write(path, encoded("".join(new)))
        else:
            world.remove(path)
            removed.append(path)
    added: List[str] = []
    if args.state == "present" and not present:
        changed = True
        added = _added(args, wanted, world)
    if changed and args.update_cache:
        fetched(world, args.update_cache_retries)
    told = {"repo": args.repo, "state": args.state}
    return {**told, "sources_added": added, "sources_removed": removed}


def _lines(path: str, world: World) -> List[str]:
    text = (world.read(path) or b"").decode("utf-8", "surrogateescape")
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _added(args: Args, wanted: str, world: World) -> List[str]:
    """The line stands in its file; the file, if it is new."""
    path = f"{PARTS}/{file_name(args.repo, args.filename)}"
    lines = _lines(path, world)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    new = world.stat(path) is None
    mode = 0o644 if new and args.mode is None else args.mode
    world.write(path, encoded("".join([*lines, f"{wanted}\n"])), mode=mode)
    return [path] if new else []


# -- the pure core ---------------------------------------------------------------------------------


def source(line: str) -> str:
    """A line of apt's sources without comments, its parts one blank apart."""
    match = LINE.match(line)
    return "" if match is None else " ".join(match["source"].split())


def edited(lines: List[str], wanted: str, state: str) -> Tuple[List[str], bool]:
    """A file's lines with the source switched on, or without it; whether it is there then."""
    found: List[str] = []
    present = False
    for line in lines:
        match = LINE.match(line)
        if match is None or source(line) != wanted:
            found.append(line)
        elif state == "present":
            present = True
            found.append(f"{wanted}\n" if match["off"] else line)
        elif match["off"]:
            found.append(line)
    return found, present


def file_name(line: str, name: Optional[str]) -> str:
    """The name of the file for a source, as ansible-core makes it of the address."""
    if name is None:
        address = re.sub(r"\[[^\]]+\]", "", line).split()[1]
        address = re.sub(r"^\w+://", "", address).rpartition("@")[2]
        name = "_".join(re.sub("[^a-zA-Z0-9]", " ", address).split())
    return name if name.endswith(".list") else f"{os.path.basename(name)}.list"
