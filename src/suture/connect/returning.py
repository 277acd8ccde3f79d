"""Come back to an agent whose connection was lost: over a new one, which it takes for the old one."""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from suture.agent.connection.incoming import LEASE
from suture.agent.protocol import wire
from suture.connect.bundle import AGENT, START
from suture.connect.listening import heard
from suture.connect.transport import Channel
from suture.errors import SutureError, Unreachable

FIRST = 0.1
"""Seconds before the second try; each further one waits twice as long, up to ``MOST``."""
MOST = 15.0
ANSWER = 25.0
"""Seconds in which an agent has to answer over a new connection."""


@dataclass(slots=True)
class Returning:
    """``opened`` opens a channel over a new connection; ``told`` is for the operator.

    ``lease``: seconds for which the agent waits.  ``goes_on``: it begins meanwhile what was sent.
    ``name`` is what it listens at, ``boot`` which start of its machine it was made in.
    """

    run: str
    opened: Callable[[], Channel]
    told: Callable[[str], None]
    lease: float = LEASE
    goes_on: bool = False
    boot: str = ""
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = f"{self.run}-{secrets.token_hex(6)}"

    def channel(self, count: int, given_up: Callable[[], bool]) -> tuple[Channel, int]:
        """A channel to the agent that waits, which is told how many frames of its are here, and how
        many of ours it has; Unreachable where nobody waits, or there is no way within the lease."""
        self.told("the connection was lost; trying to make it again")
        began, pause, said = time.monotonic(), FIRST, ""
        while not given_up() and time.monotonic() - began < self.lease:
            try:
                channel = self.opened()
                found = _asked(channel, {"name": self.name, "heard": count})
            except (SutureError, OSError, EOFError, ValueError) as error:
                said = str(error)
            except Exception as error:
                if not type(error).__module__.startswith("paramiko"):
                    raise
                said = str(error) or type(error).__name__
            else:
                if found is not None and found[0] == "attached":
                    seconds = time.monotonic() - began
                    self.told(f"connected again after {seconds:.1f} s; the run goes on")
                    return channel, int(found[1]["taken"])
                channel.close()
                if found is not None and found[0] == "nobody":
                    raise Unreachable(self._nobody(str(found[1]["boot"])))
            time.sleep(pause * random.uniform(0.7, 1.0))  # noqa: S311 - many do not come at once
            pause = min(MOST, pause * 2)
        ended = f" for {self.lease:g} s" if not given_up() else ""
        raise Unreachable(
            f"the connection was lost, and could not be made again{ended}"
            + (f" ({said})" if said else "")
        )

    def _nobody(self, boot: str) -> str:
        if boot and self.boot and boot != self.boot:
            return "the connection was lost: the host has been started again meanwhile"
        return "the connection was lost"


def _asked(channel: Channel, asked: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The answer of whoever is there, or None."""
    program = (AGENT / "connection" / "attach.py").read_bytes()
    limit = threading.Timer(ANSWER, channel.cut)
    limit.daemon = True
    limit.start()
    try:
        words = json.dumps(asked).encode()
        channel.writer.write(b"%b%d\n%b%b\n" % (START, len(program), program, words))
        channel.writer.flush()
        return heard(channel, lambda: None, wire.MARK)
    finally:
        limit.cancel()
