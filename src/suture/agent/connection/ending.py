"""End the step that is in progress: because the operator wants that, or because nobody is left who
would hear of it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from typing import Any, Callable, Iterator

from ..protocol.time_limit import OutOfTime
from ..world.descendants import Known, descendants, killed

NUDGE = 0.1
"""Seconds from one look at a step that is to end to the next."""

PATIENCE = 5.0
"""Seconds that a step may take to clear up after it was told to end."""

HALF_DONE = "it was ended in its middle, at the operator's word: it may be half done"


class Ended(OutOfTime):
    """The step in progress is to come to its end now."""


class Ending:
    """Made in the process's main thread, where steps are performed.  ``busy``: what the step is at
    now must not be torn (a frame that is half written)."""

    def __init__(self, busy: Callable[[], bool] = lambda: False) -> None:
        self._busy = busy
        self._within = self._told = False
        self._why = ""
        self._known: Known = {}
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGUSR1, self._nudged)

    @contextlib.contextmanager
    def endable(self) -> Iterator[None]:
        """Ended is raised within, once, after another thread has called ``end``."""
        self._within = True
        try:
            if self._why:
                raise Ended(self._why)
            yield
        except Ended:
            killed({**self._known, **descendants()})
            raise
        finally:
            self._within = False

    def end(self, why: str) -> None:
        """From any thread but the main one: the step in progress ends, and what it has started does.
        Where it does not within ``PATIENCE`` seconds the whole process ends."""
        self._known, self._why = descendants(), why
        ends = time.monotonic() + PATIENCE
        while self._within and time.monotonic() < ends:
            if not self._told:
                os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(NUDGE)
        if self._within:
            killed({**self._known, **descendants()})
            os._exit(4)

    def _nudged(self, _number: int, _frame: Any) -> None:
        if self._within and not self._told and not self._busy():
            self._told = True
            raise Ended(self._why)
