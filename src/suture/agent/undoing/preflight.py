"""What undoing a run's changes would meet: whether all is as the run left it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Dict, FrozenSet, Iterator, List, Mapping, Optional, Sequence, Set

from ..protocol.spec import Failure
from ..world.world import World
from .chains import Move, chains, directory_times, gaps, left_by, position, strangers
from .records import Aftermath, Record, State, changed_between

NAMED = 8
"""Paths that a failure's sentence names; its data has all of them."""


@dataclass(frozen=True)
class Preflight:
    """The chosen changes, and what is there now.  Paths that are ``assumed`` are taken to be as the
    run left them.  ``journals`` are the directories of every run's."""

    world: World
    chosen: Sequence[Record]
    run: str
    assumed: FrozenSet[str]
    since: Aftermath
    journals: Mapping[str, Sequence[str]]
    chains: Dict[str, List[Move]] = field(init=False)
    blobs: Dict[str, str] = field(init=False)
    secret: Set[str] = field(init=False)
    attempts: Dict[str, List[Move]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "chains", chains(self.chosen))
        object.__setattr__(self, "attempts", chains(self.since.attempts))
        moves = [move for moves in self.chains.values() for move in moves]
        blobs = {
            move.before.sha256: os.path.join(move.record.directory, "blobs", move.before.sha256)
            for move in moves
            if move.before is not None and move.before.sha256
        }
        object.__setattr__(self, "blobs", blobs)
        secret = {move.entry.path for move in moves if move.record.secret}
        object.__setattr__(self, "secret", secret)

    def positions(self, force: bool) -> Dict[str, int]:
        """How many of each path's moves are to be undone; refused where others have been there."""
        found: Dict[str, int] = {}
        changed: List[str] = []
        for path, moves in self.chains.items():
            place = self._position(path, moves)
            if place is None:
                changed.append(path)
            found[path] = len(moves) if place is None else place
        if not force:
            self._refuse_others(found)
        for path, place in found.items():
            changed += self._strangers(path, self.chains[path], place)
        if changed and not force:
            names = sorted(changed)
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            raise Failure(
                f"nothing was undone, because this is not what run {self.run} left:"
                f" {', '.join(names[:NAMED])}{more}; put that right by hand, or give --force to go"
                " back all the same",
                refused=True,
                changed_since=names,
            )
        return found

    def _refuse_others(self, positions: Mapping[str, int]) -> None:
        """Another run's change that lies between two of this one's would be lost: Failure."""
        for path, place in positions.items():
            for times in gaps(self.chains[path][:place]):
                other = changed_between(path, times, self.run, self.journals, self.world)
                if other:
                    raise Failure(
                        f"nothing was undone, because run {other} has changed {path} between two"
                        f" changes of run {self.run}, and that would be lost; put it right by hand,"
                        " or give --force to go back all the same",
                        refused=True,
                        changed_since=[path],
                    )

    def _position(self, path: str, moves: Sequence[Move]) -> Optional[int]:
        if path in self.assumed:
            return len(moves)
        speaking = any(
            state is not None and state.sha256 is not None
            for move in moves
            for state in (move.before, move.after)
        )
        above = self._above(path)
        try:
            if self.world.real(os.path.dirname(path)) == os.path.dirname(path):
                current = current_state(path, speaking, self.world)
            elif above:
                current = None  # the run itself has put a link there
            else:
                return None
        except Failure:
            # A directory above it was closed by the run itself: it is opened again first.
            return len(moves) if any(move.attributes for move in above) else None
        place = position(moves, current)
        if place is None and left_by(self.attempts.get(path, ()), current):
            place = len(moves)
        return place

    def _above(self, path: str) -> List[Move]:
        """What the run did to the directories above a path."""
        found: List[Move] = []
        while path != "/":
            path = os.path.dirname(path)
            found += self.chains.get(path, ())
        return found

    def _strangers(self, path: str, moves: Sequence[Move], place: int) -> List[str]:
        """What of others' would go with a directory that the run made.  Where commands are undone
        first, that is looked at again."""
        first = moves[0].before
        if not place or path in self.assumed or (first and first.kind == "directory"):
            return []
        touched = [own for record in self.chosen if record.undo for own in record.touches]
        return self.strangers(path, touched)

    def strangers(self, path: str, touched: Sequence[str] = ()) -> List[str]:
        """What is in a directory, if it is one, that the run has not brought there."""
        node = self.world.stat(path, follow=False)
        if node is None or node.kind != "directory" or self.world.real(path) != path:
            return []
        made = [own for record in self.chosen for own in record.makes]
        try:
            names = self.world.names(path)
        except Failure:
            return []  # closed by the run itself: nobody else can have got in
        return strangers(path, names, self.chains, [*self.since.leftovers, *made, *touched])

    def lost(self, positions: Mapping[str, int]) -> Iterator[str]:
        """Paths whose earlier content is not in the journal: too large, or not ours to read."""
        for path, moves in self.chains.items():
            before = moves[0].before
            if not positions[path] or before is None or all(move.attributes for move in moves):
                continue
            if before.kind == "other" or (before.kind == "file" and not self._kept(before)):
                yield path

    def _kept(self, state: State) -> bool:
        return bool(state.sha256) and self.world.stat(self.blobs[state.sha256 or ""]) is not None

    def times(self, positions: Mapping[str, int]) -> Dict[str, int]:
        """The times that the directories had in which something is to be put back."""
        current: Dict[str, Optional[int]] = {}
        for path in {os.path.dirname(path) for path, place in positions.items() if place}:
            try:
                node = self.world.stat(path)
            except Failure:
                continue
            current[path] = None if node is None else node.mtime_ns
        found = directory_times(self.chosen, current)
        return {path: time for path, time in found.items() if path in current}


def current_state(path: str, speaking: bool, world: World) -> Optional[State]:
    """What stands at the path itself; its content where that is spoken of."""
    node = world.stat(path, follow=False)
    if node is None:
        return None
    sha256: Optional[str] = None
    if speaking and node.kind == "file":
        try:
            sha256 = world.digest(path) or ""
        except Failure:
            sha256 = ""
    return State(
        node.kind,
        node.mode,
        node.uid,
        node.gid,
        node.target,
        sha256,
        node.size,
        node.mtime_ns,
        node.atime_ns,
        node.inode,
    )
