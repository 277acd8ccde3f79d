"""Outcomes of running experiments, kept behind one writer per event loop."""

from __future__ import annotations

import asyncio
from collections import defaultdict


class ResultStore:
    """Outcomes by experiment and arm.

    Like a database connection it belongs to the loop that opened it: a future of
    that loop stands for every write, and no other loop can make one.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._values: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(
            lambda: defaultdict(list)
        )

    @classmethod
    async def open(cls) -> ResultStore:
        """A store on the loop that is running."""
        return cls(asyncio.get_running_loop())

    async def add(self, experiment: str, arm: str, value: float) -> int:
        """Keep a value; how many the arm has now."""
        written: asyncio.Future[int] = self._loop.create_future()
        self._loop.call_soon(self._write, written, experiment, arm, value)
        return await written

    def _write(
        self, written: asyncio.Future[int], experiment: str, arm: str, value: float
    ) -> None:
        self._values[experiment][arm].append(value)
        written.set_result(len(self._values[experiment][arm]))

    async def arms(self, experiment: str) -> dict[str, list[float]]:
        """The values of each arm."""
        return {arm: list(values) for arm, values in self._values[experiment].items()}
