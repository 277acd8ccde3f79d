"""Counts what the workers do, on the loop of the thread that imports it."""

from __future__ import annotations

import asyncio
from collections import Counter

# From the days before asyncio.run: the loop is looked up once, here.
LOOP = asyncio.get_event_loop()

counts: Counter[str] = Counter()


async def _add(name: str) -> int:
    counts[name] += 1
    return counts[name]


def count(name: str) -> int:
    """How often `name` was counted, this time included."""
    return LOOP.run_until_complete(_add(name))
