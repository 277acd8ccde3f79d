"""An output stream that neither its encoding nor a reader who went away can bring down."""

from __future__ import annotations

import contextlib
import os
from typing import TextIO

from suture.report.text.lines import ASCII


class Stream:
    """A text stream.  What its encoding lacks is replaced; once its reader is gone (``| head``),
    the rest is dropped: a run must not stop halfway because nobody watches any more."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self.encoding = out.encoding or "utf-8"
        self.errors = "backslashreplace"
        self.gone = False
        self._plain = not _can_say("✓→…", self.encoding)

    def write(self, text: str) -> int:
        if self.gone:
            return len(text)
        if self._plain:
            text = text.translate(ASCII)
        try:
            self._out.write(text.encode(self.encoding, self.errors).decode(self.encoding))
        except BrokenPipeError:
            self._leave()
        return len(text)

    def flush(self) -> None:
        if self.gone:
            return
        try:
            self._out.flush()
        except BrokenPipeError:
            self._leave()

    def isatty(self) -> bool:
        return self._out.isatty()

    def fileno(self) -> int:
        return self._out.fileno()

    def _leave(self) -> None:
        """Point the stream to nowhere, so that Python's own flush at exit does not complain."""
        self.gone = True
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._out.fileno())
            os.close(nowhere)


def _can_say(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
