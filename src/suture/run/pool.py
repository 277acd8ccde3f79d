"""Connections and what is known of each host, kept from play to play of one run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from suture.agent.protocol.result import Result
from suture.connect import bundle
from suture.connect.greeting import Rehearsing
from suture.connect.locking import Claim, Locking
from suture.connect.returning import Returning
from suture.connect.route import linked
from suture.connect.session import IDLE, Hearing
from suture.connect.target import Becoming, Target, target_of
from suture.connect.transport import Channel, Link
from suture.errors import SutureError
from suture.events import Event, HostConnected, Warned
from suture.events import HostLost as Lost
from suture.model import Host, Inventory, Joining
from suture.run.execution import Order
from suture.run.host_sessions import HostSessions
from suture.run.narrator import Narrator
from suture.run.reach import Reach
from suture.run.rehearsals import VARIABLE, Rehearsals
from suture.run.settings import Settings
from suture.run.state import HostState

IDLE_VARIABLE = "suture_idle_timeout"
"""The variable of a host that says how many seconds its agent may be silent."""

LEASE_VARIABLE = "suture_lease"
"""The variable of a host that says how many seconds a step there may go on after its controller is
gone."""

DISCONNECT_VARIABLE = "suture_on_disconnect"
"""The variable of a host that says what its agent does while the controller is away: "hold" what was
sent and is not begun, or "finish" it."""

INTERRUPTED = "the run was interrupted"
UNHEARD = "it was to end in its middle, and nothing more was heard of it: it may be half done"

ENDED = 8.0
"""Seconds in which an agent has to tell how its step ended that was to end at once."""


class Pool:
    """Hosts by name, each opened when first needed.

    ``variables`` gives a host's rendered connection variables, ``connect`` the way to a target.
    ``works_on``: the directories of a host that a run has to have for itself, None for nothing.
    ``journal``: the run in whose journal agents note what they change, if they do; ``claim``: as whom
    it takes locks, if it does; ``rehearsals``: what comes of those, if that is what is asked for.
    """

    def __init__(
        self,
        inventory: Inventory,
        settings: Settings,
        emit: Callable[[Event], None],
        variables: Callable[[Host], Mapping[str, Any]],
        connect: Callable[[Target], Link] = linked,
        works_on: Callable[[Host], Sequence[str] | None] = lambda host: None,
    ) -> None:
        self.inventory = inventory
        self._settings = settings
        self._emit = emit
        self._variables = variables
        self._connected = connect
        self._works_on = works_on
        self._states: dict[str, tuple[HostState, Narrator]] = {}
        self._links: dict[tuple[str, str, Reach], Future[Link]] = {}
        self._targets: dict[tuple[str, Reach], Target] = {}
        self._lock = threading.Lock()
        self._warned: set[str] = set()
        self._modules: frozenset[str] = frozenset()
        self.journal = ""
        self.claim: Claim | None = None
        self.gone: dict[str, str] = {}
        self._stopped = False
        self.rehearsals = Rehearsals(settings.network, emit) if settings.rehearse else None

    def state(self, host: Host) -> tuple[HostState, Narrator]:
        with self._lock:
            if host.name not in self._states:
                self._states[host.name] = self._opened(host)
            return self._states[host.name]

    def ship(self, modules: frozenset[str]) -> None:
        """From now on an agent gets these at once.  They are packed here, for all hosts, while the
        first of them is being connected to."""
        self._modules = modules
        whole = bundle.modules(
            modules,
            self._settings.dry,
            rehearse=self.rehearsals is not None,
            lock=self.claim is not None,
        )
        bundle.preamble(whole, True)

    def approach(self, hosts: Iterable[tuple[Host, Reach]]) -> None:
        """Begin to connect to these hosts, all at once; the first who needs a link waits for it."""
        if self._settings.transport != "openssh":
            import fabric  # noqa: F401 - before the first handshake, not in the middle of it

        for host, reach in hosts:
            future = self._links[(host.name, host.name, reach)] = Future()
            args = (future, host.name, reach)
            threading.Thread(target=self._connect, args=args, daemon=True).start()

    def lost(self, name: str, reason: str) -> None:
        """This host is out for the rest of the run."""
        with self._lock:
            if name in self.gone:
                return
            self.gone[name] = reason
            if self._stopped:
                return
        self._emit(Lost(host=name, reason=reason))

    def finish(self) -> None:
        """Part from every host: from all at once, then wait for each."""
        if self._stopped:
            states = [state for state, _ in self._states.values()]
            for state in states:
                state.agents.stop()
            self._stop_heard(states)
        there = [state.agents for name, (state, _) in self._states.items() if name not in self.gone]
        for agents in there:
            agents.part()
        for agents in there:
            agents.finish()
        for future in self._links.values():
            future.add_done_callback(_closed)

    def looks(self) -> dict[str, Mapping[str, tuple[str, int]]]:
        """What a dry run has seen of each host that is still there."""
        return {
            name: state.agents.looks(name)
            for name, (state, _) in self._states.items()
            if name not in self.gone
        }

    def stop(self) -> None:
        """Nothing more is begun on any host, what is under way comes to its end; from any thread."""
        with self._lock:
            self._stopped = True
            states = [state for state, _ in self._states.values()]
        for state in states:
            state.order.stop(INTERRUPTED)
        for state in states:
            state.agents.stop()
        self._stop_heard(states)

    def end(self) -> None:
        """What is under way on the hosts ends now; who does not tell of that in time is hung up on;
        from any thread."""
        states = [state for state, _ in list(self._states.values())]
        for state in states:
            state.agents.end()
        ends = time.monotonic() + ENDED
        for state in states:
            if not state.agents.ended(max(0.0, ends - time.monotonic())):
                state.order.lose(UNHEARD)
                state.agents.abandon()

    def _stop_heard(self, states: Iterable[HostState]) -> None:
        """Wait until every host that was stopped has told what its last step came to."""
        for state in states:
            state.agents.ended()
            state.order.cut(INTERRUPTED)

    def _opened(self, host: Host) -> tuple[HostState, Narrator]:
        narrator = Narrator(host.name, self._emit, learn=self._settings.learn)
        order = Order(narrator.reported, narrator.begun)

        def heard(number: int, result: Result) -> None:
            order.heard(number, result)

        hearing = Hearing(
            heard,
            lambda number, text: narrator.output(order, number, text),
            lambda number, kind, data: narrator.report(order, number, kind, data),
            order.lose,
            order.fail,
        )

        def connected(
            name: str, becoming: Becoming, user: str, python: str, seconds: float
        ) -> None:
            self._emit(
                HostConnected(
                    host=host.name,
                    user=user,
                    python=python,
                    seconds=round(seconds, 3),
                    become=becoming.as_data,
                    delegate="" if name == host.name else name,
                )
            )

        agents = HostSessions(
            lambda name, reach: self._link(host, name, reach),
            lambda name, reach: self._target(name, reach).local,
            order,
            hearing,
            dry=self._settings.dry,
            modules=self._modules,
            connected=connected,
            journal=self.journal,
            rehearsing=self._rehearsing(host),
            locking=lambda name: self._locking(host) if name == host.name else None,
            patience=lambda: float(self._variables(host).get(IDLE_VARIABLE, IDLE)),
            lease=lambda: lease_of(self._variables(host)),
            forgotten=lambda: self._forgotten(host.name),
            returning=lambda name, reach, opened: self._returning(host, name, reach, opened),
        )
        if self._stopped:
            order.stop(INTERRUPTED)
        return HostState(host, agents, order, grow=self.grow, other=self._other), narrator

    def _other(self, name: str) -> HostState:
        """What is known of another host, which need not be the inventory's."""
        return self.state(self.inventory.hosts.get(name) or Host(name))[0]

    def _forgotten(self, name: str) -> None:
        """The ways that one host's tasks take are lost: they are opened anew."""
        with self._lock:
            for key in [key for key in self._links if key[0] == name]:
                del self._links[key]

    def grow(self, joining: Joining) -> bool:
        """The host is in these groups from now on: for plays that come, and to delegate to."""
        with self._lock:
            old = self.inventory
            if old.grown is None:
                raise SutureError("nothing can join this inventory")
            self.inventory = old.grown(joining)
            return (old.hosts, old.groups) != (self.inventory.hosts, self.inventory.groups)

    def _locking(self, host: Host) -> Locking | None:
        """The lock that this run's agents on the host share, if the run takes any there."""
        paths = self._works_on(host)
        if self.claim is None or paths is None:
            return None

        def waits(whom: str) -> None:
            self._warn(f"{whom}; waiting until that is over")

        return Locking(self.claim, paths, waits)

    def _rehearsing(self, host: Host) -> Callable[[str, str], Rehearsing] | None:
        if self.rehearsals is None:
            return None
        return self.rehearsals.of(host.name, str(self._variables(host).get(VARIABLE, "")))

    def _returning(
        self, host: Host, name: str, reach: Reach, opened: Callable[[], Channel]
    ) -> Returning | None:
        """How a lost connection of a run that is recorded is made again."""
        if not self.journal or self._target(name, reach).local:
            return None
        known, key = self._variables(host), (host.name, name, reach)
        way = self._links.get((host.name, name, reach))

        def again() -> Channel:
            nonlocal way
            with self._lock:
                found = self._links.get(key)
                lost = found if found is way or (found and found.done()) else None
                if lost is not None:
                    del self._links[key]
            if lost is not None:
                threading.Thread(target=_closed, args=(lost,), daemon=True).start()
            channel = opened()
            way = self._links.get(key)
            return channel

        def told(sentence: str) -> None:
            self._emit(Warned(message=f"{host.name}: {sentence}"))

        lease = lease_of(known)
        goes_on = known.get(DISCONNECT_VARIABLE) == "finish"
        made = Returning(self.journal, again, told, goes_on=goes_on)
        return made if lease is None else replace(made, lease=lease)

    def _link(self, host: Host, name: str, reach: Reach) -> Link:
        """The way to a host, or from one host's tasks to another that they are delegated to."""
        with self._lock:
            future = self._links.get((host.name, name, reach))
            first = future is None
            if future is None:
                future = self._links[(host.name, name, reach)] = Future()
        if first:
            self._connect(future, name, reach)
        return future.result()

    def _target(self, name: str, reach: Reach) -> Target:
        """The way to a host as everything that is said of it describes it."""
        key = (name, reach)
        if key not in self._targets:
            self._targets[key] = target_of(
                name,
                {**self._known(name), **dict(reach.said)},
                strict=self._settings.strict,
                known=self._settings.known_hosts,
                transport=self._settings.transport,
                otherwise={**self._settings.connection, **dict(reach.otherwise)},
            )
        return self._targets[key]

    def _connect(self, future: Future[Link], name: str, reach: Reach) -> None:
        try:
            link = self._connected(self._target(name, reach))
            if link.warning:
                self._warn(link.warning)
            future.set_result(link)
        except BaseException as error:  # noqa: BLE001 - raised for whoever needs the link
            future.set_exception(error)

    def _warn(self, message: str) -> None:
        """Once in a run, however many hosts it holds for."""
        with self._lock:
            if message in self._warned:
                return
            self._warned.add(message)
        self._emit(Warned(message=message))

    def _known(self, name: str) -> Mapping[str, Any]:
        """The connection variables of a host, or of this machine."""
        if name in self.inventory.hosts:
            return self._variables(self.inventory.hosts[name])
        if name in ("localhost", "127.0.0.1"):
            return {"ansible_connection": "local"}
        return {}


def lease_of(variables: Mapping[str, Any]) -> float | None:
    """How long a step goes on after its controller is gone, where the host's variables say that."""
    given = variables.get(LEASE_VARIABLE)
    return None if given is None else float(given)


def _closed(future: Future[Link]) -> None:
    if future.exception() is None:
        future.result().close()
