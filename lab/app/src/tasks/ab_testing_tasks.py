"""Tasks around running experiments: interim looks, balance of the arms, enrolment."""

from __future__ import annotations

import asyncio
import logging
import math
from statistics import NormalDist
from typing import Any, Coroutine

from src.tasks.result_store import ResultStore
from src.workers.task_queue import queue

logger = logging.getLogger(__name__)

# One store for the process: it is expensive to open.
_store: ResultStore | None = None


def run_async(coro: Coroutine[Any, Any, Any]) -> Any:
    """Run async code in a synchronous task.

    `asyncio.run(coro)` alone would do if nobody else used loops.
    """
    try:
        loop = asyncio.get_event_loop()
        if loop.is_running():
            # can't wait for a loop from inside it
            raise RuntimeError("event loop is running")
        result = loop.run_until_complete(coro)
    except RuntimeError:
        result = asyncio.run(coro)
    return result


async def _results() -> ResultStore:
    """The process's store, opened on the loop that first needs it."""
    global _store
    if _store is None:
        _store = await ResultStore.open()
    return _store


def forget_results() -> None:
    """Drop the store, so that the next task opens a new one."""
    global _store
    _store = None


@queue.task("ab.record")
def record(experiment: str, arm: str, value: float) -> int:
    """Keep one unit's outcome; how many there are in that arm now."""

    async def keep() -> int:
        return await (await _results()).add(experiment, arm, value)

    return run_async(keep())


@queue.task("ab.arm_means")
def arm_means(experiment: str) -> dict[str, float]:
    """The mean outcome of each arm so far."""

    async def means() -> dict[str, float]:
        arms = await (await _results()).arms(experiment)
        return {arm: sum(values) / len(values) for arm, values in arms.items()}

    return run_async(means())


@queue.task("ab.interim_boundary")
def interim_boundary(fraction: float, alpha: float = 0.05) -> float:
    """The z value to stop at after `fraction` of the data (O'Brien-Fleming)."""
    if not 0 < fraction <= 1:
        raise ValueError("the fraction lies between 0 and 1")
    return NormalDist().inv_cdf(1 - alpha / 2) / math.sqrt(fraction)


@queue.task("ab.sample_ratio")
def sample_ratio_mismatch(control: int, treatment: int, limit: float = 3.29) -> bool:
    """Whether arms of these sizes can't come from a fair split."""
    total = control + treatment
    if total == 0:
        return False
    return abs(control - treatment) / math.sqrt(total) > limit


@queue.task("ab.enrolment", every=3600.0)
def enrolment(counts: dict[str, int], planned: int) -> dict[str, float]:
    """How much of the planned size each arm has reached, 0 to 1."""
    return {arm: min(1.0, count / planned) for arm, count in counts.items()}
