"""A folder that a run changes with its journal, and what of it undo brings back."""

from __future__ import annotations

import builtins
import hashlib
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suture.agent.journal.journal import Journal, opened
from suture.agent.modules import undo
from suture.agent.protocol.result import Change
from suture.agent.world.changes import Deed
from suture.agent.world.dry import DryWorld
from suture.agent.world.world import World


@dataclass
class Place:
    """``root`` is what runs change, ``state`` where the journals are."""

    root: Path
    state: Path

    @contextmanager
    def run(self, name: str, environment: Mapping[str, str] = {}, **step: Any) -> Iterator[World]:
        """The world of one run's agent; in the end the agent is gone."""
        journals: list[Journal] = []

        def recorded(deeds: Sequence[Deed]) -> Any:
            if not journals:
                journals.append(opened(name, {"XDG_STATE_HOME": str(self.state)}))
            message = {"id": 1, "task": "a step", **step}
            return journals[0].recorded(deeds, message)

        world = World(recorder=recorded)
        self._begun(world)
        try:
            yield world
        finally:
            for journal in journals:
                os.close(journal._handle)

    def undone(
        self, run: str, by: str = "undo", **args: Any
    ) -> tuple[dict[str, Any], list[Change]]:
        """What undoing a run returns, and changes."""
        with self.run(by, module="undo", args={"run": run}) as world:
            data = undo.apply(undo.Args(run, **args), world)
            return data, world.take_changes()

    def previewed(self, run: str, **args: Any) -> list[Change]:
        """What a dry run says that undoing would change."""
        world = DryWorld()
        self._begun(world)
        undo.apply(undo.Args(run, **args), world)
        return world.take_changes()

    def _begun(self, world: World) -> None:
        world.begin("a step", {"XDG_STATE_HOME": str(self.state)})

    def walk(self, times: bool = True) -> dict[str, tuple[Any, ...]]:
        """Everything below the root: kind, mode, owner, content or target, time."""
        found: dict[str, tuple[Any, ...]] = {}
        if not os.access(self.root, os.F_OK):  # a directory above it lets nobody through
            return {".": ("closed",)}
        for path in [self.root, *sorted(self.root.rglob("*"))]:
            name = str(path.relative_to(self.root))
            try:
                told = os.lstat(path)
            except PermissionError:  # in a directory that even its owner may not enter
                found[name] = ("closed",)
                continue
            if path.is_symlink():
                held = str(path.readlink())
            elif path.is_file() and os.access(path, os.R_OK):
                held = hashlib.sha256(path.read_bytes()).hexdigest()
            else:
                held = ""
            time = (told.st_mtime_ns,) if times else ()
            found[name] = (oct(told.st_mode), told.st_uid, told.st_gid, held, *time)
        return found


KILLED = (
    *("open", "write", "fsync", "mkdir", "rmdir", "unlink", "remove", "rename", "replace", "link"),
    *("symlink", "chmod", "fchmod", "chown", "utime", "close", "setxattr"),
)
"""What of ``os`` leaves a trace on a disk."""


def killed_at(number: int, act: Callable[[], None]) -> bool:
    """Do this in a process of its own that is killed right before its ``number``-th act on a file;
    whether it was killed, and did not come to its end."""
    child = os.fork()
    if not child:
        try:
            _armed([number])
            act()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - shown, and the process ends
            traceback.print_exc()
        finally:
            os._exit(3)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _armed(left: list[int], noted: Callable[[str], None] = str) -> None:
    """From now on acts on files are counted down, and the last one is not done any more.  Each is
    noted beforehand.  What other threads do is not counted: it comes when it likes."""

    def tick(name: str) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        left[0] -= 1
        noted(name)
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def acted(*args: Any, **how: Any) -> Any:
            tick(name)
            return act(*args, **how)

        return acted

    for name in KILLED:
        setattr(os, name, counted(name, getattr(os, name)))

    really = builtins.open

    def unbuffered(file: Any, mode: str = "r", *args: Any, **how: Any) -> Any:
        """Each write is one act, and a large one is several."""
        opened = really(file, mode, *args, **how)
        return Piecemeal(opened, tick) if "b" in mode and mode != "rb" else opened

    builtins.open = unbuffered  # type: ignore[assignment]


class Piecemeal:
    """A file that can be left half written."""

    def __init__(self, file: Any, tick: Callable[[str], None]) -> None:
        self._file = file
        self._tick = tick

    def write(self, data: bytes) -> int:
        half = len(data) // 2
        for part in (data[:half], data[half:]):
            self._tick("half a write")
            self._file.write(part)
            self._file.flush()
        return len(data)

    def truncate(self, size: int | None = None) -> None:
        self._tick("truncate")
        self._file.truncate(size)

    def __enter__(self) -> Piecemeal:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
