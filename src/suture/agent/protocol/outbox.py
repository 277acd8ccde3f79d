"""What the agent says to its controller, from any of its threads."""

from __future__ import annotations

import os
import threading
import time
from typing import Any, BinaryIO, Callable

from . import wire
from .wire import Message

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
