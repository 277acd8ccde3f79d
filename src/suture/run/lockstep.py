"""Plays that ask the hosts to wait for each other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from suture.model import Mark


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


class Shared:
    """What the hosts of one batch share while each goes its own way.

    ``after`` is called by a host that has done a task of the play's top level.
    """

    def __init__(self, after: Callable[[], None] | None = None) -> None:
        self.after = after
        self._lock = threading.Lock()
        self._futures: dict[tuple[Mark, int], Future[Any]] = {}
        self._throttles: dict[Mark, threading.Semaphore] = {}

    def once(self, mark: Mark, visit: int) -> tuple[bool, Future[Any]]:
        """For a task that one host does for all: whether the caller is to do it, and where its
        result will be.  ``visit`` counts how often the host has come to the task."""
        with self._lock:
            future = self._futures.get((mark, visit))
            if future is None:
                future = self._futures[(mark, visit)] = Future()
                return True, future
            return False, future

    def throttle(self, mark: Mark, hosts: int) -> threading.Semaphore:
        """For a task that only so many hosts may do at a time."""
        with self._lock:
            return self._throttles.setdefault(mark, threading.Semaphore(max(1, hosts)))
