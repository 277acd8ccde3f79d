"""What the controller says, as it arrives, and what is done when it says no more."""

from __future__ import annotations

import queue
import threading
import time
from typing import BinaryIO, Callable, Iterator, Optional

from .ending import HALF_DONE, Ending
from .protocol import wire
from .protocol.store import Store
from .protocol.wire import Blob, Message

LEASE = 900.0
"""Seconds that a step may go on after the controller has gone, where it says nothing else."""


def incoming(
    stream: BinaryIO,
    store: Store,
    idle: Callable[[], None],
    lost: Callable[[], None],
    ending: Optional[Ending] = None,
    lease: float = LEASE,
) -> Iterator[Message]:
    """Steps as they arrive.  "stop" or a hang-up cancels what is queued, "end" the step in progress,
    too; only "bye" drains the queue.

    ``idle`` is called before every wait, ``lost`` at once on a hang-up; a step that is in progress
    then has ``lease`` seconds to come to its end.
    """
    reader = _Reader(store, lost, ending, lease)
    threading.Thread(target=reader.read, args=(stream,), daemon=True).start()
    while True:
        if reader.frames.empty():
            idle()
        frame = reader.frames.get()
        if frame["op"] == "bye" or reader.stopped.is_set():
            return
        yield frame


class _Reader:
    """Takes what arrives in a thread of its own, also while a step is in progress."""

    def __init__(
        self, store: Store, lost: Callable[[], None], ending: Optional[Ending], lease: float
    ) -> None:
        self.frames: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.stopped = threading.Event()
        self._store = store
        self._lost = lost
        self._ending = ending
        self._lease = lease
        self._parted = False

    def read(self, stream: BinaryIO) -> None:
        while True:
            frame = wire.read_frame(stream)
            if frame is None:
                self._gone()
                return
            if isinstance(frame, Blob):
                self._store.put(frame)
            else:
                self._take(frame)

    def _take(self, frame: Message) -> None:
        op = frame["op"]
        if op == "withheld":
            self._store.withhold(frame["sha256"], frame["reason"])
        elif op in ("stop", "end"):
            self._stop()
            if op == "end" and self._ending is not None:
                self._ending.end(HALF_DONE)
        else:
            self._parted = self._parted or op == "bye"
            self.frames.put(frame)

    def _stop(self) -> None:
        self.stopped.set()
        self.frames.put({"op": "bye"})

    def _gone(self) -> None:
        if not self._parted:
            self._lost()
            self._stop()
        self._store.close()
        if self._ending is not None:
            time.sleep(max(0.0, self._lease))
            self._ending.end(f"nobody was there to hear of it for {self._lease:g} s")
