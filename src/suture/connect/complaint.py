"""What the other side says on stderr: read to its end, so that it never waits; little is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable

KEPT = 64 * 1024
"""Bytes that are kept: the last ones."""


class Complaint:
    """``read`` gives the next bytes, none at the end; it is called by a thread of this object's own."""

    def __init__(self, read: Callable[[], bytes]) -> None:
        self._read = read
        self._kept = b""
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def said(self, patience: float = 2.0) -> str:
        """All of it, or what has come once ``patience`` seconds are over."""
        self._thread.join(patience)
        return self._kept.decode("utf-8", "replace").strip()

    def _drain(self) -> None:
        try:
            while data := self._read():
                self._kept = (self._kept + data)[-KEPT:]
        except (OSError, ValueError):
            return  # closed under our hands: what was said until then stays
