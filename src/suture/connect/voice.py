"""The writing half of a session: frames in their order, over one channel after another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from suture.agent.protocol import wire
from suture.agent.protocol.content import LARGE, Content, Pack
from suture.agent.protocol.spec import Failure
from suture.connect.messages import Unsaid
from suture.connect.sent import Frame, Sent
from suture.connect.transport import Channel

INLINE = 16 * 1024
"""Bytes up to which content goes ahead with its step; larger content is sent when asked for."""

TAKEN = 256 * 1024
"""Bytes that are written at a time: each is a sign that the other side still takes something."""


class Voice:
    """Says frames to an agent; what is said while there is no channel waits for one.

    ``alive`` is called whenever something is taken, ``broken`` when the channel no longer takes
    anything.
    """

    def __init__(self, hello: bytes, alive: Callable[[], None], broken: Callable[[], None]) -> None:
        self.channel: Channel | None = None
        self.sent = Sent()
        self.sent.add(hello)
        self._lock = threading.Lock()
        self._alive = alive
        self._broken = broken
        self._contents: dict[str, Content] = {}
        self._supplied: set[str] = set()

    def use(self, channel: Channel, preamble: bytes = b"", taken: int = 0) -> None:
        """From now on this is the channel; what was said before, and not taken, goes first."""

        def first() -> None:
            self.channel = channel
            self._put(channel, preamble, *self.sent.pending(taken))
            channel.writer.flush()
            self.sent.written()

        self._safely(first)

    def silence(self) -> None:
        """There is no channel, until there is another one."""
        self.channel = None

    def say(self, *frames: Frame, step: int | None = None) -> None:
        def act() -> None:
            for each in frames:
                self.sent.add(each, step)
            if self.channel is not None:
                for each in frames:
                    self._put(self.channel, *((each,) if isinstance(each, bytes) else each))
                self.sent.written()

        self._safely(act)

    def flush(self) -> None:
        """What was said is on its way."""
        self._safely(lambda: self.channel and self.channel.writer.flush())

    def promise(self, found: Iterable[Content]) -> list[Frame]:
        """This content will be asked for; what goes ahead of that."""
        found = list(found)
        self._contents.update((content.sha256, content) for content in found)
        ahead: list[Content] = [content for content in found if isinstance(content, Pack)]
        if len(found) == 1 and found[0].size <= INLINE:
            ahead = found
        return [self._blob(each) for each in ahead if each.sha256 not in self._supplied]

    def adopt(self, foresight: Mapping[str, Any], other: Voice) -> None:
        """Content that another agent of the host was promised, and speaks of in its foresight, is
        promised to this one."""
        told = (content for _node, content, _fresh in foresight["predicted"].values())
        hashes = {str(content[0]) for content in told if type(content) is list and content}
        self._contents.update(
            (each, other._contents[each]) for each in hashes & other._contents.keys()
        )

    def supply(self, hashes: Iterable[str]) -> None:
        """Content that the agent asked for."""
        for sha256 in hashes:
            content = self._contents.get(sha256)
            if content is None:
                raise Unsaid("a wish for content that it was not promised")
            try:
                if content.size <= LARGE:
                    self.say(self._blob(content))
                    continue
                for chunk in content.chunks():
                    self.say((wire.blob_head(sha256, len(chunk), part=True), chunk))
            except Failure as error:
                withheld = {"op": "withheld", "sha256": sha256, "reason": str(error)}
                self.say(wire.frame(withheld))
        self.flush()

    def _blob(self, content: Content) -> Frame:
        self._supplied.add(content.sha256)
        data = content.bytes()
        return wire.blob_head(content.sha256, len(data)), data

    def _put(self, channel: Channel, *parts: bytes) -> None:
        for part in parts:
            if len(part) <= TAKEN:
                channel.writer.write(part)
                continue
            view = memoryview(part)
            for start in range(0, len(part), TAKEN):
                channel.writer.write(view[start : start + TAKEN])
                self._alive()
        self._alive()

    def _safely(self, act: Callable[[], object]) -> None:
        try:
            with self._lock:
                act()
        except (OSError, ValueError, EOFError):
            self._broken()
