"""Tasks that keep the feature store fresh."""

from __future__ import annotations

import asyncio
from typing import Any

from src.workers.task_queue import queue


def run_async(coro: Any) -> Any:
    """Run a coroutine on a loop of its own.

    The feature store's client must not share a loop with anybody: it cancels what
    it finds on it. So this one differs from the other tasks', on purpose.
    """
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coro)
    finally:
        loop.close()


async def _materialize(view: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    await asyncio.sleep(0)
    newest = max((row["at"] for row in rows), default=None)
    return {"view": view, "rows": len(rows), "newest": newest}


@queue.task("feast.materialize", every=3600.0)
def materialize(view: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Put rows into the online store; what it holds then."""
    return run_async(_materialize(view, rows))


@queue.task("feast.stale")
def stale(newest: dict[str, float], now: float, limit: float = 7200.0) -> list[str]:
    """The views whose newest row is older than `limit` seconds."""
    return sorted(view for view, at in newest.items() if now - at > limit)
