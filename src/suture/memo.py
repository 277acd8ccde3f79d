"""Results that many hosts want at the same time are worked out by one of them."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

Given = TypeVarTuple("Given")
Found = TypeVar("Found")


def once(size: int) -> Callable[[Callable[[*Given], Found]], Callable[[*Given], Found]]:
    """The function, but its last ``size`` results are remembered, and no two threads work at once:
    ``functools.lru_cache`` alone lets every thread that does not find a result make its own.

    It takes no arguments by name: that would be another question to ``lru_cache``.
    """

    def made(function: Callable[[*Given], Found]) -> Callable[[*Given], Found]:
        remembered = functools.lru_cache(maxsize=size)(function)
        working = threading.RLock()

        @functools.wraps(function)
        def asked(*args: *Given) -> Found:
            with working:
                return remembered(*args)

        return asked

    return made
