"""One stream of events, handed to everything that shows or remembers it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from suture.events import Event, Sink


class Consumer(Protocol):
    """A sink with an end.  All calls come from one thread."""

    def __call__(self, event: Event) -> None:
        """Take in the next event."""

    def tick(self) -> None:
        """Called about once a second while no event comes."""

    def close(self) -> None:
        """No event will come any more, whether or not the run came to its end."""


class Fan:
    """Hands each event, its secrets redacted, to several consumers.

    A consumer that raises is detached and ``tell`` is given one sentence about it: a full disk
    under a report must not stop a remediation halfway.  An event that cannot be redacted is
    handed to nobody.
    """

    def __init__(
        self,
        consumers: Sequence[Consumer],
        redact: Callable[[Event], Event],
        tell: Callable[[str], None],
    ) -> None:
        self._consumers = list(consumers)
        self._redact = redact
        self._tell = tell
        self._told_of_redaction = False

    def __call__(self, event: Event) -> None:
        try:
            redacted = self._redact(event)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing unredacted gets out
            if not self._told_of_redaction:
                self._told_of_redaction = True
                self._tell(
                    f"an event ({type(event).__name__}) was dropped because its secrets could not "
                    f"be redacted: {type(error).__name__}"
                )
            return
        for consumer in tuple(self._consumers):
            self._safely(consumer, "its output ends here", partial(consumer, redacted))

    def tick(self) -> None:
        for consumer in tuple(self._consumers):
            self._safely(consumer, "its output ends here", consumer.tick)

    def close(self) -> None:
        for consumer in tuple(self._consumers):
            self._safely(consumer, "its end may be missing", consumer.close)
        self._consumers.clear()

    def _safely(self, consumer: Consumer, result: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - one output's trouble is not the run's
            self._consumers.remove(consumer)
            name = type(consumer).__name__.lower()
            why = str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
            self._tell(f"{name} failed ({why}): {result}, the run goes on")


class Plainly:
    """A bare function as a consumer."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def __call__(self, event: Event) -> None:
        self._sink(event)

    def tick(self) -> None:
        """A function has nothing to do meanwhile."""

    def close(self) -> None:
        """A function holds nothing."""
