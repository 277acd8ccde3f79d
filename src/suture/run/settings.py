"""What the operator asked for, the same for every host of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from suture.model import Become


@dataclass(frozen=True, slots=True)
class Settings:
    """``dry``: predict only; ``rehearse``: really do it, in a throw-away copy of each host, which has
    a network where ``network`` says so.  ``known_hosts``: the project's own file; ``transport``:
    "fabric", "openssh", or empty for either; ``connection`` and ``become`` hold where neither
    inventory nor playbook says anything.  ``cancelled`` turns true when the operator stops the
    run; ``learn`` is given each secret that comes to light in it."""

    dry: bool = False
    rehearse: bool = False
    network: bool = True
    diff: bool = False
    forks: int = 16
    verbosity: int = 0
    extra_vars: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    skip_tags: tuple[str, ...] = ()
    become_password: str | None = None
    known_hosts: str = ""
    strict: bool = True
    transport: str = ""
    connection: Mapping[str, Any] = field(default_factory=dict)
    become: Become = field(default_factory=Become)
    cancelled: Callable[[], bool] = lambda: False
    learn: Callable[[str], None] = lambda secret: None
