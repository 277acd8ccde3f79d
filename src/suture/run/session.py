"""One agent on one host: send steps ahead, wait only for the results you need."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from suture.agent import wire
from suture.agent.content import Content
from suture.agent.result import Result
from suture.agent.store import encoded
from suture.errors import Unreachable
from suture.run import bundle
from suture.run.transport import Channel

INLINE = 16 * 1024
"""Bytes up to which content goes ahead with its step; larger content is sent when asked for."""

NOISE = 1024 * 1024
"""Bytes that a login shell may print before the agent answers."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who is told what comes back: a result, a line of output, a structured report, a loss."""

    result: Callable[[int, Result], None]
    output: Callable[[int, str], None]
    report: Callable[[int, str, Mapping[str, Any]], None]
    lost: Callable[[str], None]


class Session:
    """``modules``: those to ship at once; others follow when a step first needs them.

    Everything of ``hearing`` is called by one thread of the session's own, in the order of events.
    """

    def __init__(
        self, channel: Channel, *, dry: bool, modules: frozenset[str], hearing: Hearing, name: str
    ) -> None:
        self._channel = channel
        self._hearing = hearing
        self._name = name
        self._lock = threading.Lock()
        self._shipped = set(bundle.modules(modules))
        self._contents: dict[str, Content] = {}
        self._sent: set[str] = set()
        self._leaving = False
        self._write(bundle.preamble(modules), wire.frame({"op": "hello", "dry": dry}))
        self._flush()
        ready = self._ready()
        self.python = str(ready["python"])
        self.uid = int(ready["uid"])
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def step(self, message: Mapping[str, Any], args: Mapping[str, Any]) -> None:
        """Queue a step on the host; returns at once.  Its module and small contents go before it."""
        parts = []
        sources = bundle.modules([message["module"]])
        missing = {name: text for name, text in sources.items() if name not in self._shipped}
        if missing:
            parts.append(wire.frame({"op": "source", "sources": missing}))
            self._shipped |= missing.keys()
        found: list[Content] = []
        given = encoded(dict(args), found)
        for content in found:
            self._contents[content.sha256] = content
        if len(found) == 1 and found[0].size <= INLINE and found[0].sha256 not in self._sent:
            parts += self._blob(found[0])
        parts.append(wire.frame({"op": "step", **message, "args": given}))
        self._write(*parts)

    def seal(self, members: list[int], epochs: tuple[int, ...]) -> None:
        """Close a loop: its epoch has failed if one of these steps has."""
        self._write(wire.frame({"op": "seal", "members": members, "epochs": list(epochs)}))

    def flush(self) -> None:
        """Let what was written leave; call it before waiting for anything."""
        self._flush()

    def finish(self) -> None:
        """Let the agent work off its queue, then part."""
        self._leaving = True
        self._write(wire.frame({"op": "bye"}))
        self._flush()
        self._reader.join()
        self._channel.close()

    def abandon(self) -> None:
        """Hang up: the step in progress ends, queued steps are dropped."""
        self._leaving = True
        self._channel.close()

    def _ready(self) -> Mapping[str, Any]:
        """The agent's first words, past whatever the login shell printed."""
        seen = _skipped_to(wire.MARK, self._channel.reader)
        ready = wire.read_frame(self._channel.reader) if seen else None
        if not isinstance(ready, dict):
            raise Unreachable(f"{self._name}: {_explained(self._channel.complaint())}")
        if ready["event"] == "refused":
            raise Unreachable(
                f"{self._name}: its Python is {ready['python']} and 3.8 is needed;"
                " set ansible_python_interpreter to a newer one"
            )
        return ready

    def _read(self) -> None:
        hearing = self._hearing
        while True:
            try:
                frame = wire.read_frame(self._channel.reader)
            except (OSError, EOFError, ValueError):
                frame = None
            if not isinstance(frame, dict):
                break
            event = frame.pop("event")
            if event == "result":
                hearing.result(frame.pop("id"), Result.from_wire(frame))
            elif event == "output":
                hearing.output(frame["id"], frame["text"])
            elif event == "report":
                hearing.report(frame["id"], frame["kind"], frame["data"])
            elif event == "want":
                self._send_wanted(frame["sha256"])
        if not self._leaving:
            hearing.lost("the connection was lost")

    def _send_wanted(self, hashes: list[str]) -> None:
        for sha256 in hashes:
            self._write(*self._blob(self._contents[sha256]))
        self._flush()

    def _blob(self, content: Content) -> list[bytes]:
        self._sent.add(content.sha256)
        data = content.bytes()
        return [wire.blob_head(content.sha256, len(data)), data]

    def _write(self, *parts: bytes) -> None:
        try:
            with self._lock:
                for part in parts:
                    self._channel.writer.write(part)
        except (OSError, ValueError, EOFError):
            if not self._leaving:
                self._hearing.lost("the connection was lost")

    def _flush(self) -> None:
        try:
            with self._lock:
                self._channel.writer.flush()
        except (OSError, ValueError, EOFError):
            if not self._leaving:
                self._hearing.lost("the connection was lost")


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


def _explained(complaint: str) -> str:
    """What the operator should do about an agent that did not start."""
    said = f" ({complaint.splitlines()[-1]})" if complaint else ""
    if "password is required" in complaint or "a terminal is required" in complaint:
        return f"becoming another user needs a password; give --ask-become-pass{said}"
    if "not found" in complaint and "sudo" in complaint:
        return f"there is no sudo on it; install sudo or set become_method{said}"
    if "not found" in complaint or "No such file" in complaint:
        return f"no Python was found; install python3 or set ansible_python_interpreter{said}"
    return f"the agent did not start{said}"
