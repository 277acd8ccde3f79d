"""A step's time: it binds whatever the step does, a read that never ends included."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import Any, Iterator, Optional

GRACE = 0.5
"""Seconds that a command's own limit, which has more to tell, comes before this one."""

AGAIN = 5.0
"""Seconds after which a step that went on regardless is told once more."""


class OutOfTime(BaseException):
    """The step's time is over; no Exception, so that nothing in a module takes it for its own."""


@contextlib.contextmanager
def limited(seconds: Optional[float]) -> Iterator[None]:
    """OutOfTime is raised within once the seconds are over, if there are any; only in the process's
    main thread, where an agent performs its steps."""
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(_number: int, _frame: Any) -> None:
        raise OutOfTime(f"the step took longer than its timeout of {seconds:g} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, max(0.01, seconds + GRACE), AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
