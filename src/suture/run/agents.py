"""The agents of one host: one session for each user that steps run as, opened when first needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from suture.run.execution import Order
from suture.run.session import Hearing, Session
from suture.run.target import Becoming
from suture.run.transport import Link

FLUSH = 0.004
"""Seconds of steps that share one packet while the driver works ahead."""


class Agents:
    """Sessions by (host, user).  ``link`` gives the way to a host by its name; ``connected`` is
    told of each new session.  Only the driver's thread calls this."""

    def __init__(
        self,
        link: Callable[[str], Link],
        order: Order,
        hearing: Hearing,
        *,
        dry: bool,
        modules: frozenset[str],
        connected: Callable[[str, Session, float], None],
    ) -> None:
        self._link = link
        self._order = order
        self._hearing = hearing
        self.dry = dry
        self._modules = modules
        self._connected = connected
        self._sessions: dict[tuple[str, str], Session] = {}
        self.current: Session | None = None
        self._flushed = 0.0

    def session(self, host: str, becoming: Becoming) -> Session:
        """The session for this user, all steps sent to another one before being over."""
        key = (host, becoming.key)
        session = self._sessions.get(key)
        if self.current is not None and self.current is not session:
            self.flush()
            self._order.answered()
        if session is None:
            session = self._sessions[key] = self._opened(host, becoming)
        self.current = session
        return session

    def _opened(self, host: str, becoming: Becoming) -> Session:
        began = time.perf_counter()
        link = self._link(host)
        channel = link.channel(becoming)
        if becoming.password is not None:
            channel.writer.write(becoming.password.encode() + b"\n")
        session = Session(
            channel, dry=self.dry, modules=self._modules, hearing=self._hearing, name=host
        )
        self._connected(becoming.user or link.user, session, time.perf_counter() - began)
        return session

    def send(self, session: Session, message: Mapping[str, Any], args: Mapping[str, Any]) -> None:
        session.step(message, args)
        if time.perf_counter() - self._flushed > FLUSH:
            self.flush()

    def flush(self) -> None:
        """Everything sent is on its way; called before every wait."""
        if self.current is not None:
            self.current.flush()
        self._flushed = time.perf_counter()

    def finish(self) -> None:
        """Part from every agent, each having worked off its queue."""
        for session in self._sessions.values():
            session.finish()
        self._sessions.clear()
        self.current = None

    def abandon(self) -> None:
        """Hang up on every agent at once; from any thread."""
        for session in list(self._sessions.values()):
            session.abandon()
