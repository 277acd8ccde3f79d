"""What copy and template share: content that the controller sent, put in its place on the host."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Dict, Optional

from ..protocol.content import Content
from ..protocol.spec import Failure
from ..world.node import Mode
from ..world.world import World
from .paths import path_info
from .text_files import Saving, saved

SUMMED = 16 * 1024 * 1024
"""Bytes up to which the SHA-1 that ansible-core returns is worth another look at the file."""


@dataclass(frozen=True)
class Placing(Saving):
    """How content is put in place."""

    force: bool = True
    follow: bool = False
    directory_mode: Mode = None


def placed(content: Content, dest: str, how: Placing, world: World) -> Dict[str, Any]:
    """The content stands at ``dest``, or below it under its own name where that is a directory."""
    return placed_at(content, destination(content.name, dest, how, world), how, world)


def placed_at(content: Content, path: str, how: Placing, world: World) -> Dict[str, Any]:
    """The content stands at this very path."""
    if how.follow and world.stat(path) is not None:
        path = world.real(path)
    if not how.force and world.stat(path, follow=False) is not None:
        return {"dest": path, **path_info(path, world)}
    backup = saved(path, content, how, world)
    found = {"dest": path, **path_info(path, world)}
    if content.size <= SUMMED:
        found["checksum"] = world.digest(path, "sha1")
    return {**found, "backup_file": backup} if backup else found


def destination(name: str, dest: str, how: Placing, world: World) -> str:
    """The path of the file that ``dest`` means; a trailing slash makes the directories above."""
    there = world.stat(dest)
    directory = there is not None and there.kind == "directory"
    if not directory and not dest.endswith("/"):
        return dest
    if not name:
        raise Failure(f"{dest} is a directory: name the file in it")
    if not directory:
        owner, group = how.owner or "", how.group or ""
        world.mkdir(dest, mode=how.directory_mode, owner=owner, group=group, parents=True)
    return os.path.join(dest, name)


def preserved(mode: Mode, source: Optional[int]) -> Mode:
    """The mode, with "preserve" as the source's own."""
    return source if mode == "preserve" else mode
