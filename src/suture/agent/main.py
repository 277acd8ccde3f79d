"""The agent's loop: take steps in order, perform each, report each."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
import time
from typing import (
    TYPE_CHECKING,
    Any,
    BinaryIO,
    Callable,
    ContextManager,
    Dict,
    List,
    Mapping,
    Optional,
    Sequence,
    Set,
)

from .ending import Ending
from .incoming import LEASE, incoming
from .protocol import wire
from .protocol.result import Result, Status
from .protocol.spec import Failure, Unpredictable
from .protocol.store import Store
from .protocol.time_limit import OutOfTime, limited
from .protocol.wire import Blob, Message
from .world.changes import Deed
from .world.world import World

if TYPE_CHECKING:
    from .journal.journal import Journal
    from .world.dry import DryWorld

LINE = 128 * 1024
"""Characters of a line of output that are shown; what is longer is cut."""

SHOWN = 256 * 1024
"""Characters of a step's lines that are shown as they come; of what follows, some lines a second."""

THINNED = 0.1
"""Seconds from one of those lines to the next."""

BEAT = 5.0
"""Seconds of silence after which the controller is told that there still is an agent."""

FLUSH = 0.01
"""Seconds after which a result leaves the host at the latest; results that come faster share a
packet."""


class Outbox:
    """Frames to the controller, from any thread; a controller that is gone is no error here.
    ``first`` is called before each flush."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.first: Callable[[], None] = lambda: None
        self.writing = False
        """Whether a frame is being written by the main thread, which must not be torn from it."""
        self._lock = threading.Lock()
        self._dirty = threading.Event()
        threading.Thread(target=self._flusher, daemon=True).start()

    def put(self, message: Message) -> None:
        data = wire.answer(message)
        performs = threading.current_thread() is threading.main_thread()
        self.writing = self.writing or performs
        with self._lock:
            self._act(lambda: self._out.write(data))
        if performs:
            self.writing = False
        self._dirty.set()

    def flush(self) -> None:
        with self._lock:
            self.first()
            self._act(self._out.flush)

    def _flusher(self) -> None:
        while True:
            if not self._dirty.wait(BEAT):
                self.put({"event": "alive"})
            self._dirty.clear()
            self.flush()
            time.sleep(FLUSH)

    def _act(self, act: Callable[[], Any]) -> None:
        try:
            act()
        except (BrokenPipeError, ValueError):
            # Nobody listens any more; the step in progress still comes to its end.
            self._out = open(os.devnull, "wb")  # noqa: SIM115


def main(stream: BinaryIO, add: Callable[[Dict[str, str]], None]) -> None:
    """Serve the controller on ``stream`` until it says bye or hangs up.

    ``add`` makes more sources importable: "source" frames bring them.
    """
    out = _claimed_stdout()
    hello = wire.read_frame(stream)
    if hello is None or isinstance(hello, Blob):
        return
    staged = _rehearsal(hello["rehearse"], out) if "rehearse" in hello else None
    out.write(wire.MARK)
    outbox = Outbox(out)
    lock = _lock(hello["lock"], stream, outbox) if "lock" in hello else None
    outbox.put(
        {
            "event": "ready",
            "python": "%d.%d.%d" % sys.version_info[:3],
            "executable": sys.executable,
            "pid": os.getpid(),
            "uid": os.geteuid(),
            "notes": staged.notes if staged else [],
        }
    )
    store = Store(outbox.put)
    run = "" if staged else str(hello.get("journal", ""))
    ending = Ending(lambda: outbox.writing)
    real = staged.world if staged else World
    steps = Steps(outbox.put, store, bool(hello["dry"]), run, real, ending)
    outbox.first = steps.settle
    if staged:
        staged.guard(outbox.put, outbox.flush)
    lost = staged.end if staged else lambda: None
    lease = float(hello.get("lease", LEASE))
    for message in incoming(stream, store, outbox.flush, lost, ending, lease):
        if message["op"] == "source":
            add(message["sources"])
        elif message["op"] == "upper" and staged:
            outbox.put(staged.report_frame())
        else:
            steps.take(message)
    outbox.flush()
    del lock  # held until here; the end of this process would take it back, too


class Steps:
    """What the agent remembers from step to step: the worlds, what changed, what failed.

    ``run`` names the run in whose journal changes are noted; without it they are not.  ``real``
    makes the world of steps that are not dry.
    """

    def __init__(
        self,
        send: Callable[[Message], None],
        store: Store,
        dry: bool,
        run: str = "",
        real: Callable[..., World] = World,
        ending: Optional[Ending] = None,
    ) -> None:
        self._endable = ending.endable if ending else contextlib.nullcontext
        self._send = send
        self._store = store
        self._current = 0
        self._step: Message = {}
        self._dry = dry
        self._run = run
        self._real = real
        self._journal: Optional[Journal] = None
        self._worlds: Dict[bool, World] = {}
        self._statuses: Dict[int, Status] = {}
        self._failed: Set[int] = set()
        self._held: Dict[int, List[int]] = {}
        self._said = self._unsaid = 0
        self._shown = 0.0

    def take(self, message: Message) -> None:
        """Perform a step, or what else is asked of the agent between steps."""
        if message["op"] != "step":
            self._noted(message)
            return
        number = self._current = message["id"]
        epochs = message["epochs"]
        if any(epoch in self._failed for epoch in epochs):
            result = Result(Status.DROPPED, message="an earlier step failed")
        elif not self._notified(message):
            result = Result(Status.DROPPED, message="nothing it waits for has changed")
        else:
            result = self._performed(message)
        self._hushed()
        self._statuses[number] = result.status
        if result.status is Status.FAILED and epochs and not message.get("lenient"):
            self._failed.add(epochs[-1])
        self._send({"event": "result", "id": number, **result.to_wire()})

    def _noted(self, message: Message) -> None:
        """A loop's end ("seal": the epoch has failed if one of its steps has), or what a dry world
        is asked for: its "looks", its "foresight", or to take over ("foresee") another's."""
        op = message["op"]
        if op == "seal":
            if any(self._statuses.get(number) is Status.FAILED for number in message["members"]):
                self._failed.add(message["epochs"][-1])
            return
        from .world import predictions

        world = self._pretending()
        if op == "looks":
            self._send({"event": "answer", "looks": world.looks.told()})
        elif op == "foresight":
            self._send({"event": "answer", "foresight": predictions.told(world)})
        elif op == "foresee":
            world.foresee(predictions.taken(message["foresight"], self._store.content))

    def _world(self, dry: bool) -> World:
        if dry not in self._worlds:
            if dry:
                from .world.dry import DryWorld

                self._worlds[dry] = DryWorld(self._say, self._report)
            else:
                recorder = self._recorded if self._run else None
                self._worlds[dry] = self._real(self._say, self._report, recorder)
        return self._worlds[dry]

    def _pretending(self) -> DryWorld:
        """The dry world; its code is loaded where there is one, and not otherwise."""
        from .world.dry import DryWorld

        world = self._world(dry=True)
        assert isinstance(world, DryWorld)
        return world

    def _performed(self, message: Message) -> Result:
        dry = bool(message.get("dry", self._dry))
        world, self._step = self._world(dry), message
        if dry:
            self._pretending().looks.begin(message["id"], message["module"])
        world.begin(message["task"], message.get("env") or {}, message.get("timeout"))
        try:
            with self._endable(), limited(message.get("timeout")):
                result = perform(message["module"], self._store.decoded(message["args"]), world)
        except OutOfTime as error:
            result = Result(Status.FAILED, world.take_changes(), message=str(error))
        if message.get("unchanged") and result.status is Status.CHANGED:
            return Result(**{**vars(result), "status": Status.OK})
        return result

    def _recorded(self, deeds: Sequence[Deed]) -> ContextManager[Callable[[], None]]:
        """The journal is opened for the first change: a run that makes none leaves no trace."""
        if self._journal is None:
            from .journal.journal import opened

            self._journal = opened(self._run, os.environ)
        return self._journal.recorded(deeds, self._step)

    def settle(self) -> None:
        """What is told of the steps so far can be undone whatever happens: its journal is on the
        disk."""
        if self._journal is not None:
            with contextlib.suppress(OSError):  # a disk's trouble is met again by the next change
                self._journal.settle()

    def _say(self, line: str) -> None:
        self._said += len(line)
        if self._said > SHOWN:
            now = time.monotonic()
            if now - self._shown < THINNED:
                self._unsaid += 1
                return
            self._shown = now
        self._send({"event": "output", "id": self._current, "text": line[:LINE]})

    def _hushed(self) -> None:
        """What was not shown of the step's lines is told; the next step begins anew."""
        if self._unsaid:
            text = f"({self._unsaid} more lines were not shown)"
            self._send({"event": "output", "id": self._current, "text": text})
        self._said = self._unsaid = 0

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
        code = importlib.import_module("." + place(module), __package__)
        data = code.apply(code.Args(**args), world) or {}
        unpredicted = world.unpredicted()
    except Failure as error:
        status, data, message = Status.FAILED, error.data, str(error)
    except Unpredictable as error:
        status, message, unpredicted = Status.UNKNOWN, str(error), error.cause
    except ValueError as error:
        status, message, trace = Status.FAILED, str(error), _trace()
    except Exception as error:  # noqa: BLE001 - a bug fails its step, with its trace
        status, message, trace = Status.FAILED, repr(error), _trace()
    changes = world.take_changes()
    doubt = None if status is Status.UNKNOWN else world.doubt(changes, status is Status.FAILED)
    if doubt is not None and not trace:
        status, data, message, unpredicted = Status.UNKNOWN, {}, str(doubt), doubt.cause
        changes = []
    if changes and status is Status.OK:
        status = Status.CHANGED
    seconds = round(time.perf_counter() - began, 6)
    return Result(status, changes, data, message, trace, seconds, unpredicted)


def place(module: str) -> str:
    """Where a step's code is: a module's by its name alone, any other in a folder of its own."""
    return module if "." in module else f"modules.{module}"


def _trace() -> str:
    """Where the exception that is being handled came from."""
    import traceback

    return traceback.format_exc()


def _lock(asked: Dict[str, Any], stream: BinaryIO, outbox: Outbox) -> Any:
    """What holds the run's lock.  Where another run keeps it, that is told and this agent ends."""
    code = importlib.import_module(".locks.lock", __package__)
    holder = code.Holder(path=code.place(asked["paths"]), **asked["holder"])

    def told(event: str, other: Any) -> None:
        outbox.put({"event": event, "holder": other.told()})

    try:
        gone = code.hung_up(stream.fileno())
        return code.claimed(holder, asked["wait"], gone, lambda other: told("waiting", other))
    except code.Held as held:
        told("held", held.holder)
        outbox.flush()
        os._exit(3)


def _rehearsal(asked: Dict[str, Any], out: BinaryIO) -> Any:
    """A Rehearsal, entered.  Its code, and what that imports, is sent to nobody else, so it is not
    imported where whoever gathers the agent's source would see it."""
    try:
        code = importlib.import_module(".rehearsal.rehearsal", __package__)
    except ImportError as error:
        said = f"this Python is not whole ({error}): install all of python3"
        out.write(wire.MARK + wire.frame({"event": "refused", "reason": said}))
        out.flush()
        os._exit(3)
    return code.rehearsal(asked, out)


def _claimed_stdout() -> BinaryIO:
    """Keep the protocol to ourselves: prints and child processes get stderr and /dev/null."""
    out = os.fdopen(os.dup(1), "wb", 65536)
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    return out
