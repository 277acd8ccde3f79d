"""One run: a worker makes events, this thread hands them on; Ctrl-C stops it in good order.

Once: what is under way on the hosts comes to its end.  Twice: it is ended there.  Three times: nobody
waits for that any more.
"""

from __future__ import annotations

import contextlib
import queue
import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from types import FrameType

from suture.errors import Interrupted, SutureError
from suture.events import (
    CHANGES,
    STATUSES,
    Event,
    RunFinished,
    RunStarted,
    RunStopping,
    StepFinished,
    StepStarted,
)
from suture.report.dispatch import Fan
from suture.suggestions import called

TICK = 0.5
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_name() -> str:
    """A run's id: its local time, and four digits that make it unique."""
    return f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


class RunLoop:
    """Takes events from whoever makes them, and hands them on while a run is under way."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._hosts: dict[str, dict[str, int]] = {}
        self._lock = threading.Lock()
        self._ended: Counter[tuple[str, str]] = Counter()
        self._stopping = threading.Event()
        self._ending = False
        self._halted = ""
        self._stop: Callable[[], None] = lambda: None
        self._at: dict[str, str] = {}
        """The step that each host is at, as far as was told."""

    def emit(self, event: Event) -> None:
        """Queue an event; from any thread."""
        if isinstance(event, StepFinished):
            with self._lock:
                self._ended[(event.status, event.module)] += 1
        self._events.put(event)

    def waiting(self) -> bool:
        """Whether there are events that nobody has been told of yet."""
        return not self._events.empty()

    def ended(self, status: str) -> Counter[str]:
        """How many steps of each module have ended so up to now, over all hosts, told already or
        not."""
        with self._lock:
            return Counter({name: n for (each, name), n in self._ended.items() if each == status})

    def cancelled(self) -> bool:
        """Whether the operator has stopped the run, or something else has."""
        return self._stopping.is_set() or bool(self._halted)

    def halt(self, why: str) -> None:
        """The run ends before its next act, as one that failed."""
        if not self._halted:
            self._halted = why
            threading.Thread(target=self._stop, name="halt", daemon=True).start()

    def run(
        self,
        fan: Fan,
        started: RunStarted,
        work: Callable[[], tuple[int, str]],
        stop: Callable[[], None],
        end: Callable[[], None] = lambda: None,
    ) -> int:
        """The exit code.  ``fan`` is what the events go to.  ``work`` is done in a thread of its
        own and gives code and message; ``stop`` makes it end early, ``end`` at once."""
        began = time.monotonic()
        ended: list[tuple[int, str]] = []
        trouble: list[BaseException] = []

        def worker() -> None:
            try:
                ended.append(work())
            except SutureError as error:
                ended.append((error.exit_code, str(error)))
            except BaseException as error:  # noqa: BLE001 - raised again in the main thread
                trouble.append(error)
            finally:
                self._events.put(None)

        self._stop = stop
        self._take(fan, started)
        target = self._events.put if self._halted else worker
        thread = threading.Thread(
            target=target, args=(None,) if self._halted else (), name="run", daemon=True
        )
        with self._stoppable(stop, end):
            thread.start()
            self._consume(fan)
        thread.join(5)
        fan.tick()  # what was held back is written, or the run is told that it cannot be
        code, message = ended[0] if ended else (1, "a bug in Suture ended the run")
        if self._halted:
            code, message = 1, self._halted
        if self._stopping.is_set():
            code, message = Interrupted.exit_code, self._interrupted(started, thread.is_alive())
        self._take(
            fan,
            RunFinished(
                run=started.run,
                exit_code=code,
                hosts=self._hosts,
                seconds=round(time.monotonic() - began, 2),
                message=message,
            ),
        )
        fan.close()
        if trouble and not self.cancelled():
            raise trouble[0]
        return code or int(bool(self._halted))

    @contextlib.contextmanager
    def _stoppable(self, stop: Callable[[], None], end: Callable[[], None]) -> Iterator[None]:
        """Ctrl-C, SIGTERM and SIGHUP stop the run in good order, whatever this thread is at; a second
        one ends what is under way, a third one does not wait for that.  Under nohup SIGHUP is
        ignored; SIGINT never is, though a shell starts what it puts behind it so."""

        def stopped(signum: int, _frame: FrameType | None) -> None:
            if self._ending:
                raise KeyboardInterrupt
            self._ending = self._stopping.is_set()
            self._stopping.set()
            act, at = (end if self._ending else stop), dict(self._at)
            self.emit(
                RunStopping(signal=signal.Signals(signum).name, ends=self._ending, under_way=at)
            )
            threading.Thread(target=act, name="stop", daemon=True).start()

        nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        heeded = [each for each in SIGNALS if not (nohup and each is signal.SIGHUP)]
        before = {number: signal.signal(number, stopped) for number in heeded}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _interrupted(self, started: RunStarted, alive: bool) -> str:
        """What the operator is told of a run that was stopped: how things stand, how to go on."""
        if alive:
            at = ", ".join(f"'{task}' on {host}" for host, task in self._at.items())
            said = f"; it was not waited for: {at}" if at else ""
            stands = f"nobody knows how what was under way ended{said}"
        elif self._ending:
            stands = "what was under way was ended in its middle: it may be half done"
        else:
            stands = "what was under way has come to its end, and nothing more was begun"
        if started.mode in CHANGES and any(found["changed"] for found in self._hosts.values()):
            stands += f"\n{called()} undo --run {started.run} takes back what it changed"
        return f"{stands}\ninterrupted"

    def _consume(self, fan: Fan) -> None:
        """Hand on events until the worker is through, or the operator does not want to wait."""
        while True:
            try:
                event = self._events.get(timeout=TICK)
            except queue.Empty:
                fan.tick()
                continue
            except KeyboardInterrupt:
                return
            if event is None:
                return
            self._take(fan, event)

    def _take(self, fan: Fan, event: Event) -> None:
        if isinstance(event, StepStarted):
            self._at[event.host] = event.task
        if isinstance(event, StepFinished):
            self._at.pop(event.host, None)
            counts = self._hosts.setdefault(event.host, dict.fromkeys(STATUSES, 0))
            counts[event.status] = counts.get(event.status, 0) + 1
        fan(event)
