"""Content that the controller has promised: fetched when first needed, all that is missing at
once."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Callable, Deque, Dict, Iterable, Iterator, List, Set

from .content import LARGE, Content, Tree, TreeEntry
from .spec import Failure
from .wire import Blob, Message

KEPT = 64 * 1024 * 1024
"""Bytes of fetched content kept for later steps; above, the oldest goes first."""


AHEAD = 16
"""Parts of large content that may be here before they are used; the controller waits with more."""


class Store:
    """``ask`` sends a frame to the controller; ``put``, ``withhold`` and ``close`` are called by the
    thread that reads what it answers."""

    def __init__(self, ask: Callable[[Message], None]) -> None:
        self._ask = ask
        self._blobs: Dict[str, bytes] = {}
        self._streams: Dict[str, Deque[bytes]] = {}
        self._withheld: Dict[str, str] = {}
        self._coming: Set[str] = set()
        self._news = threading.Condition()
        self._closed = False

    def put(self, blob: Blob) -> None:
        """Content, or the next part of it; returns once there is room for more."""
        self.add(blob)
        self.make_room(blob)

    def add(self, blob: Blob) -> None:
        """Content, or the next part of it: that is dropped where nobody takes it any more."""
        with self._news:
            if not blob.part:
                self._blobs[blob.sha256] = blob.data
                self._coming.discard(blob.sha256)
            elif blob.sha256 in self._streams:
                self._streams[blob.sha256].append(blob.data)
            self._news.notify_all()

    def make_room(self, blob: Blob) -> None:
        """Wait until a further part of this content may come."""
        with self._news:
            waiting = self._streams.get(blob.sha256)
            if blob.part and waiting is not None:
                self._news.wait_for(
                    lambda: len(waiting) < AHEAD or self._streams.get(blob.sha256) is not waiting
                )

    def withhold(self, sha256: str, reason: str) -> None:
        """This content, or the rest of it, will not come."""
        with self._news:
            self._withheld[sha256] = reason
            self._coming.discard(sha256)
            self._news.notify_all()

    def close(self) -> None:
        """No more content will come."""
        with self._news:
            self._closed = True
            self._news.notify_all()

    def fetch(self, sha256: str) -> bytes:
        """The content with this hash, waiting for it if need be."""
        with self._news:
            if sha256 not in self._blobs:
                if sha256 not in self._coming:
                    self._withheld.pop(sha256, None)
                    self._ask({"event": "want", "sha256": [sha256]})
                self._await(sha256, lambda: sha256 in self._blobs)
            data = self._blobs[sha256]
            self._trim(sha256)
            return data

    def stream(self, sha256: str, size: int) -> Iterator[bytes]:
        """Large content as it comes, waiting for each part."""
        waiting: Deque[bytes] = deque()
        with self._news:
            self._streams[sha256] = waiting
            self._withheld.pop(sha256, None)
            self._ask({"event": "want", "sha256": [sha256]})
        try:
            while size > 0:
                with self._news:
                    self._await(sha256, lambda: bool(waiting))
                    data = waiting.popleft()
                    self._news.notify_all()
                size -= len(data)
                yield data
        finally:
            with self._news:
                self._streams.pop(sha256, None)
                self._news.notify_all()

    def _await(self, sha256: str, here: Callable[[], bool]) -> None:
        """Wait until it is here; a Failure when it will not come."""
        self._news.wait_for(lambda: here() or self._closed or sha256 in self._withheld)
        if not here():
            lost = "the connection was lost before the content came"
            raise Failure(self._withheld.get(sha256, lost))

    def prefetch(self, hashes: Iterable[str]) -> None:
        """Ask for all of these that are not here, in one frame; ``fetch`` then waits for each."""
        with self._news:
            missing = sorted(set(hashes) - self._blobs.keys() - self._coming)
            self._coming.update(missing)
        if missing:
            self._ask({"event": "want", "sha256": missing})

    def _trim(self, keep: str) -> None:
        total = sum(map(len, self._blobs.values()))
        for sha256 in [key for key in self._blobs if key != keep]:
            if total <= KEPT:
                return
            total -= len(self._blobs.pop(sha256))

    # -- what stands for content in a step's arguments -----------------------------------------

    def decoded(self, value: Any) -> Any:
        """The arguments with every reference turned into the Content or Tree it stands for."""
        if isinstance(value, dict):
            if "$content" in value:
                return self.content(value["$content"])
            if "$tree" in value:
                return self._tree(value["$tree"])
            return {key: self.decoded(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.decoded(item) for item in value]
        return value

    def content(self, wire: List[Any]) -> Content:
        """What a promise on the wire stands for."""
        sha256, size, name, mode = wire
        if size <= LARGE:
            return Content(sha256, size, lambda: self.fetch(sha256), name, mode, self.prefetch)

        def streamed() -> Iterator[bytes]:
            return self.stream(sha256, size)

        return Content(
            sha256, size, lambda: b"".join(streamed()), name, mode, self.prefetch, streamed
        )

    def _tree(self, wire: Dict[str, Any]) -> Tree:
        entries = [
            TreeEntry(path, mode, self.content(content) if content else None, target)
            for path, mode, content, target in wire["entries"]
        ]
        return Tree(wire["name"], entries, wire["contents_only"])


def encoded(value: Any, found: List[Content]) -> Any:
    """The arguments as JSON carries them; every Content met is added to ``found``."""
    if isinstance(value, Content):
        found.append(value)
        return {"$content": [value.sha256, value.size, value.name, value.mode]}
    if isinstance(value, Tree):
        entries = []
        for entry in value.entries:
            content = entry.content
            if content is not None:
                found.append(content)
            entries.append(
                [
                    entry.path,
                    entry.mode,
                    [content.sha256, content.size, content.name, content.mode] if content else None,
                    entry.target,
                ]
            )
        return {
            "$tree": {"name": value.name, "entries": entries, "contents_only": value.contents_only}
        }
    if isinstance(value, dict):
        return {key: encoded(item, found) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encoded(item, found) for item in value]
    return value
