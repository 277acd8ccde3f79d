"""What a run changed on this host, read back from its journals."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from ..journal.storage import FILE, in_use, places, trusted
from ..protocol.spec import Failure
from ..world.node import KEPT
from ..world.world import World


@dataclass(frozen=True)
class State:
    """What stands at a path.  ``sha256`` is None where the content is not spoken of, empty where we
    could not read it; times are nanoseconds."""

    kind: str
    mode: int
    uid: int
    gid: int
    target: str = ""
    sha256: Optional[str] = None
    size: int = 0
    mtime: Optional[int] = None
    atime: Optional[int] = None
    inode: int = 0
    kept: bool = True


@dataclass(frozen=True)
class PathChange:
    """A path before and after; None: nothing was there.  ``times``: those that were set."""

    path: str
    before: Optional[State]
    after: Optional[State]
    times: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """One change.  ``number`` counts the run's changes from 1; ``identity`` names it for good.
    ``makes``: paths whose content is its own; ``touches``: where that may be.
    ``above``: a directory and its time before and, where that is known, after.  ``reverts``: the
    changes, by their identity, whose commands this one undid; ``late``: its own are undone once all
    else is."""

    number: int
    identity: str
    at: str
    step: str
    phase: int
    action: str
    target: str
    done: bool
    directory: str
    entries: Tuple[PathChange, ...] = ()
    temporary: str = ""
    above: Optional[Tuple[str, int, int]] = None
    secret: bool = False
    undo: Optional[Tuple[Tuple[str, ...], ...]] = None
    cwd: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    makes: Tuple[str, ...] = ()
    rows: Sequence[Mapping[str, Any]] = ()
    reverts: Tuple[str, ...] = ()
    late: bool = False
    touches: Tuple[str, ...] = ()

    @property
    def touched(self) -> bool:
        """Whether it changed files, which can be looked at; else a command did something."""
        return bool(self.entries)


def environ(world: World) -> Dict[str, str]:
    return {**os.environ, **world.environment}


def directories(world: World) -> List[str]:
    """Where this user's journals are; what others may have written is not looked at."""
    return [place for place in places(environ(world)) if trusted(place)]


def runs(world: World) -> Dict[str, List[str]]:
    """The directories of each run, the last run first."""
    found: Dict[str, List[str]] = {}
    for place in directories(world):
        for run in world.names(place):
            path = os.path.join(place, run)
            if world.stat(os.path.join(path, FILE)) is not None:
                found.setdefault(run, []).append(path)
    return {run: found[run] for run in sorted(found, reverse=True)}


def records(run: str, places: Sequence[str], world: World) -> List[Record]:
    """The run's changes in the order in which they were made."""
    found: List[Tuple[Dict[str, Any], Dict[str, Any], str]] = []
    for path in places:
        if not trusted(path):
            raise Failure(
                f"{path} does not belong to this user alone: what it says is not believed"
            )
        lines = list(_lines(world.read(os.path.join(path, FILE)) or b""))
        ends = {(line["by"], line["n"]): line for line in lines if "done" in line}
        found += [
            (line, ends.get((line["by"], line["n"]), {}), path)
            for line in lines
            if "done" not in line
        ]
    found.sort(key=lambda each: str(each[0]["at"]))
    return [_record(number, run, *each) for number, each in enumerate(found, 1)]


def _lines(data: bytes) -> Iterator[Dict[str, Any]]:
    """The lines that are whole: a killed agent may have left half of one, and then no change."""
    for text in data.split(b"\n"):
        try:
            line = json.loads(text) if text else None
        except ValueError:
            continue
        if line is not None:
            yield line


def _record(
    number: int, run: str, line: Dict[str, Any], end: Dict[str, Any], directory: str
) -> Record:
    above = line.get("above")
    undo = line.get("undo")
    return Record(
        number,
        f"{run}/{line['by']}/{line['n']}",
        line["at"],
        line["step"],
        line["phase"],
        line["action"],
        line["target"],
        bool(end),
        directory,
        tuple(_entry(entry) for entry in line.get("entries", ())),
        line.get("temporary", ""),
        (above[0], above[1], end.get("above", 0)) if above else None,
        line.get("secret", False),
        None if undo is None else tuple(tuple(argv) for argv in undo),
        line.get("cwd", ""),
        line.get("environment", {}),
        tuple(line.get("makes", ())),
        line.get("rows", ()),
        tuple(line.get("reverts", "").split()),
        line.get("late", False),
        tuple(line.get("touches", ())),
    )


def _entry(entry: Dict[str, Any]) -> PathChange:
    before, after = (State(**entry[key]) if entry[key] else None for key in ("before", "after"))
    return PathChange(entry["path"], before, after, tuple(entry.get("times", ())))


@dataclass(frozen=True)
class Aftermath:
    """What a user's journals tell of a run: its ``reverted`` changes (by identity), whose commands
    were undone since; ``leftovers``, files of agents that were killed; and what earlier attempts
    to undo the run have done."""

    reverted: Set[str]
    leftovers: List[str]
    attempts: List[Record]


def aftermath(run: str, found: Mapping[str, Sequence[str]], world: World) -> Aftermath:
    since = Aftermath(set(), [], [])
    undoes = json.dumps({"undoes": run}, separators=(",", ":"))[1:-1].encode()
    for name, paths in found.items():
        for path in filter(trusted, paths):
            data = world.read(os.path.join(path, FILE)) or b""
            if undoes in data:
                told = records(name, [path], world)
                since.attempts.extend(told)
                for record in told:
                    since.reverted.update(record.reverts if record.done else ())
            if b'"temporary":' in data and not in_use(path):
                since.leftovers.extend(_leftovers(data, world))
    return since


def _leftovers(data: bytes, world: World) -> Iterator[str]:
    """The temporary files of changes that were not made to the end, where they are still there."""
    unfinished: Dict[Tuple[str, int], str] = {}
    for line in _lines(data):
        key = (line["by"], line["n"])
        if "done" in line:
            unfinished.pop(key, None)
        elif "temporary" in line:
            unfinished[key] = line["temporary"]
    for temporary in unfinished.values():
        for path in (temporary, temporary + KEPT):
            if world.stat(path, follow=False) is not None:
                yield path


def changed_between(
    path: str, times: Tuple[str, str], run: str, found: Mapping[str, Sequence[str]], world: World
) -> str:
    """Which other run of this user's changed the path between these times; nothing where none did."""
    needle = json.dumps(path).encode()
    for name, places_ in found.items():
        for place in filter(trusted, places_ if name != run else ()):
            if needle not in (world.read(os.path.join(place, FILE)) or b""):
                continue
            for record in records(name, [place], world):
                paths = {entry.path for entry in record.entries}
                if path in paths and times[0] <= record.at <= times[1]:
                    return name
    return ""
