"""Event loops in the states that tasks find them in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import pytest


def _tidy() -> None:
    """Close the loop this thread is left with, so that the next test starts with none."""
    with suppress(RuntimeError):  # there is none
        asyncio.get_event_loop_policy().get_event_loop().close()
    asyncio.set_event_loop(None)


@pytest.fixture
def fresh_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """This thread has a loop that works: a worker in the middle of its life."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop
    _tidy()
    loop.close()


@pytest.fixture
def closed_loop() -> Iterator[None]:
    """This thread's loop was closed: something ran asyncio to its end before."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.close()
    yield
    _tidy()


@pytest.fixture
def no_loop() -> Iterator[None]:
    """This thread has no loop, and Python won't make one by itself."""
    asyncio.set_event_loop(None)
    yield
    _tidy()
