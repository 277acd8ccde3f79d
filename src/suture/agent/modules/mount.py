"""A file system is mounted, now and after a reboot, or is not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Literal, Optional

from ..protocol.spec import Failure, arg
from ..shared.paths import expanded
from ..shared.text_files import Saving, encoded, saved
from ..world.world import World

EXAMPLES = """
- name: the data has a file system of its own
  mount:
    path: /srv/data
    src: UUID=b3e48f45-f933-4c8e-a700-22a159ec9077
    fstype: ext4
    opts: noatime
    state: mounted

- name: no floppy
  mount: {path: /media/floppy, state: absent}
"""


@dataclass(frozen=True)
class Args:
    path: str = arg("Where it is mounted.", aliases=("name",))
    state: Literal[
        "absent", "absent_from_fstab", "mounted", "present", "unmounted", "remounted", "ephemeral"
    ] = arg(
        "mounted: in the table and mounted. present: in the table. unmounted: not mounted now."
        " absent: neither, and the directory is gone. ephemeral: mounted, not in the table."
    )
    src: str | None = arg("The device, or what stands for it.", None)
    fstype: str | None = arg("The kind of file system.", None)
    opts: str | None = arg("Options, with commas.", None)
    dump: str = arg("The table's fifth field.", "0")
    passno: str = arg("The table's sixth field.", "0")
    fstab: str = arg("The table.", "/etc/fstab")
    boot: bool = arg("false: not mounted at boot (noauto).", True)
    backup: bool = arg("Keep a copy of the table as it was.", False)
    opts_no_log: bool = arg("Do not show the options.", False)

    def __post_init__(self) -> None:
        if self.state in ("mounted", "present", "ephemeral") and not (self.src and self.fstype):
            raise ValueError(f"state: {self.state} needs 'src' and 'fstype'")

    @property
    def options(self) -> str:
        found = self.opts or "defaults"
        return found if self.boot or "noauto" in found.split(",") else f"{found},noauto"


def apply(args: Args, world: World) -> Dict[str, Any]:
    path = expanded(args.path, world)
    path = path.rstrip("/") or "/"
    table = args.fstab
    changed = False
    if args.state in ("mounted", "present", "absent", "absent_from_fstab"):
        changed = _listed(args, path, world)
    if args.state in ("mounted", "ephemeral"):
        _mounted(args, path, changed, world)
    elif args.state in ("unmounted", "absent") and _is_mounted(path, world):
        _run(world, ["umount", path], path, False, args, undo=_again(args, path))
    elif args.state == "remounted":
        if not _is_mounted(path, world):
            raise Failure(f"{path} is not mounted: there is nothing to mount again")
        _run(world, ["mount", "-o", _remount(args), path], path, True, args, undo=[])
    if args.state == "absent" and world.stat(path) is not None and not world.names(path):
        world.remove(path)
    told = {"name": path, "fstab": table, "dump": args.dump, "passno": args.passno}
    return {**told, "src": args.src, "fstype": args.fstype, "opts": args.options, "boot": args.boot}


def _remount(args: Args) -> str:
    return ",".join(filter(None, ["remount", args.opts or ""]))


def _again(args: Args, path: str) -> Optional[List[List[str]]]:
    """What mounts again what is unmounted; nobody knows where the task does not tell all of it."""
    if not (args.src and args.fstype):
        return None
    return [["mount", "-t", args.fstype, "-o", args.options, args.src, path]]


def _listed(args: Args, path: str, world: World) -> bool:
    """The table has the file system, or has it no more; whether that is new."""
    old = world.read(args.fstab)
    text = (old or b"").decode("utf-8", "surrogateescape")
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    entry = None
    if args.state in ("mounted", "present"):
        fields = [args.src or "", path, args.fstype or "", args.options, args.dump, args.passno]
        entry = " ".join(map(escaped, fields))
    new = edited(lines, path, entry, args.fstype or "")
    if new == lines:
        return False
    how = Saving(mode=0o644 if old is None else None, backup=args.backup)
    saved(args.fstab, encoded("".join(new)), how, world)
    return True


def _is_mounted(path: str, world: World) -> bool:
    program = world.which("mountpoint")
    if program is None:
        raise Failure("this host has no mountpoint (package util-linux)")
    return bool(world.state(f"mount:{path}", lambda: world.query(program, "-q", path).rc == 0))


def _mounted(args: Args, path: str, changed: bool, world: World) -> None:
    if args.fstype == "swap" or path in ("none", "swap"):
        return
    if world.stat(path) is None:
        world.mkdir(path, parents=True)
    if _is_mounted(path, world):
        if changed:
            _run(world, ["mount", "-o", _remount(args), path], path, True, args, undo=[])
        return
    words = ["mount", path]
    if args.state == "ephemeral" or args.fstab != "/etc/fstab":
        words = ["mount", "-t", args.fstype or "auto", "-o", args.options, args.src or "", path]
    _run(world, words, path, True, args, undo=[["umount", path]])


def _run(
    world: World,
    words: List[str],
    path: str,
    after: bool,
    args: Args,
    undo: Optional[List[List[str]]],
) -> None:
    world.outside("the mounts of the host")
    program = world.which(words[0])
    if program is None:
        raise Failure(f"this host has no {words[0]}")
    done = world.run(
        program,
        *words[1:],
        check=False,
        action=words[0],
        shown=path,
        spoils=[path] if world.stat(path) is not None else [],
        expects={f"mount:{path}": after},
        undo=None if undo is None else [[world.which(w) or w, *rest] for w, *rest in undo],
        live=False,
    )
    if done.ran and done.rc:
        said = done.err.strip() or done.out.strip()
        raise Failure(f"Error {words[0]}ing {path}: {said}", rc=done.rc)


# -- the pure core ---------------------------------------------------------------------------------


def edited(lines: List[str], path: str, entry: Optional[str], fstype: str) -> List[str]:
    """The table's lines with this entry for the path, or with none."""
    found: List[str] = []
    seen = False
    for line in lines:
        fields = line.split()
        if line.lstrip().startswith("#") or len(fields) < 4 or not _means(fields, path, entry):
            found.append(line)
        elif entry is not None and not seen:
            seen = True
            padded = [*fields, "0", "0"][: max(len(fields), 6)]
            found.append(line if padded[:6] == entry.split() else entry + "\n")
    if entry is not None and not seen:
        if found and not found[-1].endswith("\n"):
            found[-1] += "\n"
        found.append(entry + "\n")
    return found


def _means(fields: List[str], path: str, entry: Optional[str]) -> bool:
    """Whether an entry is about the path; swap has none, so its device tells."""
    if unescaped(fields[1]) != path:
        return False
    return path not in ("none", "swap") or entry is None or fields[0] == entry.split()[0]


def escaped(field: str) -> str:
    """A field as the table has it: blanks as numbers."""
    return field.replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011")


def unescaped(field: str) -> str:
    return re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), field)
