"""How a change is made: recorded, noted so that it can be undone, and then done.  One hook for all."""

from __future__ import annotations

import contextlib
import os
import time
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence

from ..protocol.result import Change
from ..protocol.spec import Failure, Unpredictable
from . import node as nodes
from .changes import NOTHING, Deed, Prediction, Recorder, Reversal, verb
from .node import Time
from .sight import Sight

TOGETHER = 256
"""Changes that are noted at a time."""


class Acting(Sight):
    """The real machine, which can be changed.  ``emit`` is given each line that a running command
    prints, ``report`` what a module has to tell before its step ends: a kind and its data.
    ``recorder`` notes what undoing changes takes."""

    def __init__(
        self,
        emit: Callable[[str], None] = lambda line: None,
        report: Callable[[str, Dict[str, Any]], None] = lambda kind, data: None,
        recorder: Optional[Recorder] = None,
    ) -> None:
        super().__init__(emit)
        self.report = report
        self._recorder = recorder
        self._changes: List[Change] = []
        self._waiting: Optional[List[Deed]] = None
        self.step = ""

    def begin(
        self, step: str, environment: Mapping[str, str], seconds: Optional[float] = None
    ) -> None:
        """From now on what happens belongs to this step: its commands see this environment, and
        none of them runs on when the step's ``seconds`` are over."""
        self.step, self.environment, self._changes = step, environment, []
        self._ends = None if seconds is None else time.monotonic() + seconds
        self._seconds = seconds or 0.0

    def take_changes(self) -> List[Change]:
        """The changes since the last call: one step's worth."""
        changes, self._changes = self._changes, []
        return changes

    @property
    def is_noted(self) -> bool:
        """Whether changes are noted, so that they can be undone."""
        return self._recorder is not None

    def adopt(self, changes: Sequence[Change]) -> None:
        """These were made, and noted, by another process of this agent's kind: they are told as
        this step's."""
        self._changes.extend(changes)

    def forget(self, path: str) -> None:
        """A file of an agent's own is of no use any more, and goes: not a change."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)

    def unpredicted(self) -> str:
        """What this step's result hangs on that did not run; nothing in the real world."""
        return ""

    def doubt(self, changes: Sequence[Change], failed: bool) -> Optional[Unpredictable]:
        """Why it cannot be said that the step ends like this; None in the real world."""
        return None

    def _make(
        self,
        change: Change,
        act: Callable[[], None],
        predictions: Sequence[Prediction] = (),
        *,
        makes: Sequence[str] = (),
        spoils: Sequence[str] = (),
        expects: Optional[Mapping[str, Any]] = None,
        above: Time = None,
        reversal: Reversal = NOTHING,
    ) -> None:
        """The one acting hook: everything that changes the machine passes through here."""
        deed = Deed(change, act, predictions, reversal, above)
        if self._waiting is None:
            self._done([deed])
        else:
            self._waiting.append(deed)

    def _done(self, deeds: Sequence[Deed]) -> None:
        """The changes are made, in this order, once all of them are noted."""
        recorder = self._recorder
        noted = recorder(deeds) if recorder else contextlib.nullcontext(lambda: None)
        with noted as made:
            for deed in deeds:
                change = deed.change
                try:
                    deed.act()
                    if deed.above is not None:
                        nodes.timed_if_ours(os.path.dirname(change.target), deed.above)
                except OSError as error:
                    raise Failure(
                        f"cannot {verb(change)} {change.target}: {error.strerror}"
                    ) from None
                except BaseException:
                    # A command that failed, or was stopped, has begun: nobody knows how far it got.
                    self._changes.append(change)
                    raise
                self._changes.append(change)
                made()

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Changes stated within are made at its end; looks within do not see them.  Hundreds of them
        are noted at a time, which takes the disk as long as one."""
        waiting = self._waiting = []
        try:
            yield
        finally:
            self._waiting = None
        for start in range(0, len(waiting), TOGETHER):
            self._done(waiting[start : start + TOGETHER])
