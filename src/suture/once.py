"""Results that many hosts want at the same time are worked out by one of them."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Found = TypeVar("Found")


def once(size: int) -> Callable[[Callable[Given, Found]], Callable[Given, Found]]:
    """The function, but its last ``size`` results are remembered, and no two threads work at once:
    ``functools.lru_cache`` alone lets every thread that does not find a result make its own."""

    def made(function: Callable[Given, Found]) -> Callable[Given, Found]:
        remembered = functools.lru_cache(maxsize=size)(function)
        working = threading.RLock()

        @functools.wraps(function)
        def asked(*args: Given.args, **kwargs: Given.kwargs) -> Found:
            with working:
                return remembered(*args, **kwargs)  # type: ignore[arg-type]

        return asked

    return made
