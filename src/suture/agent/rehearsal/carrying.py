"""What the upper layers of overlays hold, put on the real disk through a world, which notes it."""

from __future__ import annotations

import os
import stat as st
from typing import List, NamedTuple, Optional, Sequence

from ..world.node import Nanoseconds
from ..world.world import World
from .overlay_diff import Difference, Overlay, cache_of, differences

LARGEST = 256 * 1024 * 1024
"""Bytes of a file that are carried at the most."""

MARKS = ("user.overlay.", "trusted.overlay.", "security.selinux")
"""Extended attributes that are the overlay's, or that the kernel gives to whatever is made."""


class Unfit(Exception):
    """What was written cannot be put on the real disk exactly as it is; one sentence's end says why."""


class Written(NamedTuple):
    """A path that differs, and where its new state lies, if there is any."""

    path: str
    kind: str
    overlay: Overlay
    inner: str

    @property
    def new(self) -> Optional[os.stat_result]:
        """What stands there now; None where nothing does."""
        if self.kind == "removed":
            return None
        return os.lstat(self.inner, dir_fd=self.overlay.upper)

    @property
    def old(self) -> Optional[os.stat_result]:
        """What stood there before, of which the real disk still has all."""
        try:
            return os.lstat(self.inner, dir_fd=self.overlay.lower)
        except OSError:
            return None

    @property
    def content(self) -> bytes:
        flags = os.O_RDONLY | os.O_NOFOLLOW
        with open(os.open(self.inner, flags, dir_fd=self.overlay.upper), "rb") as file:
            return file.read()


def written(overlays: Sequence[Overlay], without: Sequence[str] = ()) -> List[Written]:
    """Everything that differs, outermost first within each overlay: without caches, and without what
    lies at or below the directories in ``without``; Unfit where a world has no verb for it."""
    found = []
    for overlay in overlays:
        for difference in differences([overlay]):
            path = difference.path.rstrip("/")
            if cache_of(difference.path) or any(_is_at(path, each) for each in without):
                continue
            inner = os.path.relpath(path, overlay.path)
            found.append(_checked(Written(path, difference.kind, overlay, inner), difference))
        for inner, mode in overlay.made.items():
            if st.S_IMODE(os.lstat(inner, dir_fd=overlay.upper).st_mode) != mode:
                raise Unfit(f"the mode of {os.path.join(overlay.path, inner)} was changed")
    return found


def carried(world: World, found: Sequence[Written], *, hidden: bool) -> None:
    """All of that is so on the real disk, each change noted first.  ``hidden``: the changes do not
    tell what files hold or held."""
    gone = ""
    for each in found:
        if gone and _is_at(each.path, gone):
            continue
        if each.kind == "removed":
            world.remove(each.path, hidden=hidden)
            gone = each.path
        else:
            _put(world, each, hidden)


def _put(world: World, each: Written, hidden: bool) -> None:
    new, there = each.new, world.stat(each.path, follow=False)
    assert new is not None
    mode = st.S_IMODE(new.st_mode)
    owner, group = str(new.st_uid), str(new.st_gid)
    directory = st.S_ISDIR(new.st_mode)
    if there is not None and (there.kind == "directory") != directory:
        world.remove(each.path, hidden=hidden)
        there = None
    if directory:
        if there is None:
            world.mkdir(each.path, mode=mode, owner=owner, group=group)
        else:
            world.attributes(each.path, mode=mode, owner=owner, group=group, follow=False)
    elif st.S_ISLNK(new.st_mode):
        target = os.readlink(each.inner, dir_fd=each.overlay.upper)
        world.link(each.path, target, mtime=Nanoseconds(new.st_mtime_ns))
        world.attributes(each.path, owner=owner, group=group, follow=False)
    else:
        world.write(
            each.path,
            each.content,
            mode=mode,
            owner=owner,
            group=group,
            mtime=Nanoseconds(new.st_mtime_ns),
            hidden=hidden,
        )


def _is_at(path: str, above: str) -> bool:
    return path == above or path.startswith(above.rstrip("/") + "/")


def _checked(each: Written, difference: Difference) -> Written:
    """The same; Unfit where more than content, attributes and kind would have to be carried."""
    new, old = each.new, each.old
    path = each.path
    if new is not None:
        if not (st.S_ISREG(new.st_mode) or st.S_ISDIR(new.st_mode) or st.S_ISLNK(new.st_mode)):
            raise Unfit(f"{path} is neither a file, a directory nor a link")
        if not st.S_ISDIR(new.st_mode) and new.st_nlink > 1:
            raise Unfit(f"{path} has more than one name")
        if difference.size > LARGEST:
            raise Unfit(f"{path} is very large")
        if _attributes(each, each.overlay.upper) != _attributes(each, each.overlay.lower):
            raise Unfit(f"{path} has other extended attributes")
    if old is not None and st.S_ISREG(old.st_mode) and old.st_nlink > 1:
        raise Unfit(f"{path} had more than one name")
    return each


def _attributes(each: Written, layer: int) -> List[str]:
    """Its extended attributes in a layer, those of the overlay apart."""
    path = f"/proc/self/fd/{layer}/{each.inner}"
    try:
        names = os.listxattr(path, follow_symlinks=False)
        kept = [name for name in sorted(names) if not name.startswith(MARKS)]
        return [f"{name}={os.getxattr(path, name, follow_symlinks=False)!r}" for name in kept]
    except OSError:
        return []
