"""Listen on a channel: past a login shell's noise, message by message, or why nobody speaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from suture.connect.messages import next_message
from suture.connect.transport import Channel

NOISE = 1024 * 1024
"""Bytes that a login shell may print before the agent answers."""


def heard(
    channel: Channel, alive: Callable[[], None], mark: bytes = b""
) -> tuple[str, dict[str, Any]] | None:
    """The next message, behind ``mark`` where that is given; None where the agent is gone."""
    try:
        if mark and not _skipped_to(mark, channel.reader):
            return None
        return next_message(channel.reader, alive)
    except (OSError, EOFError, ValueError):
        return None


def _skipped_to(mark: bytes, stream: BinaryIO) -> bool:
    """Read up to and including the mark; False when the stream ends or runs on without one."""
    seen = b""
    for _ in range(NOISE):
        byte = stream.read(1)
        if not byte:
            return False
        seen = (seen + byte)[-len(mark) :]
        if seen == mark:
            return True
    return False


def explained(complaint: str) -> str:
    """What the operator should do about an agent that did not start."""
    said = f" ({complaint.splitlines()[-1]})" if complaint else ""
    if "password is required" in complaint or "a terminal is required" in complaint:
        return f"becoming another user needs a password; give --ask-become-pass{said}"
    if "not found" in complaint and "sudo" in complaint:
        return f"there is no sudo on it; install sudo or set become_method{said}"
    if "not found" in complaint or "No such file" in complaint:
        return f"no Python was found; install python3 or set ansible_python_interpreter{said}"
    return f"the agent did not start{said}"
