"""Connections and what is known of each host, kept from play to play of one run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from suture.agent.result import Result
from suture.errors import SutureError
from suture.events import Event, HostConnected
from suture.events import HostLost as Lost
from suture.model import Host, Inventory
from suture.run.agents import Agents
from suture.run.execution import Order
from suture.run.narrator import Narrator
from suture.run.session import Hearing, Session
from suture.run.settings import Settings
from suture.run.state import HostState
from suture.run.target import target_of
from suture.run.transport import Link, linked


class Pool:
    """Hosts by name, each opened when first needed.

    ``variables`` gives a host's rendered connection variables.  ``modules``: what to ship to an
    agent at once.
    """

    def __init__(
        self,
        inventory: Inventory,
        settings: Settings,
        emit: Callable[[Event], None],
        variables: Callable[[Host], Mapping[str, Any]],
    ) -> None:
        self.inventory = inventory
        self._settings = settings
        self._emit = emit
        self._variables = variables
        self._states: dict[str, tuple[HostState, Narrator]] = {}
        self._links: dict[tuple[str, str], Link] = {}
        self._lock = threading.Lock()
        self.modules: frozenset[str] = frozenset()
        self.gone: dict[str, str] = {}

    def state(self, host: Host) -> tuple[HostState, Narrator]:
        with self._lock:
            if host.name not in self._states:
                self._states[host.name] = self._opened(host)
            return self._states[host.name]

    def lost(self, name: str, reason: str) -> None:
        """This host is out for the rest of the run."""
        with self._lock:
            if name in self.gone:
                return
            self.gone[name] = reason
        self._emit(Lost(host=name, reason=reason))

    def finish(self) -> None:
        """Part from every host."""
        for name, (state, _) in self._states.items():
            if name not in self.gone:
                state.agents.finish()
        for link in self._links.values():
            link.close()

    def abandon(self) -> None:
        """Hang up on every host at once; from any thread."""
        for state, _ in list(self._states.values()):
            state.order.lose("the run was interrupted")
            state.agents.abandon()

    def _opened(self, host: Host) -> tuple[HostState, Narrator]:
        narrator = Narrator(host.name, self._emit)
        order = Order(narrator.reported, narrator.begun)

        def heard(number: int, result: Result) -> None:
            order.heard(number, result)

        hearing = Hearing(
            heard,
            lambda number, text: narrator.output(order, number, text),
            lambda number, kind, data: narrator.report(order, number, kind, data),
            order.lose,
        )

        def connected(user: str, session: Session, seconds: float) -> None:
            self._emit(
                HostConnected(
                    host=host.name, user=user, python=session.python, seconds=round(seconds, 3)
                )
            )

        agents = Agents(
            lambda name: self._link(host, name),
            order,
            hearing,
            dry=self._settings.dry,
            modules=self.modules,
            connected=connected,
        )
        return HostState(host, agents, order), narrator

    def _link(self, host: Host, name: str) -> Link:
        """The way to a host, or from one host's tasks to another that they are delegated to."""
        key = (host.name, name)
        if key not in self._links:
            known = self._settings.known_hosts
            if name in self.inventory.hosts:
                variables = self._variables(self.inventory.hosts[name])
            elif name in ("localhost", "127.0.0.1"):
                variables = {"ansible_connection": "local"}
            else:
                raise SutureError(f"delegate_to: there is no host '{name}' in the inventory")
            self._links[key] = linked(
                target_of(name, variables, strict=self._settings.strict, known=known)
            )
        return self._links[key]
