"""Where lines go: plain text here, a live terminal in ``live``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TextIO

from suture.report.text.changes import Element
from suture.report.text.lines import Line
from suture.report.text.stream import Stream


class Output(Protocol):
    """Takes elements for good, and on a terminal keeps a few lines at its foot up to date."""

    @property
    def live(self) -> bool:
        """Whether a person watches: marks and colours, and a region that is redrawn."""

    def show(self, elements: Iterable[Element]) -> None:
        """Put these down."""

    def watch(self, region: Callable[[int, int], Sequence[Line]]) -> None:
        """From now on ``region``, given columns and rows, tells what stands at the foot."""

    def unwatch(self) -> None:
        """The foot is empty again."""


class Plain:
    """Text for a log: no colours, nothing redrawn, the same at any width."""

    live = False

    def __init__(self, out: TextIO) -> None:
        self._stream = Stream(out)

    def show(self, elements: Iterable[Element]) -> None:
        text = "".join(
            f"{each.text}\n" for element in elements for each in element.lines(width=None)
        )
        self._stream.write(text)
        self._stream.flush()

    def watch(self, region: Callable[[int, int], Sequence[Line]]) -> None:
        """A log has no foot."""

    def unwatch(self) -> None:
        """A log has no foot."""


def paper(out: TextIO, environ: Mapping[str, str]) -> Output:
    """The best that this stream can show; Rich is imported for a terminal only."""
    if not out.isatty() or environ.get("TERM", "") in ("", "dumb", "unknown"):
        return Plain(out)
    from suture.report.terminal.rich_output import RichOutput

    return RichOutput(out, environ)
