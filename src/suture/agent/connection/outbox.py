"""What the agent says, in its order, until the controller has it."""

from __future__ import annotations

import os
import select
import stat
import threading
import time
from typing import BinaryIO, Callable, List, Optional

from ..protocol import wire
from ..protocol.wire import Message

BEAT = 5.0
"""Seconds of silence after which the controller is told that there still is an agent."""

FLUSH = 0.01
"""Seconds after which a result leaves the host at the latest; results that come faster share a
packet."""

CROWDED = 256 * 1024
"""Bytes that wait to be written, above which whoever has more to say waits."""

PARTED = 8 * 1024 * 1024
"""Bytes that are kept for a controller that is away, above which no more lines of output are."""

PIECE = 32 * 1024
"""Bytes that a socket takes at once where it takes any."""

IDLE = ("alive", "taken", "bye")
"""What a controller can do without."""

LOOK = 200
"""Milliseconds after which a writer that is stuck sees whether there is a newer connection."""


class Outbox:
    """Frames to the controller, from any thread; a controller that is gone is no error here.

    With ``keeps`` a frame is kept until it is ``acknowledged``: a later connection, which is given to
    ``attach``, begins with what the ones before did not bring.  ``first`` is called before each flush.
    """

    def __init__(self, out: BinaryIO, keeps: bool = False) -> None:
        self.first: Callable[[], None] = lambda: None
        self.writing = False
        """Whether a frame is being put by the main thread, which must not be torn from it."""
        self._keeps = keeps
        self._out: Optional[BinaryIO] = out
        self._era = 0
        self._frames: List[bytes] = []
        self._before = 0
        """How many frames came before those that are kept."""
        self._written = 0
        """How many frames, counted from the first ever, went to the connection that there is."""
        self._last = 0
        """Which frame, counted likewise, is the last that the controller has to have."""
        self._waiting = 0
        """Bytes that wait to be written."""
        self._state = threading.Condition()
        self._writer = threading.Lock()
        self._dirty = threading.Event()
        out.flush()
        threading.Thread(target=self._flusher, daemon=True).start()

    def put(self, message: Message) -> None:
        data = wire.answer(message)
        performs = threading.current_thread() is threading.main_thread()
        self.writing = self.writing or performs
        with self._state:
            away = self._out is None
            lasts = message["event"] not in ("output", "alive")
            if lasts or not away or self._waiting < PARTED:
                self._waiting += len(data)
                self._frames.append(data)
            if message["event"] not in IDLE:
                self._last = self._before + len(self._frames)
            crowded = not away and self._waiting > CROWDED
        if performs:
            self.writing = False
        self._dirty.set()
        if crowded:
            with self._state:
                self._state.wait_for(lambda: self._waiting <= CROWDED or self._out is None)

    def flush(self) -> None:
        """What was put is on its way."""
        with self._writer:
            self.first()
            while self._passed_on():
                pass

    def acknowledged(self, count: int) -> None:
        """The controller has the first so many frames."""
        with self._state:
            gone = min(count, self._before + len(self._frames)) - self._before
            if gone > 0:
                del self._frames[:gone]
                self._before += gone
                self._state.notify_all()

    def everything_acknowledged(self, seconds: float) -> bool:
        """Whether the controller has all that it has to have, having waited so long for that."""
        with self._state:
            return self._state.wait_for(lambda: self._before >= self._last, seconds)

    def attach(self, out: BinaryIO, heard: int, greeting: bytes) -> None:
        """From now on frames go to this connection, behind the greeting; the first is the one after
        the ``heard`` ones that the controller has."""
        with self._state:
            self._era += 1
            self._out = None
        with self._writer:  # whoever wrote to the connection before has left off
            out.write(greeting)
            out.flush()
            self.acknowledged(heard)
            with self._state:
                self._out, self._written = out, self._before
                self._waiting = sum(map(len, self._frames))
        self._dirty.set()

    def _flusher(self) -> None:
        while True:
            if not self._dirty.wait(BEAT):
                self.put({"event": "alive"})
            self._dirty.clear()
            self.flush()
            time.sleep(FLUSH)

    def _passed_on(self) -> bool:
        """Whether frames were written, so that there may be more."""
        with self._state:
            out, era, start = self._out, self._era, self._written
            batch = self._frames[start - self._before :]
        if not batch:
            return False
        data = b"".join(batch)
        written = out is not None and self._wrote(out, data, era)
        with self._state:
            if era == self._era:
                if written:
                    self._written = start + len(batch)
                else:
                    self._out = None  # nobody listens; the step in progress still comes to its end
                if written or not self._keeps:
                    self._waiting = max(0, self._waiting - len(data))
                if not self._keeps:
                    del self._frames[: len(batch)]
                    self._before = self._written = start + len(batch)
            self._state.notify_all()
        return written

    def _wrote(self, out: BinaryIO, data: bytes, era: int) -> bool:
        """Whether all of it could be written before a newer connection took this one's place."""
        try:
            if not self._keeps:
                out.write(data)
                out.flush()
                return True
            descriptor, left = out.fileno(), memoryview(data)
            piece = PIECE if stat.S_ISSOCK(os.fstat(descriptor).st_mode) else select.PIPE_BUF
            poll = select.poll()
            poll.register(descriptor, select.POLLOUT)
            while left:
                if era != self._era:
                    return False
                if poll.poll(LOOK):
                    left = left[os.write(descriptor, left[:piece]) :]
        except (OSError, ValueError):
            return False
        return True
