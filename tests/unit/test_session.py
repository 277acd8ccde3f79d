"""A session's beginning: steps may be sent before there is a channel, or though there never will be."""

from __future__ import annotations

import queue
import threading
from typing import Any

from suture.agent.protocol.result import Result
from suture.connect.session import Hearing, Session
from suture.connect.target import Becoming, target_of
from suture.connect.transport import Channel, LocalLink
from suture.errors import Unreachable


def local() -> Channel:
    """A channel to an agent on this machine."""
    target = target_of("here", {"ansible_connection": "local"}, strict=True, known="")
    return LocalLink(target).channel(Becoming())


def session(opened: Any, heard: queue.SimpleQueue[Any]) -> Session:
    def told(number: int, result: Result) -> None:
        heard.put((number, result.status.value))

    nothing: Any = lambda *_: None  # noqa: E731
    hearing = Hearing(told, nothing, nothing, heard.put, heard.put)
    modules = frozenset(["ping"])
    return Session(opened, dry=False, modules=modules, hearing=hearing, ready=nothing, name="here")


def ping(number: int) -> dict[str, Any]:
    return {"id": number, "task": "t", "module": "ping", "epochs": []}


def test_steps_wait_for_the_channel_and_go_in_their_order() -> None:
    there = threading.Event()
    heard: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def late() -> Channel:
        assert there.wait(30)
        return local()

    made = session(late, heard)
    made.step(ping(1), {})
    made.flush()
    made.step(ping(2), {"data": "x"})
    made.flush()
    assert heard.empty()
    there.set()
    assert [heard.get(timeout=30) for _ in "ab"] == [(1, "ok"), (2, "ok")]
    made.part()
    made.finish()


def test_whoever_waits_is_told_why_there_is_no_channel() -> None:
    heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
    trouble = Unreachable("here: no route")

    def never() -> Channel:
        raise trouble

    made = session(never, heard)
    made.step(ping(1), {})
    made.flush()
    assert heard.get(timeout=30) is trouble
    made.abandon()


def test_who_hung_up_before_there_was_a_channel_starts_no_agent() -> None:
    there, closed = threading.Event(), threading.Event()

    class Closing:
        def __init__(self) -> None:
            self.channel = local()
            self.reader, self.writer = self.channel.reader, self.channel.writer
            self.near, self.complaint = True, self.channel.complaint

        def close(self) -> None:
            self.channel.close()
            closed.set()

        def cut(self) -> None:
            self.channel.cut()

    def late() -> Channel:
        assert there.wait(30)
        return Closing()

    heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
    made = session(late, heard)
    made.step(ping(1), {})
    made.abandon()
    there.set()
    assert closed.wait(30)
    assert heard.empty()
