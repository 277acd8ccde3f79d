"""What the controller says, as it arrives, and what is done when it says no more."""

from __future__ import annotations

import queue
import threading
from typing import BinaryIO, Callable, Iterator, Optional

from ..protocol import wire
from ..protocol.store import Store
from ..protocol.wire import Blob, Message
from .ending import HALF_DONE, Ending

LEASE = 900.0
"""Seconds for which a controller that has gone away is waited for, where it says nothing else; a step
may go on for as long."""

TOLD = 4 * 1024 * 1024
"""Bytes of content after which the controller is told how many frames came: it keeps them till then."""


class Incoming:
    """Frames as they arrive, over one connection after another.

    ``idle`` is called before every wait, ``lost`` when the controller is gone for good; a step that is
    in progress when it goes has ``lease`` seconds to come to its end.  ``tell`` puts a frame to the
    controller and ``acknowledged`` is told how many it has.  With ``returns`` it may come back within
    the lease: until then nothing of what was sent is begun, unless ``goes_on``.
    """

    def __init__(
        self,
        store: Store,
        idle: Callable[[], None],
        lost: Callable[[], None],
        ending: Optional[Ending] = None,
        lease: float = LEASE,
        tell: Callable[[Message], None] = lambda message: None,
        acknowledged: Callable[[int], None] = lambda count: None,
        returns: bool = False,
        goes_on: bool = False,
    ) -> None:
        self.away = threading.Event()
        """Set while there is no connection."""
        self.taken = 1  # hello
        self.working = False
        self._frames: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._store = store
        self._idle = idle
        self._lost = lost
        self._ending = ending
        self._lease = lease
        self._tell = tell
        self._acknowledged = acknowledged
        self._returns = returns
        self._goes_on = goes_on
        self._parted = False
        self._era = 0
        self._untold = 0
        self._news = threading.Condition()

    def steps(self) -> Iterator[Message]:
        """Steps as they come.  "stop" cancels what is queued, "end" the step in progress, too; so does
        a hang-up, for good; only "bye" drains the queue."""
        while True:
            if self._frames.empty():
                self._idle()
            frame = self._frames.get()
            if not self._goes_on:
                with self._news:
                    self._news.wait_for(self._may_go_on)
            if frame["op"] == "bye" or self._stopped.is_set():
                return
            self.working = True
            yield frame
            self.working = False

    def _may_go_on(self) -> bool:
        return not self.away.is_set() or self._parted or self._stopped.is_set()

    def listen(self, stream: BinaryIO) -> None:
        """Take what comes over this connection from now on, in a thread of its own."""
        with self._news:
            self._era += 1
            era = self._era
            self.away.clear()
            self._news.notify_all()
        threading.Thread(target=self._read, args=(stream, era), daemon=True).start()

    def freeze(self) -> int:
        """Nothing of the connection before is taken any more; how many frames were."""
        with self._news:
            self._era += 1
            self.away.set()
            return self.taken

    def _read(self, stream: BinaryIO, era: int) -> None:
        while True:
            try:
                frame = wire.read_frame(stream)
            except (OSError, ValueError):
                frame = None
            if frame is None:
                self._gone(era)
                return
            with self._news:
                if era != self._era:
                    return
                self.taken += 1
                told = self._take(frame)
            if isinstance(frame, Blob):
                self._store.make_room(frame)
            elif frame["op"] == "end" and self._ending is not None:
                self._ending.end(HALF_DONE)
            if told:
                self._tell({"event": "taken", "count": told})

    def _take(self, frame: "Message | Blob") -> int:
        """One frame, which is counted already; how many came, where the controller is to be told."""
        if isinstance(frame, Blob):
            self._store.add(frame)
            self._untold += len(frame.data)
            if self._returns and self._untold > TOLD:
                self._untold = 0
                return self.taken
            return 0
        op = frame["op"]
        if "heard" in frame:
            self._acknowledged(frame["heard"])
        if op == "withheld":
            self._store.withhold(frame["sha256"], frame["reason"])
        elif op in ("stop", "end"):
            self._stop()
        elif op != "heard":
            self._parted = self._parted or op == "bye"
            self._frames.put(frame)
        return 0

    def _stop(self) -> None:
        with self._news:
            self._stopped.set()
            self._frames.put({"op": "bye"})
            self._news.notify_all()

    def _gone(self, era: int) -> None:
        """This connection is over: wait for another one where there may be one, then end."""
        with self._news:
            if era != self._era:
                return
            self.away.set()
            if not self._returns and not self._parted:
                self._lost()
                self._stop()
            if not self._returns:
                self._store.close()
            elif self._news.wait_for(lambda: self._era != era, self._lease):
                return
        if self._ending is None:
            return
        if not self._returns:
            threading.Event().wait(max(0.0, self._lease))
        self._stop()
        self._store.close()
        self._ending.end(f"nobody was there to hear of it for {self._lease:g} s")
