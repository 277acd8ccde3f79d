"""One thread that looks after every session: who gives no sign of life is given up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

LOOK = 1.0
"""Seconds between two looks."""


class Watched(Protocol):
    """What is looked after; ``overdue`` gives it up if it has been silent for too long, and says
    whether it is still to be looked after."""

    def overdue(self, now: float) -> bool: ...


class Session(Protocol):
    """What knows when it has last heard something."""

    @property
    def over(self) -> bool: ...

    def given_up(self, now: float) -> bool: ...


class Silence:
    """A session looked after: where nothing is heard any more, ``cut`` ends its channel."""

    def __init__(self, session: Session, cut: Callable[[], None]) -> None:
        self._session = session
        self._cut = cut

    def overdue(self, now: float) -> bool:
        if self._session.over:
            return False
        if not self._session.given_up(now):
            return True
        threading.Thread(target=self._cut, daemon=True).start()
        return False


class Watch:
    """Looks after what it is given until that is over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: list[Watched] = []
        self._running = False

    def add(self, watched: Watched) -> None:
        with self._lock:
            self._watched.append(watched)
            if not self._running:
                self._running = True
                threading.Thread(target=self._look, name="watch", daemon=True).start()

    def _look(self) -> None:
        while True:
            time.sleep(LOOK)
            with self._lock:
                watched = list(self._watched)
            over = [each for each in watched if not each.overdue(time.monotonic())]
            with self._lock:
                self._watched = [each for each in self._watched if each not in over]
                if not self._watched:
                    self._running = False
                    return


WATCH = Watch()
