"""The log of what was asked: one JSON object a line, numbered without gaps.

A log has one writer. The numbers come from the writer's memory, not from the file,
so a second process would hand out the same ones again. Every process that opens a
log puts its number into `writers`; once there are two, nobody may write any more.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

SLOW_MS = 250.0


class QueryLogContested(RuntimeError):
    """More than one process has opened the log, so its numbers mean nothing."""


@dataclass(frozen=True)
class QueryEntry:
    """One question, and how it was answered."""

    query: str
    hits: int
    milliseconds: float
    number: int = 0
    tags: list[str] = field(default_factory=list)

    @property
    def slow(self) -> bool:
        return self.milliseconds >= SLOW_MS

    def line(self) -> str:
        """The entry as it stands in the file."""
        return json.dumps(asdict(self), sort_keys=True)


class QueryLogger:
    """Writes the log in `folder`; open it first, close it at the end."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "queries.jsonl"
        self._writers = folder / "writers"
        self._next = 1

    def open(self, settle: float = 0.0) -> QueryLogger:
        """Sign on, and give others `settle` seconds to do so if they start just now."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self._writers, "a") as file:
            file.write(f"{os.getpid()}\n")
        until = time.monotonic() + settle
        while not self.contested and time.monotonic() < until:
            time.sleep(0.05)
        return self

    @property
    def contested(self) -> bool:
        """Whether a second process has opened this log."""
        return len(set(self._writers.read_text().split())) > 1

    def log(self, query: str, hits: int, milliseconds: float, *tags: str) -> QueryEntry:
        """Write an entry; QueryLogContested if that is not ours to do."""
        if self.contested:
            raise QueryLogContested(f"{self.path.parent.name} has more than one writer")
        entry = QueryEntry(query, hits, milliseconds, self._next, list(tags))
        with open(self.path, "a") as file:
            file.write(entry.line() + "\n")
        self._next += 1
        return entry

    def entries(self) -> list[QueryEntry]:
        """Everything that was logged so far, oldest first."""
        if not self.path.exists():
            return []
        return [QueryEntry(**json.loads(line)) for line in self.path.read_text().splitlines()]
