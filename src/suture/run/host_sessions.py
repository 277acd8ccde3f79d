"""The agents of one host: one session for each user that steps run as, opened when first needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from suture.connect.greeting import Rehearsing
from suture.connect.locking import Locking
from suture.connect.returning import Returning
from suture.connect.session import IDLE, Hearing, Session
from suture.connect.target import Becoming
from suture.connect.transport import Channel, Link
from suture.run.execution import Order
from suture.run.reach import USUAL, Reach

FLUSH = 0.01
"""Seconds of steps that share one packet while the driver works ahead."""


def nobody(_host: str, _reach: Reach, _opened: Callable[[], Channel]) -> None:
    """A connection that is lost is not made again."""


class HostSessions:
    """Sessions by (host, user).  ``link`` gives the way to a host by its name,
    ``is_here`` tells whether that is the controller itself; ``connected`` is
    told of each agent that is there: its host, as whom it runs, its user, its Python's version, the
    seconds that it took.  ``rehearsing`` makes of a host and a user how an agent there rehearses;
    None: it does not.  ``locking``: the lock that an agent on a host takes, if any; ``patience``:
    seconds that an agent may be silent; ``returning``: how a lost connection is made again, which
    opens a channel as it is told; ``stays``: whether what is done is there afterwards.  Only
    the driver's thread calls this."""

    def __init__(
        self,
        link: Callable[[str, Reach], Link],
        is_here: Callable[[str, Reach], bool],
        order: Order,
        hearing: Hearing,
        *,
        dry: bool,
        modules: frozenset[str],
        connected: Callable[[str, Becoming, str, str, float], None],
        journal: str = "",
        rehearsing: Callable[[str, str], Rehearsing] | None = None,
        locking: Callable[[str], Locking | None] = lambda host: None,
        patience: Callable[[], float] = lambda: IDLE,
        lease: Callable[[], float | None] = lambda: None,
        forgotten: Callable[[], None] = lambda: None,
        returning: Callable[[str, Reach, Callable[[], Channel]], Returning | None] = nobody,
    ) -> None:
        self._forgotten = forgotten
        self._lease = lease
        self._returning = returning
        self._link = link
        self._is_here = is_here
        self.usual = Reach()
        self._here = False
        self.acted_here = False
        """Whether steps on the controller itself may still be out."""
        self._patience = patience
        self._order = order
        self._hearing = hearing
        self.dry = dry
        self.journal = journal
        self._rehearsing = rehearsing
        self._locking = locking
        self.stays = not dry and rehearsing is None
        self._modules = modules
        self._connected = connected
        self._sessions: dict[tuple[str, str, Reach], Session] = {}
        self.current: Session | None = None
        self._latest: dict[str, Session] = {}
        self._flushed = 0.0

    def session(self, host: str, becoming: Becoming, reach: Reach | None = None) -> Session:
        """The session for this user, all steps sent to another one before being over; reached as
        usual, or otherwise."""
        reach = self.usual if reach is None else reach
        key = (host, becoming.key, reach)
        session = self._sessions.get(key)
        if self.current is not None and self.current is not session:
            self.flush()
            self._order.answered()
        if session is None:
            session = self._sessions[key] = self._opened(host, becoming, reach)
        before = self._latest.get(host)
        if self.dry and before is not None and before is not session:
            session.foresee(before)
        self.current = self._latest[host] = session
        self._here = self._is_here(host, reach)
        return session

    def is_to_come(self, host: str, becoming: Becoming) -> bool:
        """Whether the user is one whom only an earlier step of this dry run would make: there can
        be no agent of theirs."""
        latest = self._latest.get(host)
        if not self.dry or not becoming.user or latest is None:
            return False
        if any(key[:2] == (host, becoming.key) for key in self._sessions):
            return False
        self.flush()
        self._order.answered()
        return becoming.user in latest.users_to_come()

    def _opened(self, host: str, becoming: Becoming, reach: Reach) -> Session:
        began = time.perf_counter()

        def opened() -> Channel:
            link = self._link(host, reach)
            if becoming.user == link.user:  # nothing to become, as Ansible has it
                return link.channel(Becoming())
            channel = link.channel(becoming)
            if becoming.password is not None:
                channel.writer.write(becoming.password.encode() + b"\n")
            return channel

        def user() -> str:
            return becoming.user or self._link(host, reach).user

        def ready(python: str) -> None:
            self._connected(where, becoming, user(), python, time.perf_counter() - began)

        local = self._is_here(host, reach) and not self._is_here(host, USUAL)
        where = "localhost" if local else host

        return Session(
            opened,
            dry=self.dry,
            modules=self._modules,
            hearing=self._hearing,
            ready=ready,
            name=host,
            journal=self.journal,
            rehearsing=self._rehearsing(host, user()) if self._rehearsing else None,
            patience=self._patience,
            locking=None if local and reach != self.usual else self._locking(host),
            lease=0.0 if self._rehearsing else self._lease(),
            returning=self._returning(host, reach, opened) if self.stays else None,
        )

    def send(self, session: Session, message: Mapping[str, Any], args: Mapping[str, Any]) -> None:
        session.step(message, args)
        self.acted_here = self.acted_here or self._here
        if time.perf_counter() - self._flushed > FLUSH:
            self.flush()

    def looks(self, home: str) -> dict[str, tuple[str, int]]:
        """All that the agents of a dry run have seen, those of ``home`` and those that it delegated
        to; call it when every step is over."""
        found = {}
        for (host, becoming, _), session in self._sessions.items():
            whom = f" on {host}" if host != home else ""
            whom += f" as {becoming.partition(':')[2]}" if becoming else ""
            found.update({f"{name}{whom}": look for name, look in session.looks().items()})
        return found

    def settle_here(self) -> None:
        """What was sent to the controller itself is over: its files are as the steps leave them."""
        if self.acted_here:
            self.flush()
            self._order.answered()
            self.acted_here = False

    def flush(self) -> None:
        """Everything sent is on its way; called before every wait."""
        if self.current is not None:
            self.current.flush()
        self._flushed = time.perf_counter()

    def part(self) -> None:
        """Say good-bye to every agent: each works off its queue and ends."""
        for session in self._sessions.values():
            session.part()

    def finish(self) -> None:
        """Wait until every agent that was parted from has ended."""
        for session in self._sessions.values():
            session.finish()
        self._sessions.clear()
        self.current = None

    def forget(self) -> None:
        """The host is lost, and may be there again for the next task: agents are started anew."""
        for session in self._sessions.values():
            session.abandon()
        self._sessions.clear()
        self._latest.clear()
        self.current = None
        self._forgotten()

    def stop(self) -> None:
        """No agent begins a further step; from any thread."""
        for session in list(self._sessions.values()):
            session.stop()

    def end(self) -> None:
        """The steps in progress end now; from any thread."""
        for session in list(self._sessions.values()):
            session.end()

    def ended(self, seconds: float | None = None) -> bool:
        """Whether nothing more will be heard from any agent, having waited so long for each."""
        return all(session.ended(seconds) for session in list(self._sessions.values()))

    def abandon(self) -> None:
        """Hang up on every agent at once; from any thread."""
        for session in list(self._sessions.values()):
            session.abandon()
