"""What became of each path in a run, where on that way it stands now, and what undoing makes of it.

Pure: states in, states out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from .records import PathChange, Record, State

SPECIAL = 0o6000
"""The mode bits that the kernel takes away when a file is given to somebody else."""


@dataclass(frozen=True)
class Move:
    """What one change did to one path.  ``attributes``: it cannot have changed what is there."""

    record: Record
    entry: PathChange

    @property
    def attributes(self) -> bool:
        return self.record.action == "attributes"

    @property
    def before(self) -> Optional[State]:
        return self.entry.before

    @property
    def after(self) -> Optional[State]:
        return self.entry.after


@dataclass(frozen=True)
class Target:
    """What a path is to be again.  ``whole``: content too, not the attributes alone; ``timed``: with
    the time of its last change.  That of its last reading is of no use to anybody."""

    state: Optional[State]
    whole: bool = True
    timed: bool = True


@dataclass(frozen=True)
class UndoStage:
    """Paths to put back and then, where there is one, a command's record to undo."""

    targets: Dict[str, Target]
    command: Optional[Record] = None


def chains(records: Iterable[Record]) -> Dict[str, List[Move]]:
    """What happened to each path, in order; an attribute's change knows the content around it."""
    found: Dict[str, List[Move]] = {}
    for record in records:
        for entry in record.entries:
            found.setdefault(entry.path, []).append(Move(record, entry))
    for path, moves in found.items():
        if any(move.attributes for move in moves):
            found[path] = _filled(_filled(moves, False), True)
    return found


def _filled(moves: Sequence[Move], backwards: bool) -> List[Move]:
    """The moves with what is known of the content carried over those that do not speak of it."""
    sha256: Optional[str] = None
    size = 0
    found = []
    for move in reversed(moves) if backwards else moves:
        near, far = (move.after, move.before) if backwards else (move.before, move.after)
        if move.attributes and near is not None and far is not None and near.sha256 is None:
            near, far = (replace(each, sha256=sha256, size=size) for each in (near, far))
            before, after = (far, near) if backwards else (near, far)
            move = Move(move.record, replace(move.entry, before=before, after=after))
        sha256, size = (None, 0) if far is None else (far.sha256, far.size)
        found.append(move)
    return found[::-1] if backwards else found


# -- where a path stands ---------------------------------------------------------------------------


def matches(state: Optional[State], current: Optional[State]) -> bool:
    """Whether what is there is this, times aside."""
    if state is None or current is None:
        return state is current
    if state.kind != current.kind:
        return False
    if state.kind == "link":
        return state.target == current.target
    same = (state.mode, state.uid, state.gid) == (current.mode, current.uid, current.gid)
    return same and same_content(state, current)


def same_content(state: State, current: State) -> bool:
    """Whether the file's content is this, as far as either of them is known."""
    if state.kind != "file" or state.sha256 is None or current.sha256 is None:
        return True
    if not state.sha256 or not current.sha256:
        return state.size == current.size
    return state.sha256 == current.sha256


def half_made(move: Move, current: Optional[State]) -> bool:
    """Whether a change that was not made to the end can have left this."""
    before, after = move.before, move.after
    if move.record.done or current is None:
        return False
    if after is None:
        return current.kind == "directory" and matches(before, current)
    if move.attributes:
        if before is None or current.kind != before.kind or not same_content(before, current):
            return False
        modes = {before.mode, after.mode}
        modes |= {mode & ~SPECIAL for mode in modes}
        owners, groups = (before.uid, after.uid), (before.gid, after.gid)
        return current.mode in modes and current.uid in owners and current.gid in groups
    if after.kind == "directory":
        return before is None and current.kind == "directory"
    if before is None or not (before.kind == current.kind == "file"):
        return False
    return before.inode > 0 and before.inode == current.inode  # rewritten where it stands


def position(moves: Sequence[Move], current: Optional[State]) -> Optional[int]:
    """How many of the path's moves are still in effect; None: somebody else has been there."""
    for place in range(len(moves), 0, -1):
        move = moves[place - 1]
        if matches(move.after, current) or half_made(move, current):
            return place
        if matches(move.before, current):
            return place - 1
    return None


def gaps(moves: Sequence[Move]) -> Iterator[Tuple[str, str]]:
    """The times between which somebody has changed the path that the moves are of."""
    for one, next_ in zip(moves, moves[1:]):
        if one.record.done and not matches(one.after, next_.before):
            yield one.record.at, next_.record.at


def left_by(attempts: Iterable[Move], current: Optional[State]) -> bool:
    """Whether an attempt to undo, perhaps cut short, has left this."""
    return any(matches(move.after, current) or half_made(move, current) for move in attempts)


# -- what undoing makes of it ----------------------------------------------------------------------


def stages(
    records: Sequence[Record], positions: Mapping[str, int], reverted: Set[str]
) -> List[UndoStage]:
    """What to put back, the newest first; a command's undoing finds the files as it left them."""
    known = chains(records)
    found = [UndoStage({})]
    left = {path: len(moves) for path, moves in known.items()}
    for record in reversed(records):
        for entry in reversed(record.entries):
            place = left[entry.path]
            left[entry.path] -= 1
            if place <= positions.get(entry.path, 0):
                move = known[entry.path][place - 1]
                targets = found[-1].targets
                targets[entry.path] = _merged(targets.get(entry.path), move)
        if record.undo and not record.late and record.identity not in reverted:
            found[-1] = replace(found[-1], command=record)
            found.append(UndoStage({}))
    return [stage for stage in found if stage.targets or stage.command]


def _merged(newer: Optional[Target], move: Move) -> Target:
    """What a path is to be once this move is undone too."""
    before = move.before
    if not move.attributes:
        return Target(before)
    if newer is None or before is None:
        return Target(before, False, "mtime" in move.entry.times)
    if newer.state is None:
        return newer
    state = replace(newer.state, mode=before.mode, uid=before.uid, gid=before.gid)
    if "mtime" not in move.entry.times:
        return Target(state, newer.whole, newer.timed)
    return Target(replace(state, mtime=before.mtime), newer.whole, True)


def directory_times(
    records: Iterable[Record], current: Mapping[str, Optional[int]]
) -> Dict[str, int]:
    """The times that directories had before anything in them was changed, where nobody else has
    changed anything in them meanwhile: each span begins where the one before it ended, and the last
    one ends when the directory itself goes, or now."""
    spans: Dict[str, List[Tuple[int, int]]] = {}
    ends: Dict[str, Optional[int]] = {}
    for record in records:
        for entry in record.entries:
            before, after = entry.before, entry.after
            if record.action != "attributes":
                ends.setdefault(entry.path, None if before is None else before.mtime)
            elif "mtime" in entry.times and before and entry.path not in ends:
                span = (before.mtime or 0, (after and after.mtime) or 0)
                spans.setdefault(entry.path, []).append(span)
        if record.above is not None and record.above[0] not in ends:
            path, begin, end = record.above
            spans.setdefault(path, []).append((begin, end))
    found = {}
    for path, known in spans.items():
        joined = all(one[1] == next_[0] for one, next_ in zip(known, known[1:]))
        last = known[-1][1]
        if joined and last in (0, ends[path] if path in ends else current.get(path)):
            found[path] = known[0][0]
    return found


def strangers(
    directory: str, names: Iterable[str], known: Mapping[str, object], made: Sequence[str]
) -> List[str]:
    """What is in a directory that the run made, and is neither the run's own work nor a cache."""
    found = []
    for name in names:
        path = f"{directory.rstrip('/')}/{name}"
        below = any(path == own or path.startswith(own.rstrip("/") + "/") for own in made)
        if path not in known and not below and name not in CACHES:
            found.append(path)
    return found


CACHES = ("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis")
"""What programs leave behind for themselves: nobody's work."""
