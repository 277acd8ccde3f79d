"""The agent's loop: take steps in order, perform each, report each."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
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

from .connection.ending import HALF_DONE, Ended, Ending
from .connection.incoming import LEASE, Incoming
from .connection.outbox import Outbox
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
    name = str(hello.get("returns", ""))
    outbox = Outbox(out, bool(name))
    incoming: List[Incoming] = []

    def alone() -> bool:
        """Whether nothing is under way, and nobody is there who would send more."""
        return bool(incoming) and incoming[0].away.is_set() and not incoming[0].working

    lock = _lock(hello["lock"], stream, outbox, alone) if "lock" in hello else None
    ready = {
        "event": "ready",
        "python": "%d.%d.%d" % sys.version_info[:3],
        "executable": sys.executable,
        "pid": os.getpid(),
        "uid": os.geteuid(),
        "notes": staged.notes if staged else [],
    }
    returning = importlib.import_module(".connection.returning", __package__) if name else None
    if returning:
        ready["boot"] = returning.boot()
    outbox.put(ready)
    store = Store(outbox.put)
    run = "" if staged else str(hello.get("journal", ""))
    ending = Ending(lambda: outbox.writing)
    real = staged.world if staged else World
    steps = Steps(outbox.put, store, bool(hello["dry"]), run, real, ending)
    outbox.first = steps.settle
    if staged:
        staged.guard(outbox.put, outbox.flush)
    lease = float(hello.get("lease", LEASE))
    taking = Incoming(
        store,
        outbox.flush,
        staged.end if staged else lambda: None,
        ending,
        lease,
        outbox.put,
        outbox.acknowledged,
        returns=bool(name),
        goes_on=bool(hello.get("goes_on")),
    )
    incoming.append(taking)
    taking.listen(stream)
    if returning:
        returning.awaited(name, taking, outbox)
    for message in taking.steps():
        if message["op"] == "source":
            add(message["sources"])
        elif message["op"] == "upper" and staged:
            outbox.put(staged.report_frame())
        else:
            steps.take(message)
    if name:
        outbox.put({"event": "bye"})
    outbox.flush()
    if name:
        outbox.everything_acknowledged(lease)
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
        if result.status is Status.FAILED and epochs and message.get("fails_epoch", True):
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
            self._send({"event": "answer", "looks": world.looks.as_data()})
        elif op == "foresight":
            self._send({"event": "answer", "foresight": predictions.as_data(world)})
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
        dry, job = bool(message.get("dry", self._dry)), message.get("async")
        if job and not dry:
            return self._job(message, job)
        world, self._step = self._world(dry), message
        if dry:
            self._pretending().looks.begin(message["id"], message["module"])
        world.begin(message["task"], message.get("env") or {}, message.get("timeout"))
        try:
            with self._endable(), limited(message.get("timeout")):
                result = perform(message["module"], self._store.decoded(message["args"]), world)
        except OutOfTime as error:
            result = Result(Status.FAILED, world.take_changes(), message=str(error))
        if job:
            code = importlib.import_module(".world.job", __package__)
            result = code.foretold(result, message["task"], job["waits"])
        return _as_told(result, message)

    def _job(self, message: Message, asked: Mapping[str, Any]) -> Result:
        """The step in a process of its own, for so many "seconds" at the most; "waits": until it is
        over.  An agent that goes because nobody is there any more leaves it going on."""
        code = importlib.import_module(".world.job", __package__)
        environment = message.get("env") or {}
        recorder = self._recorded if self._run else None
        world = self._real(recorder=recorder)

        def work() -> Result:
            self._journal, self._step = None, message  # a journal of the job's own
            world.begin(message["task"], environment)
            result = perform(message["module"], args, world)
            self.settle()
            return _as_told(result, message)

        job = None
        try:
            args = code.held(self._store.decoded(message["args"]))
            where = code.directory(environment)
            job = code.begun(work, world.take_changes, asked["seconds"], where)
            if not asked["waits"]:
                return _as_told(code.left(job), message)
            with self._endable(), limited(message.get("timeout")):
                result: Result = code.waited(job)
                return result
        except Failure as error:
            return Result(Status.FAILED, data=error.data, message=str(error))
        except OutOfTime as error:
            if job is not None and not (isinstance(error, Ended) and str(error) != HALF_DONE):
                code.end(job)
            return Result(Status.FAILED, message=str(error))

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


def _as_told(result: Result, message: Message) -> Result:
    """The step's result; no change where its task says that it never is one."""
    if message.get("unchanged") and result.status is Status.CHANGED:
        return Result(**{**vars(result), "status": Status.OK})
    return result


def place(module: str) -> str:
    """Where a step's code is: a module's by its name alone, any other in a folder of its own."""
    return module if "." in module else f"modules.{module}"


def _trace() -> str:
    """Where the exception that is being handled came from."""
    import traceback

    return traceback.format_exc()


def _lock(
    asked: Dict[str, Any], stream: BinaryIO, outbox: Outbox, alone: Callable[[], bool]
) -> Any:
    """What holds the run's lock.  Where another run keeps it, that is told and this agent ends."""
    code = importlib.import_module(".locks.lock", __package__)
    holder = code.Holder(path=code.place(asked["paths"]), **asked["holder"])

    def tell(event: str, other: Any) -> None:
        outbox.put({"event": event, "holder": other.as_data()})

    try:
        gone = code.hung_up(stream.fileno())
        over = str(asked.get("over", ""))
        return code.claimed(
            holder, asked["wait"], gone, lambda other: tell("waiting", other), alone, over
        )
    except code.Held as held:
        tell("held", held.holder)
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
