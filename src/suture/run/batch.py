"""The hosts of one batch: how far each has come, and who has to wait for whom."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

from suture.errors import SutureError
from suture.model import Mark

Position = tuple[int, ...]
"""Where in a play a host is: section, node, and so on inward, also through includes.  Positions of
different hosts compare: the smaller one comes first in linear order."""

END: Position = (1 << 62,)


class PlayStopped(SutureError):
    """Other hosts' failures end the play for this one too."""


class Batch:
    """What the hosts of a batch share while each goes its own way; every method from any thread.

    ``verdict``: whether the play goes on, given how many hosts have failed.  ``linear``: hosts keep
    the language's order wherever it can be noticed.  ``strict``: they keep it at every task, since one
    host's failure may end the play for all.  ``forks``: how many hosts may work at a time; a host
    that waits for others does not work.
    """

    def __init__(
        self,
        hosts: Sequence[str],
        *,
        linear: bool = True,
        strict: bool = False,
        forks: int = 16,
        verdict: Callable[[int], bool] = lambda failed: True,
    ) -> None:
        self.linear = linear and len(hosts) > 1
        self.strict = strict and len(hosts) > 1
        self._hosts = tuple(hosts)
        self._verdict = verdict
        self._slots = threading.BoundedSemaphore(max(1, forks))
        self._news = threading.Condition()
        self._waiting = 0
        self._at: dict[str, Position] = dict.fromkeys(hosts, ())
        self._out: dict[str, dict[int, Position]] = {host: {} for host in hosts}
        self._tokens = iter(range(1 << 62))
        self._failed: set[str] = set()
        self._lost: set[str] = set()
        self._ended: Position = END
        """Where failures ended the play: nobody begins anything behind it."""
        self.over = False
        """Whether ``end_play`` was met: no further batch begins."""
        self.mingled = False
        """Whether hosts may tell facts of other ones, so that who reads those waits for all."""
        self._once: dict[Position, Future[Any]] = {}
        self._throttles: dict[Mark, threading.Semaphore] = {}

    # -- working and waiting -------------------------------------------------------------------

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """One of the batch's ``forks`` is the caller's while it is in here."""
        with self._slots:
            yield

    @contextlib.contextmanager
    def resting(self) -> Iterator[None]:
        """Somebody else may work while the caller waits in here."""
        self._slots.release()
        try:
            yield
        finally:
            self._slots.acquire()

    def _wait(self, until: Callable[[], bool]) -> None:
        """Wait, resting; call it without holding ``_news``."""
        with self._news:
            if until():
                return
        with self.resting(), self._news:
            self._waiting += 1
            try:
                self._news.wait_for(until)
            finally:
                self._waiting -= 1

    def _wake(self) -> None:
        if self._waiting:
            with self._news:
                self._news.notify_all()

    # -- linear order --------------------------------------------------------------------------

    def reached(self, host: str, position: Position) -> None:
        """The host is about to do what stands at this position."""
        self._at[host] = position
        self._wake()

    def showing(self, host: str, position: Position) -> Callable[[], None]:
        """The host has a step under way that others may notice; call what is returned when that step
        has ended."""
        token = next(self._tokens)
        self._out[host][token] = position

        def ended() -> None:
            self._out[host].pop(token, None)
            self._wake()

        return ended

    def wait_for(self, host: str, other: str) -> None:
        """Wait until ``other`` has come as far as ``host`` is, where hosts keep an order."""
        if self.linear or self.strict:
            self.wait_for_others(host, self._at[host], [] if self.mingled else [other])

    def wait_for_others(self, host: str, position: Position, names: Sequence[str] = ()) -> None:
        """Wait until the others (or those named) have come this far, and whatever they show before
        this position has ended.  PlayStopped where failures have ended the play before it."""
        others = [name for name in names or self._hosts if name != host and name in self._at]

        def come() -> bool:
            return position > self._ended or all(self._is_past(name, position) for name in others)

        self._wait(come)
        if position > self._ended:
            raise PlayStopped("too many hosts have failed")

    def _is_past(self, host: str, position: Position) -> bool:
        if self._at[host] < position:
            return False
        return all(shown >= position for shown in list(self._out[host].values()))

    # -- failures ------------------------------------------------------------------------------

    def leave(
        self, host: str, failed: bool = False, lost: bool = False, fatal: bool = False
    ) -> None:
        """The host is through, or out: it ``failed``, or was ``lost``.  ``fatal``: that ends the play
        for all."""
        with self._news:
            last, self._at[host] = self._at[host], END
            self._out[host].clear()
            if failed:
                self._failed.add(host)
            if lost:
                self._lost.add(host)
            if (failed or lost) and (fatal or not self._verdict(len(self._failed))):
                self._ended = min(self._ended, last)
            self._news.notify_all()

    def forgive(self) -> None:
        """``meta: clear_host_errors``: hosts that failed up to now take part in what comes next."""
        with self._news:
            self._failed.clear()

    @property
    def failed(self) -> frozenset[str]:
        return frozenset(self._failed)

    @property
    def all_out(self) -> bool:
        """Whether no host of the batch is left."""
        return bool(self._hosts) and self._failed | self._lost >= set(self._hosts)

    @property
    def ended(self) -> bool:
        """Whether failures have ended the play for all."""
        return self._ended < END

    # -- what few do for all -------------------------------------------------------------------

    def once(self, host: str, position: Position) -> tuple[bool, Future[Any]]:
        """For a task that one host does for all: whether the caller is to do it, and where its result
        will be.  The first host in order that comes to the task does it."""
        before = self._hosts[: self._hosts.index(host)]

        def decided() -> bool:
            return position in self._once or all(self._at[name] > position for name in before)

        self._wait(decided)
        with self._news:
            future = self._once.get(position)
            if future is not None:
                return False, future
            future = self._once[position] = Future()
            self._news.notify_all()
            return True, future

    @contextlib.contextmanager
    def throttled(self, mark: Mark, hosts: int) -> Iterator[None]:
        """Only so many hosts at a time do this task."""
        with self._news:
            limit = self._throttles.setdefault(mark, threading.Semaphore(max(1, hosts)))
        if not limit.acquire(blocking=False):
            with self.resting():
                limit.acquire()
        try:
            yield
        finally:
            limit.release()
