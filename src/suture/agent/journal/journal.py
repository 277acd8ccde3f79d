"""What undoing takes, on the host's disk before each change is made.

    <state>/suture/journal/<run>/journal.jsonl    a line for each change, another when it is made
    <state>/suture/journal/<run>/blobs/<sha256>   what files held before

<state> is $XDG_STATE_HOME, else ~/.local/state, of the user that the agent runs as; without either,
/var/tmp/suture-<uid>/journal holds the runs.  Directories are open to that user alone.  A process
that is killed between any two system calls leaves either no line and no change, or a line from
which the change, whole or half made, can be put back.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import stat as st
from datetime import datetime, timezone
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..protocol.content import Bytes, content_of
from ..protocol.result import Change
from ..protocol.spec import Failure
from ..world import node as nodes
from ..world.changes import Deed, Prediction, Reversal
from ..world.node import Node
from .blobs import Blobs
from .storage import FILE, places, superfluous

State = Dict[str, Any]
"""What stood or will stand at a path: kind, mode, uid, gid, and what else is known: target, sha256
and size, "kept" (whether the journal holds the content), mtime and atime in nanoseconds."""


def opened(run: str, environ: Mapping[str, str]) -> Journal:
    """The run's journal in the first place that can hold it; older ones make room."""
    if not re.fullmatch(r"\w[\w.-]*", run):
        raise Failure(f"'{run}' cannot name a run")
    trouble = ""
    for directory in places(environ):
        try:
            journal = Journal(directory, run)
        except OSError as error:
            trouble = trouble or f"{error.filename or directory}: {error.strerror}"
            continue
        for name in list(superfluous(directory)):
            if name != run:
                shutil.rmtree(os.path.join(directory, name), ignore_errors=True)
        return journal
    raise Failure(
        "nothing was changed, because there is nowhere to note how it could be undone"
        f" ({trouble}); give this user a home directory that it may write to"
    )


class Journal:
    """One agent's part of a run's journal; other agents of the same user may write theirs beside
    it.  ``directory`` holds the journals of all runs."""

    def __init__(self, directory: str, run: str) -> None:
        self.path = os.path.join(directory, run)
        os.makedirs(os.path.dirname(directory), exist_ok=True)
        for path in (os.path.dirname(directory), directory, self.path):
            _private(path)
        name = os.path.join(self.path, FILE)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        self._handle = os.open(name, flags, 0o600)
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(self._handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        _synced(self.path)
        self._blobs = Blobs(os.path.join(self.path, "blobs"))
        self._by = os.urandom(4).hex()
        self._number = 0
        self._answered = 0
        self._unsettled = False

    @contextlib.contextmanager
    def recorded(
        self, deeds: Sequence[Deed], step: Mapping[str, Any]
    ) -> Iterator[Callable[[], None]]:
        """The changes are noted before any is made, and afterwards those that were made.  What takes
        something away waits until the disk has that; for the rest ``settle`` is soon enough.

        ``step`` is the controller's message: its id, task, module and args, and where given its
        phase, "undo_with" (commands that undo it) and whether it is "secret".
        """
        try:
            lines = [self._line(deed, step) for deed in deeds]
            lasts = {line["above"][0]: line["n"] for line in lines if "above" in line}
            for line in lines:  # a directory's time: before all of them, and after its last one
                if "above" in line and line["n"] != lasts[line["above"][0]]:
                    del line["above"]
            self._append(lines)
            self._unsettled = not any(map(_takes_away, lines))
            if not self._unsettled:
                os.fsync(self._handle)
        except OSError as error:
            raise Failure(
                f"{deeds[0].change.target} was not changed, because what undoing it takes could not"
                f" be noted in {self.path}: {error.strerror}"
            ) from None
        ends: List[Dict[str, Any]] = []

        def made() -> None:
            line = lines[len(ends)]
            ends.append({"by": self._by, "n": line["n"], "done": True})
            if "above" in line:
                ends[-1]["above"] = _mtime(line["above"][0])

        try:
            yield made
        finally:
            with contextlib.suppress(OSError):  # then they count as half made, and are put back too
                self._append(ends)

    def settle(self) -> None:
        """What is noted is on the disk."""
        if self._unsettled:
            self._unsettled = False
            os.fsync(self._handle)

    def _line(self, deed: Deed, step: Mapping[str, Any]) -> Dict[str, Any]:
        self._number += 1
        change, predictions, reversal = deed.change, deed.predictions, deed.reversal
        secret = bool(step.get("secret")) or reversal.hidden
        line: Dict[str, Any] = {
            "by": self._by,
            "n": self._number,
            "at": datetime.now(timezone.utc).isoformat(timespec="microseconds"),
            "step": step.get("task", ""),
            "phase": step.get("phase", 0),
            "action": change.action,
            "target": "(hidden)" if secret and not predictions else change.target,
        }
        if secret:
            line["secret"] = True
        if reversal.reverts:
            line["reverts"] = reversal.reverts
        if step.get("module") == "undo":
            line["undoes"] = step["args"]["run"]
        if predictions:
            self._blobs.begin()
            line["entries"] = [
                entry for each in predictions for entry in self._entries(change, each)
            ]
            if change.action != "attributes":
                above = os.path.dirname(line["entries"][0]["path"])
                line["above"] = [above, _mtime(above)]
            if reversal.temporary:
                line["temporary"] = _physical(reversal.temporary)
        else:
            line.update(self._command(change, reversal, step))
        return line

    # -- commands ------------------------------------------------------------------------------

    def _command(
        self, change: Change, reversal: Reversal, step: Mapping[str, Any]
    ) -> Dict[str, Any]:
        """What a command's line holds: how to undo it, None where nobody knows."""
        undo = reversal.undo
        if undo is None and step.get("undo_with"):
            first = self._answered != step["id"]
            self._answered = step["id"]
            undo = step["undo_with"] if first else []
        made: Dict[str, Any] = {"undo": None if undo is None else [list(argv) for argv in undo]}
        if reversal.command and not step.get("secret"):
            made["command"] = list(reversal.command)
        told = {"makes": reversal.makes, "touches": reversal.touches if undo else ()}
        for name, paths in told.items():
            if paths:
                made[name] = [_physical(os.path.abspath(path)) for path in paths]
        if undo and reversal.late:
            made["late"] = True
        if undo:
            made["cwd"] = reversal.cwd
            made["environment"] = dict(reversal.environment)
        if "rows" in change.detail and not step.get("secret"):
            made["rows"] = change.detail["rows"]
        return made

    # -- files -----------------------------------------------------------------------------------

    def _entries(self, change: Change, prediction: Prediction) -> Iterator[Dict[str, Any]]:
        """What is at a path and, where that is going away, at all paths below it."""
        path, node, content = _physical(prediction[0]), prediction[1], prediction[2]
        found = _looked(path)
        if change.action == "attributes" and found is not None and node is not None:
            entry = {"path": path, "before": _state(path, found), "after": _predicted(node, None)}
            times = [name for name in ("mtime", "atime") if name in change.detail]
            if times:
                entry["times"] = times
            yield entry
            return
        movable = node is None or (node.kind == "file" and nodes.may_give(node))
        before = None if found is None else self._kept(path, found, movable, node is None)
        yield {"path": path, "before": before, "after": node and _predicted(node, content)}
        if found is not None and st.S_ISDIR(found.st_mode):
            for below, inside in _below(path):
                before = self._kept(below, inside, movable=True, at_once=True)
                yield {"path": below, "before": before, "after": None}

    def _kept(self, path: str, found: os.stat_result, movable: bool, at_once: bool) -> State:
        """What is there, with its content in the journal where that is possible."""
        state = _state(path, found)
        if state["kind"] == "file":
            sha256, kept = self._blobs.keep(path, found, movable, at_once)
            state.update(sha256=sha256, size=found.st_size, inode=found.st_ino)
            if not kept:
                state["kept"] = False
        return state

    def _append(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """The lines, after the end of whatever a killed writer left half written."""
        text = "".join("\n" + json.dumps(line, separators=(",", ":")) for line in lines)
        data = memoryview(text.encode())
        while data:
            data = data[os.write(self._handle, data) :]


def _takes_away(line: Mapping[str, Any]) -> bool:
    """Whether anything is lost that was there: a command may do that too."""
    return any(entry["before"] for entry in line.get("entries", [{"before": True}]))


def _private(path: str) -> None:
    """A directory of ours that nobody else may enter is at the path."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
    found = os.lstat(path)
    if not st.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionError(1, "it belongs to somebody else", path)
    if found.st_mode & 0o077 or found.st_mode & 0o700 != 0o700:
        os.chmod(path, 0o700)


def _synced(directory: str) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _physical(path: str) -> str:
    """The path with the links above it resolved: its one name, however it was reached."""
    above, name = os.path.split(path)
    return os.path.join(os.path.realpath(above), name)


def _looked(path: str) -> Optional[os.stat_result]:
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None


def _mtime(directory: str) -> int:
    try:
        return os.lstat(directory).st_mtime_ns
    except OSError:
        return 0


def _below(directory: str) -> Iterator[Tuple[str, os.stat_result]]:
    """Everything below a directory, each directory before what it holds."""
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return  # not ours to look into: then it cannot be removed either
    for name in names:
        path = os.path.join(directory, name)
        found = _looked(path)
        if found is None:
            continue
        yield path, found
        if st.S_ISDIR(found.st_mode):
            yield from _below(path)


def _state(path: str, found: os.stat_result) -> State:
    kind = nodes.KINDS.get(st.S_IFMT(found.st_mode), "other")
    state: State = {
        "kind": kind,
        "mode": st.S_IMODE(found.st_mode),
        "uid": found.st_uid,
        "gid": found.st_gid,
        "mtime": found.st_mtime_ns,
        "atime": found.st_atime_ns,
    }
    if kind == "link":
        state["target"] = os.readlink(path)
    return state


def _predicted(node: Node, content: Optional[Bytes]) -> State:
    state: State = {"kind": node.kind, "mode": node.mode, "uid": node.uid, "gid": node.gid}
    if node.kind == "link":
        state["target"] = node.target
    if content is not None:
        known = content_of(content) if isinstance(content, bytes) else content
        state.update(sha256=known.sha256, size=known.size)
    if node.mtime_ns is not None:
        state["mtime"] = node.mtime_ns
    if node.atime_ns is not None:
        state["atime"] = node.atime_ns
    return state
