"""The agent's loop: take steps in order, perform each, report each."""

from __future__ import annotations

import importlib
import os
import platform
import queue
import sys
import threading
import time
import traceback
from typing import Any, BinaryIO, Callable, Dict, Iterator, List, Mapping, Set

from . import wire
from .dry import DryWorld
from .result import Result, Status
from .spec import Failure, Unpredictable
from .store import Store
from .wire import Blob, Message
from .world import World

FLUSH = 0.01
"""Seconds after which a result leaves the host at the latest; results that come faster share a packet."""


class Outbox:
    """Frames to the controller, from any thread; a controller that is gone is no error here."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._dirty = threading.Event()
        threading.Thread(target=self._flusher, daemon=True).start()

    def put(self, message: Message) -> None:
        data = wire.frame(message)
        with self._lock:
            self._act(lambda: self._out.write(data))
        self._dirty.set()

    def flush(self) -> None:
        with self._lock:
            self._act(self._out.flush)

    def _flusher(self) -> None:
        while True:
            self._dirty.wait()
            self._dirty.clear()
            self.flush()
            time.sleep(FLUSH)

    def _act(self, act: Callable[[], Any]) -> None:
        try:
            act()
        except (BrokenPipeError, ValueError):
            # Nobody listens any more; the step in progress still comes to its end.
            self._out = open(os.devnull, "wb")  # noqa: SIM115


def main(stream: BinaryIO, sources: Dict[str, str]) -> None:
    """Serve the controller on ``stream`` until it says bye or hangs up.

    ``sources`` is what can be imported; "source" frames add modules to it later.
    """
    out = _claimed_stdout()
    hello = wire.read_frame(stream)
    if hello is None or isinstance(hello, Blob):
        return
    out.write(wire.MARK)
    outbox = Outbox(out)
    outbox.put(
        {
            "event": "ready",
            "python": platform.python_version(),
            "executable": sys.executable,
            "pid": os.getpid(),
            "uid": os.geteuid(),
        }
    )
    store = Store(outbox.put)
    steps = Steps(outbox.put, store, dry=bool(hello["dry"]))
    for message in incoming(stream, store, outbox.flush):
        if message["op"] == "source":
            sources.update(message["sources"])
        else:
            steps.take(message)
    outbox.flush()


class Steps:
    """What the agent remembers from step to step: the worlds, what changed, what failed."""

    def __init__(self, send: Callable[[Message], None], store: Store, dry: bool) -> None:
        self._send = send
        self._store = store
        self._current = 0
        self._dry = dry
        self._worlds: Dict[bool, World] = {}
        self._statuses: Dict[int, Status] = {}
        self._failed: Set[int] = set()
        self._held: Dict[int, List[int]] = {}

    def take(self, message: Message) -> None:
        """Perform a step, or close a loop: "seal" fails the epochs if one of its steps failed."""
        if message["op"] == "seal":
            if any(self._statuses.get(number) is Status.FAILED for number in message["members"]):
                self._failed.add(message["epochs"][-1])
            return
        number = self._current = message["id"]
        epochs = message["epochs"]
        if any(epoch in self._failed for epoch in epochs):
            result = Result(Status.DROPPED, message="an earlier step failed")
        elif not self._notified(message):
            result = Result(Status.DROPPED, message="nothing it waits for has changed")
        else:
            result = self._performed(message)
        self._statuses[number] = result.status
        if result.status is Status.FAILED and epochs and not message.get("lenient"):
            self._failed.add(epochs[-1])
        self._send({"event": "result", "id": number, **result.to_wire()})

    def _performed(self, message: Message) -> Result:
        dry = message.get("dry", self._dry)
        if dry not in self._worlds:
            kind = DryWorld if dry else World
            self._worlds[dry] = kind(emit=self._say, report=self._report)
        world = self._worlds[dry]
        world.begin(message["task"], message.get("env") or {}, message.get("timeout"))
        result = perform(message["module"], self._store.decoded(message["args"]), world)
        if message.get("unchanged") and result.status is Status.CHANGED:
            return Result(**{**vars(result), "status": Status.OK})
        return result

    def _say(self, line: str) -> None:
        self._send({"event": "output", "id": self._current, "text": line})

    def _report(self, kind: str, data: Dict[str, Any]) -> None:
        self._send({"event": "report", "id": self._current, "kind": kind, "data": data})

    def _notified(self, message: Message) -> bool:
        """A handler runs only when one of the steps it listens to has changed something."""
        after = message.get("after")
        return after is None or any(self._statuses.get(n) is Status.CHANGED for n in after)


def perform(module: str, args: Mapping[str, Any], world: World) -> Result:
    """Run one step's module; whatever it raises becomes a failed or unknown result."""
    began = time.perf_counter()
    data: Dict[str, Any] = {}
    status, message, trace, unpredicted = Status.OK, "", "", ""
    try:
        code = importlib.import_module(f".modules.{module}", __package__)
        data = code.apply(code.Args(**args), world) or {}
        unpredicted = world.unpredicted()
    except Failure as error:
        status, data, message = Status.FAILED, error.data, str(error)
    except Unpredictable as error:
        status, message, unpredicted = Status.UNKNOWN, str(error), error.cause
    except ValueError as error:
        status, message, trace = Status.FAILED, str(error), traceback.format_exc()
    except Exception as error:
        status, message, trace = Status.FAILED, repr(error), traceback.format_exc()
    changes = world.take_changes()
    if changes and status is Status.OK:
        status = Status.CHANGED
    seconds = round(time.perf_counter() - began, 6)
    return Result(status, changes, data, message, trace, seconds, unpredicted)


def incoming(stream: BinaryIO, store: Store, idle: Callable[[], None]) -> Iterator[Message]:
    """Steps as they arrive.  A hang-up cancels what is queued; only "bye" drains it.

    ``idle`` is called before every wait.
    """
    frames: queue.SimpleQueue[Message] = queue.SimpleQueue()
    hung_up = threading.Event()

    def read() -> None:
        while True:
            frame = wire.read_frame(stream)
            if isinstance(frame, Blob):
                store.put(frame)
                continue
            if frame is None:
                hung_up.set()
                store.close()
                frame = {"op": "bye"}
            frames.put(frame)
            if frame["op"] == "bye":
                return

    threading.Thread(target=read, daemon=True).start()
    while True:
        if frames.empty():
            idle()
        frame = frames.get()
        if frame["op"] == "bye" or hung_up.is_set():
            return
        yield frame


def _claimed_stdout() -> BinaryIO:
    """Keep the protocol to ourselves: prints and child processes get stderr and /dev/null."""
    out = os.fdopen(os.dup(1), "wb", 65536)
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    return out
