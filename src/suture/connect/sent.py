"""What was said to an agent, kept until it is known to have been taken there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

Frame = bytes | tuple[bytes, bytes]
"""A frame in one piece, or a content's head and the content."""


class Sent:
    """Frames by their number, the first being 1, which is hello.  Those that an answer shows to have
    been taken are let go; the others stay, for the connection after this one."""

    def __init__(self) -> None:
        self._keeps = True
        self._frames: deque[Frame] = deque()
        self._before = 0
        self._steps: deque[tuple[int, int]] = deque()
        """The number of each step, with that of its frame."""

    def add(self, frame: Frame, step: int | None = None) -> None:
        self._frames.append(frame)
        if step is not None and self._keeps:
            self._steps.append((step, self._before + len(self._frames)))

    def again(self, hello: Frame) -> None:
        """The first frame is this one instead."""
        self._frames[0] = hello

    def let_go(self) -> None:
        """There is no connection after this one: what has gone out is not kept any more."""
        self._keeps = False
        self.written()

    def written(self) -> None:
        """All that was added has gone out."""
        if not self._keeps:
            self._before += len(self._frames)
            self._frames.clear()

    def answered(self, step: int) -> None:
        """The agent has come to this step: it has taken that, and all before it."""
        count = 0
        while self._steps and self._steps[0][0] <= step:
            count = self._steps.popleft()[1]
        self.taken(count)

    def taken(self, count: int) -> None:
        """The agent has the first so many frames."""
        while self._before < count and self._frames:
            self._frames.popleft()
            self._before += 1

    def pending(self, taken: int = 0) -> Iterator[bytes]:
        """The pieces of what is kept, behind the first ``taken`` frames."""
        for number, frame in enumerate(self._frames, self._before + 1):
            if number > taken:
                yield from (frame,) if isinstance(frame, bytes) else frame
