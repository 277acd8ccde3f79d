"""What is known of one host from play to play."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from suture.model import Host, Joining
from suture.run.execution import Order
from suture.run.host_sessions import HostSessions


class Results(dict[str, Any]):
    """Registered variables and set facts of one host; grows while scopes already hold it."""

    def __bool__(self) -> bool:
        return True


@dataclass(slots=True)
class HostState:
    """A host's agents, results, included variables, facts, and the facts that single modules have
    ``told``.  ``grow`` has a host join groups of the inventory, and says whether that is new;
    ``other`` gives what is known of another host;
    ``numbers`` counts its steps and epochs."""

    host: Host
    agents: HostSessions
    order: Order
    results: Results = field(default_factory=Results)
    included: Results = field(default_factory=Results)
    facts: dict[str, Any] | None = None
    told: dict[str, Any] = field(default_factory=dict)
    grow: Callable[[Joining], bool] = lambda joining: False
    other: Callable[[str], HostState] | None = None
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
