"""An author's regular expression on a host: it ends, whatever the text is."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from typing import Any, Iterator, Optional

from ..protocol.spec import Failure

SECONDS = 10.0


@contextlib.contextmanager
def patiently(pattern: Optional[str], where: str) -> Iterator[None]:
    """A Failure is raised within once matching takes longer than anyone waits; only in the process's
    main thread, where an agent performs its steps.  A step's own limit that comes before stands."""
    if pattern is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(_number: int, _frame: Any) -> None:
        raise Failure(
            f"the pattern '{pattern}' takes more than {SECONDS:g} s on {where}: make it simpler,"
            " without repetition within repetition"
        )

    left, again = signal.getitimer(signal.ITIMER_REAL)
    if 0 < left <= SECONDS:
        yield
        return
    before = signal.signal(signal.SIGALRM, over)
    began = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        rest = max(left - (time.monotonic() - began), 0.01) if left else 0
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, rest, again)
