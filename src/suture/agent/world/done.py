"""What comes of a program that was run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple


@dataclass(frozen=True)
class Done:
    """A finished program.  ``ran`` is false when a dry world only predicted it."""

    argv: Tuple[str, ...]
    rc: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    ran: bool = True

    @property
    def out(self) -> str:
        return decoded(self.stdout)

    @property
    def err(self) -> str:
        return decoded(self.stderr)


def decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")
