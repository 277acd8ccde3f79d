"""Byte streams to an agent: what a link and its channels are, and those to a local process.

The links over SSH are in ``fabric_link`` and ``openssh_link``; ``route`` chooses between them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from functools import partial
from typing import BinaryIO, Protocol, cast

from suture.connect.complaint import Complaint
from suture.connect.target import Becoming, Target, start_command


class Channel(Protocol):
    """Two streams and a way to hang up; ``complaint`` is what the other side said on stderr.
    ``near``: what takes work there is better done here, and sent."""

    reader: BinaryIO
    writer: BinaryIO
    near: bool

    def complaint(self) -> str: ...

    def close(self) -> None: ...

    def cut(self) -> None:
        """Hang up at once, whatever is under way: whoever reads or writes here is let go."""
        ...


class Link(Protocol):
    """A way to a host on which agents can be started; ``user`` is who was logged in, ``warning``
    what the operator should know of the way."""

    warning: str

    @property
    def user(self) -> str: ...

    def channel(self, becoming: Becoming) -> Channel: ...

    def close(self) -> None: ...


class LocalLink:
    """This machine."""

    warning = ""

    def __init__(self, target: Target) -> None:
        import getpass

        self._target = target
        self.user = getpass.getuser()

    def channel(self, becoming: Becoming) -> Channel:
        return LocalChannel(start_command(self._target.python, becoming))

    def close(self) -> None:
        """A local link holds nothing open."""


class LocalChannel:
    near = True

    def __init__(self, command: str) -> None:
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout and self._process.stderr
        said = partial(self._process.stderr.read1, 65536)  # type: ignore[attr-defined] # is buffered
        self._complaint = Complaint(said)
        self.reader: BinaryIO = cast(BinaryIO, self._process.stdout)
        self.writer: BinaryIO = cast(BinaryIO, self._process.stdin)

    def complaint(self) -> str:
        return self._complaint.said()

    def close(self) -> None:
        try:
            self.writer.close()
        except BrokenPipeError:
            self._process.kill()
        self._process.wait()

    def cut(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
