"""Paths put back as they were: what to do, in which order, whatever is there now."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import Any, Callable, Dict, List, Optional, Sequence

from ..protocol.content import Bytes, Content, digest
from ..protocol.spec import Failure
from ..world.node import Nanoseconds
from ..world.world import World
from .chains import Target, UndoStage
from .preflight import Preflight
from .records import State

SMALL = 1024 * 1024
"""Bytes up to which a file's earlier content is read before it is needed."""


def tried(failures: List[str], act: Callable[[], object]) -> None:
    """Go on with the rest when one thing cannot be put back; all of them are told in the end."""
    try:
        act()
    except Failure as error:
        failures.append(str(error))


@dataclass(frozen=True)
class Restoration:
    """One stage of it.  ``times``: what directories are given back; ``failures``: what could not be
    put back is added to them; ``force``: what others put into the run's directories goes too;
    ``excused``: what only a dry run finds there still."""

    view: Preflight
    stage: UndoStage
    times: Dict[str, int]
    failures: List[str]
    force: bool
    excused: Sequence[str]

    @property
    def world(self) -> World:
        return self.view.world

    def perform(self) -> None:
        """What must not be there goes, the innermost first; then all else comes, the outermost
        first; directories are closed again in the end."""
        targets = self.stage.targets
        inwards = sorted(targets, key=lambda path: path.count("/"))
        directories = [path for path in inwards if _is_directory(targets[path])]
        for path in inwards:
            tried(self.failures, partial(self._opened, path))
        for path in reversed(inwards):
            tried(self.failures, partial(self._cleared, path, targets[path]))
        for path in inwards:
            tried(self.failures, partial(self._brought, path, targets[path]))
        for path in reversed(directories):
            tried(self.failures, partial(self._attributed, path, targets[path]))

    def _opened(self, path: str) -> None:
        """A directory that is there can be worked in."""
        node = self.world.stat(path, follow=False)
        if os.geteuid() and node and node.kind == "directory" and node.mode & 0o700 != 0o700:
            self.world.attributes(path, mode=node.mode | 0o700, follow=False)

    def _cleared(self, path: str, target: Target) -> None:
        node = self.world.stat(path, follow=False)
        if node is None or self.world.real(os.path.dirname(path)) != os.path.dirname(path):
            return
        state = target.state
        replaced = target.whole and state is not None and node.kind != state.kind
        in_the_way = replaced and state is not None and "directory" in (node.kind, state.kind)
        if state is None or in_the_way:
            others = [] if self.force else self.view.strangers(path, self.excused)
            if others:
                raise Failure(f"{path} stays, because it holds what is not the run's: {others[0]}")
            self.world.remove(path, above=self._above(path), hidden=path in self.view.secret)

    def _brought(self, path: str, target: Target) -> None:
        state = target.state
        if state is None:
            return
        if not target.whole:
            if state.kind != "directory":
                self._attributed(path, target)
            return
        outer, above = os.path.dirname(path), self._above(path)
        if self.world.stat(outer) is None:
            self.world.mkdir(outer, parents=True)
        if self.world.real(outer) != outer:
            raise Failure(f"{path} is not put back: {outer} leads somewhere else now")
        owner, group = str(state.uid), str(state.gid)
        mtime = self._mtime(path, state)
        if state.kind == "directory":
            mode = state.mode | 0o700
            how: Dict[str, Any] = {"mode": mode, "owner": owner, "group": group, "above": above}
            if self.world.stat(path, follow=False) is None:
                self.world.mkdir(path, mtime=mtime, **how)
            if mtime is not None:
                self.times[path] = mtime
        elif state.kind == "link":
            self.world.link(path, state.target, mtime=mtime, above=above)
            self.world.attributes(path, owner=owner, group=group, follow=False)
        else:
            self.world.write(
                path,
                self._content(path, state),
                mode=state.mode,
                owner=owner,
                group=group,
                mtime=mtime,
                above=above,
                hidden=path in self.view.secret,
            )

    def _attributed(self, path: str, target: Target) -> None:
        """Owner, mode and, where that was changed, the time."""
        state = target.state
        if state is None:
            return
        self.world.attributes(
            path,
            mode=state.mode,
            owner=str(state.uid),
            group=str(state.gid),
            mtime=self._mtime(path, state) if target.timed else None,
            follow=False,
        )

    def _mtime(self, path: str, state: State) -> Optional[Nanoseconds]:
        """The path's own time, where we may set it; a directory's from before anything in it was
        changed."""
        if os.geteuid() not in (0, state.uid):
            return None
        directory = state.kind == "directory"
        time = self.times.get(path, state.mtime) if directory else state.mtime
        return None if time is None else Nanoseconds(time)

    def _above(self, path: str) -> Optional[Nanoseconds]:
        """The time that the directory is to have in the end."""
        time = self.times.get(os.path.dirname(path))
        return None if time is None else Nanoseconds(time)

    def _content(self, path: str, state: State) -> Bytes:
        """What the file held; little at once, much only when it is needed."""
        sha256 = state.sha256 or ""
        blob = self.view.blobs.get(sha256, "")

        def fetched() -> bytes:
            data = self.world.read(blob) if blob else None
            if data is None or digest(iter([data])) != sha256:
                raise Failure(f"what {path} held is no longer in the journal as it was: {blob}")
            return data

        return fetched() if state.size <= SMALL else Content(sha256, state.size, fetched)


def _is_directory(target: Target) -> bool:
    return target.state is not None and target.state.kind == "directory"
