"""Plays that ask the hosts to wait for each other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Lockstep:
    """Nobody goes on to the next task before everybody who is still in it has done this one.

    ``verdict`` is asked at each meeting, with how many of the hosts have failed so far, whether
    the play goes on.
    """

    def __init__(self, hosts: int, verdict: Callable[[int], bool]) -> None:
        self._alive = hosts
        self._failed = 0
        self._verdict = verdict
        self._arrived = 0
        self._round = 0
        self._goes_on = True
        self._news = threading.Condition()

    def meet(self) -> bool:
        """Wait for the others; whether the play goes on."""
        with self._news:
            here = self._round
            self._arrived += 1
            self._turn()
            self._news.wait_for(lambda: self._round > here)
            return self._goes_on

    def leave(self, failed: bool) -> None:
        """This host is through, or out."""
        with self._news:
            self._alive -= 1
            self._failed += failed
            self._turn()

    def _turn(self) -> None:
        if self._arrived >= self._alive:
            self._goes_on = self._verdict(self._failed)
            self._arrived = 0
            self._round += 1
            self._news.notify_all()


class Once:
    """What one host does for all: the first to come does it, the others get its result."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._futures: dict[tuple[int, int], Future[Any]] = {}

    def claim(self, task: int, visit: int) -> tuple[bool, Future[Any]]:
        """Whether the caller is to do it, and where the result will be."""
        with self._lock:
            future = self._futures.get((task, visit))
            if future is None:
                future = self._futures[(task, visit)] = Future()
                return True, future
            return False, future
