"""About how long each tool takes, for deciding what there is time for; nothing is reported of it.

Measured once, on two processors of 2026 that the hosts shared.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """Seconds to start, for a converged task on one host and on each of many at once, and how many
    round trips a task waits for."""

    start: float
    task: float
    task_of_many: float
    trips: float

    def seconds(self, tasks: int, hosts: int = 1, rtt_ms: int = 0) -> float:
        each = self.task if hosts == 1 else self.task_of_many * hosts
        return self.start + tasks * (each + self.trips * rtt_ms / 1000)


COSTS = {
    "ansible": Cost(1.5, 0.39, 0.24, 6.5),
    "mitogen": Cost(1.0, 0.08, 0.067, 1.5),
    "pyinfra": Cost(0.8, 0.09, 0.012, 3.7),
    "suture": Cost(0.5, 0.002, 0.002, 0.0),
}
