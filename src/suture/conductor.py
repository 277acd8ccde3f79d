"""One run: a worker makes events, this thread hands them on; Ctrl-C stops it in good order."""

from __future__ import annotations

import queue
import secrets
import threading
import time
from collections.abc import Callable
from datetime import datetime

from suture.errors import Interrupted, SutureError
from suture.events import STATUSES, Event, RunFinished, RunStarted, StepFinished
from suture.report.fan import Fan

TICK = 0.5


def run_name() -> str:
    """A run's id: its local time, and four digits that make it unique."""
    return f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


class Conductor:
    """Takes events from whoever makes them, and hands them on while a run is under way."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._hosts: dict[str, dict[str, int]] = {}
        self._stopping = threading.Event()

    def emit(self, event: Event) -> None:
        """Queue an event; from any thread."""
        self._events.put(event)

    def count(self, *statuses: str) -> int:
        """How many steps have ended so up to now, over all hosts."""
        return sum(counts[status] for counts in self._hosts.values() for status in statuses)

    def cancelled(self) -> bool:
        """Whether the operator has stopped the run."""
        return self._stopping.is_set()

    def run(
        self,
        fan: Fan,
        started: RunStarted,
        work: Callable[[], tuple[int, str]],
        stop: Callable[[], None],
    ) -> int:
        """The exit code.  ``fan`` is what the events go to.  ``work`` is done in a thread of its
        own and gives code and message; ``stop`` makes it end early."""
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

        self._take(fan, started)
        thread = threading.Thread(target=worker, name="run", daemon=True)
        thread.start()
        self._consume(fan, stop)
        thread.join(5)
        code, message = ended[0] if ended else (1, "a bug in Suture ended the run")
        if self._stopping.is_set():
            code, message = Interrupted.exit_code, "interrupted"
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
        if trouble and not self._stopping.is_set():
            raise trouble[0]
        return code

    def _consume(self, fan: Fan, stop: Callable[[], None]) -> None:
        """Hand on events until the worker is through."""
        while True:
            try:
                event = self._events.get(timeout=TICK)
            except queue.Empty:
                fan.tick()
                continue
            except KeyboardInterrupt:
                if self._stopping.is_set():
                    return
                self._stopping.set()
                stop()
                continue
            if event is None:
                return
            self._take(fan, event)

    def _take(self, fan: Fan, event: Event) -> None:
        if isinstance(event, StepFinished):
            counts = self._hosts.setdefault(event.host, dict.fromkeys(STATUSES, 0))
            counts[event.status] = counts.get(event.status, 0) + 1
        fan(event)
