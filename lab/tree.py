"""A folder put back as it was: what differs is found by signature, and only that is touched."""

from __future__ import annotations

import json
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

# What tells one state of a path from another: a file's ctime cannot be set back.
Signature = tuple[int | str, ...]
Signatures = dict[str, Signature]


def remove(path: Path) -> None:
    """Nothing is at `path` any more; a link is removed, not what it points to."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    try:
        shutil.rmtree(path)
    except PermissionError:
        open_up(path)
        shutil.rmtree(path)


def open_up(folder: Path) -> None:
    """Its owner may look into and change `folder` and every folder below it."""
    _allow_owner(folder)
    for place, names, _ in os.walk(folder):  # looks into a folder only after the loop has had it
        for name in names:
            _allow_owner(Path(place, name))


def _allow_owner(folder: Path) -> None:
    mode = stat.S_IMODE(folder.lstat().st_mode)
    if not folder.is_symlink() and mode & stat.S_IRWXU != stat.S_IRWXU:
        folder.chmod(mode | stat.S_IRWXU)


def signature(path: Path | os.DirEntry[str]) -> Signature:
    """The state of one path, links not followed."""
    found = path.stat(follow_symlinks=False)
    mode, owner = stat.S_IMODE(found.st_mode), (found.st_uid, found.st_gid)
    if stat.S_ISDIR(found.st_mode):
        return ("dir", mode, *owner)
    if stat.S_ISREG(found.st_mode):
        return (
            "file",
            mode,
            *owner,
            found.st_ino,
            found.st_size,
            found.st_mtime_ns,
            found.st_ctime_ns,
        )
    if stat.S_ISLNK(found.st_mode):
        return ("link", str(Path(path).readlink()), *owner)
    return ("other", stat.S_IFMT(found.st_mode))


def signatures(folder: Path, leave: tuple[str, ...] = ()) -> Signatures:
    """The state of everything below `folder` by relative path, parents first.

    What has a name in `leave`, directly in the folder, is passed over.
    """
    found: Signatures = {}
    todo = [("", folder)]
    while todo:
        prefix, place = todo.pop()
        with os.scandir(place) as entries:
            for entry in sorted(entries, key=lambda item: item.name):
                name = prefix + entry.name
                if name in leave:
                    continue
                found[name] = signature(entry)
                if entry.is_dir(follow_symlinks=False):
                    todo.append((name + "/", Path(entry.path)))
    return found


@dataclass(frozen=True)
class Differences:
    """What has to go and what has to come, as relative paths, parents first."""

    extra: tuple[str, ...]
    lost: tuple[str, ...]

    def __len__(self) -> int:
        return len(set(self.extra) | set(self.lost))


def differences(wanted: Signatures, found: Signatures) -> Differences:
    """What must be removed from `found`, then added, to have `wanted` again.

    A directory with other permissions stays and is only mended, so it is lost, not extra.
    """
    changed = {name for name, state in found.items() if wanted.get(name) != state}
    mended = {name for name in changed if found[name][0] == "dir" == wanted.get(name, ("",))[0]}
    extra = tuple(name for name in found if name in changed and name not in mended)
    lost = tuple(name for name, state in wanted.items() if found.get(name) != state)
    return Differences(extra, lost)


@dataclass(frozen=True)
class Kept:
    """A pristine copy of a folder (`template`), the folder in use (`live`), and what was true of it
    when the two were last equal (`record`). Top names in `leave` belong to someone else."""

    template: Path
    live: Path
    record: Path
    leave: tuple[str, ...] = ()

    def restore(self) -> int:
        """The live folder equals the template again; how many paths differed."""
        try:
            wanted = {
                name: tuple(state) for name, state in json.loads(self.record.read_text()).items()
            }
        except (OSError, ValueError):
            return self.lay()
        self._place()
        try:
            found = signatures(self.live, self.leave)
        except PermissionError:
            open_up(self.live)
            found = signatures(self.live, self.leave)
        change = differences(wanted, found)
        if not change:
            return 0
        self.record.unlink()
        for name in change.extra:
            remove(self.live / name)  # one whose parent went before is no longer there
        for name in change.lost:
            _copy(self.template / name, self.live / name)
            wanted[name] = signature(self.live / name)
        self._remember(wanted)
        return len(change)

    def lay(self) -> int:
        """The live folder is a fresh copy of the template; how many paths that made."""
        self.record.unlink(missing_ok=True)
        self._place()
        for path in self.live.iterdir():
            if path.name not in self.leave:
                remove(path)
        for name in signatures(self.template):
            _copy(self.template / name, self.live / name)
        return self.remember()

    def remember(self) -> int:
        """The live folder as it is now counts as equal to the template; how many paths it has."""
        found = signatures(self.live, self.leave)
        self._remember(found)
        return len(found)

    def _place(self) -> None:
        """The live folder itself is there, and nothing else in its place."""
        if self.live.is_symlink() or not self.live.is_dir():
            remove(self.live)
        _copy(self.template, self.live)

    def _remember(self, states: Signatures) -> None:
        new = self.record.with_suffix(".new")
        new.write_text(json.dumps(states))
        new.replace(self.record)


def _copy(source: Path, target: Path) -> None:
    """`target` is like `source`, owner and times included; a directory without its content."""
    found = source.lstat()
    if stat.S_ISLNK(found.st_mode):
        target.symlink_to(source.readlink())
    elif stat.S_ISDIR(found.st_mode):
        target.mkdir(exist_ok=True)
    else:
        shutil.copyfile(source, target)
    os.chown(target, found.st_uid, found.st_gid, follow_symlinks=False)
    if not stat.S_ISLNK(found.st_mode):
        shutil.copystat(source, target)
