"""A task's step once nothing in it waits for a template any more, and what is known beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suture.connect.target import Becoming
from suture.run.arguments import Sealed
from suture.run.reach import USUAL, Reach
from suture.secrets import secrets_in


@dataclass(frozen=True, slots=True)
class ReadyStep:
    """One step, ready to be sent.  ``job``: for how many "seconds" it may go on by itself, and
    whether the step "waits" for that; ``undo_with``: commands, as words, that undo what it runs;
    ``reach``: how its host is reached."""

    args: Mapping[str, Any]
    environment: Mapping[str, str]
    becoming: Becoming
    host: str
    dry: bool | None
    timeout: float | None
    exception: str
    job: Mapping[str, Any] | None = None
    undo_with: Sequence[Sequence[str]] = ()
    reach: Reach = USUAL

    @property
    def secret(self) -> bool:
        """Whether a secret stands in its arguments."""
        sealed = any(isinstance(value, Sealed) for value in self.args.values())
        return sealed or any(True for _ in secrets_in(self.args))

    def noted(self, phase: int, secret: bool) -> dict[str, Any]:
        """What the host's journal is told of the step, beside what it does."""
        told: dict[str, Any] = {}
        if phase:
            told["phase"] = phase
        if self.undo_with:
            told["undo_with"] = self.undo_with
        if secret or self.secret:
            told["secret"] = True
        return told


def words_of(command: Any) -> list[str]:
    """One command of ``undo_with`` as words: a list is that already, text is the shell's."""
    if isinstance(command, list):
        return [str(word) for word in command]
    return ["/bin/sh", "-c", str(command)]
