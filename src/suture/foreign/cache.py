"""What was read out of a file, kept until the file changes: reading it takes longer than a run may."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

VERSION = 1
"""Of what is kept; another one starts anew."""


class Cache:
    """One kind of what was read, by path.  A cache that cannot be read or written is none, which only
    takes time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._entries: dict[str, list[Any]] | None = None
        self._changed = False
        self._lock = threading.Lock()

    def of(self, path: str, read: Callable[[str], Any]) -> Any:
        """What ``read`` makes of the file, as JSON holds it (a date is a text)."""
        found = Path(path).stat()
        key = [found.st_mtime_ns, found.st_size]
        with self._lock:
            if self._entries is None:
                self._entries = self._loaded()
            entry = self._entries.get(path)
            if entry is not None and entry[0] == key:
                return entry[1]
        value = json.loads(json.dumps(read(path), default=str))
        with self._lock:
            self._entries[path] = [key, value]
            self._changed = True
        return value

    def save(self) -> None:
        """Keep it for the next run."""
        if not self._changed or self._entries is None:
            return
        self._changed = False
        temporary = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps([VERSION, self._entries]), encoding="utf-8")
            temporary.replace(self._file)

    def _loaded(self) -> dict[str, list[Any]]:
        with contextlib.suppress(OSError, ValueError):
            version, entries = json.loads(self._file.read_text(encoding="utf-8"))
            if version == VERSION and isinstance(entries, dict):
                return entries
        return {}


@functools.cache
def cache(kind: str) -> Cache:
    """The operator's cache of this kind; written when the program ends."""
    from platformdirs import user_cache_path

    made = Cache(user_cache_path("suture") / "foreign" / f"{kind}.json")
    atexit.register(made.save)
    return made
