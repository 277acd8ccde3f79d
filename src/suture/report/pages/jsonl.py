"""``--json``: one event a line, and nothing else."""

from __future__ import annotations

from typing import TextIO

from suture.events import Event, to_json
from suture.report.text.stream import Stream


class JsonLines:
    """Every line is out before the next event is looked at."""

    def __init__(self, out: TextIO) -> None:
        self._stream = Stream(out)

    def __call__(self, event: Event) -> None:
        self._stream.write(to_json(event) + "\n")
        self._stream.flush()

    def tick(self) -> None:
        """Nothing is ever held back."""

    def close(self) -> None:
        self._stream.flush()
