"""One agent on one host: send steps ahead, wait only for the results you need."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from suture.agent.protocol import wire
from suture.agent.protocol.content import LARGE, Content, Pack
from suture.agent.protocol.result import Result
from suture.agent.protocol.spec import Failure
from suture.agent.protocol.store import encoded
from suture.connect import bundle
from suture.connect.greeting import Rehearsing, first_words
from suture.connect.listening import heard
from suture.connect.locking import Locked, Locking
from suture.connect.messages import Unsaid
from suture.connect.transport import Channel
from suture.connect.watch import WATCH, Silence
from suture.errors import Unreachable

INLINE = 16 * 1024
"""Bytes up to which content goes ahead with its step; larger content is sent when asked for."""

JOB = "world.job"
"""What a step that is a job takes, among the agent's own code."""

IDLE = 60.0
"""Seconds of silence after which an agent is given up: one that is busy says so every few."""

TAKEN = 256 * 1024
"""Bytes that are written at a time: each is a sign that the other side still takes something."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who is told what comes back: a result, a line of output, a structured report, a loss, or why
    there never was an agent."""

    result: Callable[[int, Result], None]
    output: Callable[[int, str], None]
    report: Callable[[int, str, Mapping[str, Any]], None]
    lost: Callable[[str], None]
    failed: Callable[[Exception], None]


class Session:
    """``opened`` opens the channel, in a thread of the session's own.

    ``modules``: those to ship at once; others follow when a step first needs them.  ``ready`` is
    told the version of the agent's Python.  ``journal``: the run in whose journal on the host the
    changes are noted, if they are.

    Steps may be sent at once: they are on the host by the time the agent is there.  ``ready`` and
    everything of ``hearing`` is called by one thread of the session's own, in the order of events.
    """

    def __init__(
        self,
        opened: Callable[[], Channel],
        *,
        dry: bool,
        modules: frozenset[str],
        hearing: Hearing,
        ready: Callable[[str], None],
        name: str,
        journal: str = "",
        rehearsing: Rehearsing | None = None,
        patience: Callable[[], float] = lambda: IDLE,
        locking: Locking | None = None,
        lease: float | None = None,
    ) -> None:
        self._told_patience = patience
        self._patience = IDLE
        self._sign = time.monotonic()
        self._over = False
        self._opened = opened
        self._locking = locking
        self._channel: Channel | None = None
        self._hearing = hearing
        self._told_ready = ready
        self._name = name
        self._lock = threading.Lock()
        self._known = {(name, dry) for name in modules}
        self._rehearsing = rehearsing
        self._shipped = bundle.modules(
            modules, dry, rehearse=rehearsing is not None, lock=locking is not None
        )
        self._contents: dict[str, Content] = {}
        self._sent: set[str] = set()
        self._answers: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
        self._out: set[int] = set()
        """The steps that the agent has not answered yet."""
        self._asking = ""
        """What it is asked for beside: "looks", "foresight"; "upper" once it was parted from."""
        self._dry = dry
        self._changed = False
        self._leaving = self._hung_up = False
        self._there = False
        hello: dict[str, Any] = {"op": "hello", "dry": dry}
        if journal:
            hello["journal"] = journal
        if rehearsing is not None:
            hello["rehearse"] = {
                "network": rehearsing.network,
                "where": rehearsing.where,
            }
        if locking is not None:
            hello["lock"] = locking.hello()
        if lease is not None:
            hello["lease"] = lease
        self._ahead = [wire.frame(hello)]
        """What is written while there is no channel yet."""
        self._preamble = partial(bundle.preamble, self._shipped)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def step(self, message: Mapping[str, Any], args: Mapping[str, Any]) -> None:
        """Queue a step on the host; returns at once.  Its module and small contents go before it."""
        parts = []
        dry = bool(message.get("dry", self._dry))
        needed = [message["module"], *([JOB] if "async" in message else [])]
        new = {(name, dry) for name in needed} - self._known
        if new:
            self._known |= new
            missing = bundle.modules([name for name, _ in new], dry) - self._shipped
            parts.append(wire.frame({"op": "source", "sources": bundle.sources(missing)}))
            self._shipped |= missing
        found: list[Content] = []
        given = encoded(dict(args), found)
        for content in found:
            self._contents[content.sha256] = content
        for content in found:
            if isinstance(content, Pack) and content.sha256 not in self._sent:
                parts += self._blob(content)
        if len(found) == 1 and found[0].size <= INLINE and found[0].sha256 not in self._sent:
            parts += self._blob(found[0])
        parts.append(wire.frame({"op": "step", **message, "args": given}))
        self._out.add(message["id"])
        self._write(*parts)

    def seal(self, members: list[int], epochs: tuple[int, ...]) -> None:
        """Close a loop: its epoch has failed if one of these steps has."""
        self._write(wire.frame({"op": "seal", "members": members, "epochs": list(epochs)}))

    def looks(self) -> Mapping[str, tuple[str, int]]:
        """What a dry run has seen of the host, once its steps are over: each thing with a digest of
        what was found there, and the number of the step that looked first."""
        told = self._asked("looks")
        return {str(name): (str(digest), int(step)) for name, (digest, step) in told.items()}

    def foresee(self, other: Session) -> None:
        """Predict from now on what another user's agent on this host predicts."""
        foresight = other._asked("foresight")
        for sha256 in _promised(foresight) & other._contents.keys():
            self._contents[sha256] = other._contents[sha256]
        self._write(wire.frame({"op": "foresee", "foresight": foresight}))

    def users_to_come(self) -> frozenset[str]:
        """Users whom an earlier step of this dry run would make, and who are not there yet."""
        return frozenset(self._asked("foresight")["users_to_come"])

    def _asked(self, what: str) -> Mapping[str, Any]:
        """The agent's answer, waited for."""
        self._asking = what
        self._write(wire.frame({"op": what}))
        self._flush()
        answer = self._answers.get()
        if answer is None:
            self._answers.put(None)
            raise Unreachable(f"{self._name}: the connection was lost")
        found: Mapping[str, Any] = answer[what]
        return found

    def flush(self) -> None:
        """Let what was written leave; call it before waiting for anything."""
        self._flush()

    def part(self) -> None:
        """Say good-bye: the agent works off its queue and ends."""
        self._leaving = True
        if self._rehearsing is not None:
            self._asking = "upper"
            self._write(wire.frame({"op": "upper"}))
        self._write(wire.frame({"op": "bye"}))
        self._flush()

    def finish(self) -> None:
        """Wait until the agent that was parted from has ended.

        One that has changed nothing has no journal open and no copy of its host to clear away:
        nobody has to see it end, which spares a round trip.
        """
        if self._rehearsing is not None or (self._changed and not self._dry):
            self._reader.join()
        self._close()

    def stop(self) -> None:
        """The agent begins no further step; it tells how the one in progress ended, and goes."""
        self._leaving = True
        if self._channel is None or self._rehearsing is not None:
            self.abandon()
        else:
            self._write(wire.frame({"op": "stop"}))
            self._flush()

    def end(self) -> None:
        """As ``stop``, and the step in progress ends at once, with all that it has started."""
        self._write(wire.frame({"op": "end"}))
        self._flush()

    def ended(self, seconds: float | None = None) -> bool:
        """Whether nothing more will be heard, having waited so long for that."""
        self._reader.join(seconds)
        return not self._reader.is_alive()

    def abandon(self) -> None:
        """Hang up: the step in progress has its lease to end in, queued steps are dropped."""
        self._leaving = self._hung_up = True
        self._close()

    def _close(self) -> None:
        if self._channel is not None:
            self._channel.close()

    def _open(self) -> Channel:
        """The channel, with all that was written up to now on its way."""
        channel = self._opened()
        self._patience = self._told_patience()
        self._alive()
        WATCH.add(Silence(self, channel.cut))
        preamble = self._preamble(channel.near)

        def first() -> None:
            self._channel = channel
            if self._hung_up:
                channel.close()
                return
            self._put(channel, preamble, *self._ahead)
            channel.writer.flush()

        self._safely(first)
        self._ahead.clear()
        return channel

    def _read(self) -> None:
        hearing = self._hearing
        try:
            channel = self._open()
        except Exception as error:  # noqa: BLE001 - raised for whoever waits for the agent
            self._answers.put(None)
            hearing.failed(error)
            return
        reason = self._listened(channel)
        self._over = True
        self._answers.put(None)
        if not self._leaving:
            hearing.lost(reason)

    def _listened(self, channel: Channel) -> str:
        """Why there is nothing more to hear from this agent, once that is so."""
        try:
            ready = first_words(channel, self._alive, self._name, self._rehearsing, self._locking)
            self._there = True
            self._told_ready(str(ready["python"]))
            if self._rehearsing is not None:
                for note in ready.get("notes", ()):
                    self._rehearsing.noted(note)
            while (said := heard(channel, self._alive)) is not None:
                self._take(*said)
        except Unreachable as error:
            return str(error)
        except Locked as error:
            self._leaving = True
            self._hearing.failed(error)
        except Unsaid as error:
            channel.close()
            return f"{self._name} answered with something no agent says: {error}"
        except Exception as error:
            # Nobody else hears this agent: whoever waits for it must not wait for ever.
            self._answers.put(None)
            self._hearing.lost(f"a bug in Suture: {error!r}")
            raise
        return "the connection was lost"

    def _take(self, event: str, said: dict[str, Any]) -> None:
        """One message from the agent; Unsaid where it was not asked for."""
        hearing = self._hearing
        if event in ("result", "output", "report") and said["id"] not in self._out:
            raise Unsaid(f"a '{event}' of step {said['id']}, which is not under way there")
        if event == "result":
            number = said.pop("id")
            self._out.discard(number)
            self._changed = self._changed or bool(said.get("changes"))
            hearing.result(number, Result.from_wire(said))
        elif event == "output":
            hearing.output(said["id"], said["text"])
        elif event == "report":
            hearing.report(said["id"], said["kind"], said["data"])
        elif event == "alive":
            return
        elif event == "want":
            self._send_wanted(said["sha256"])
        elif event == "answer" and said.keys() == {self._asking}:
            self._asking = ""
            self._answers.put(said)
        elif event == "upper" and self._rehearsing is not None and self._asking == event:
            self._asking = ""
            self._rehearsing.told(said)
        elif event == "gone" and self._rehearsing is not None:
            hearing.lost(said["reason"])
        else:
            raise Unsaid(f"a '{event}' that nobody asked for")

    def _send_wanted(self, hashes: list[str]) -> None:
        for sha256 in hashes:
            content = self._contents.get(sha256)
            if content is None:
                raise Unsaid("a wish for content that it was not promised")
            try:
                if content.size <= LARGE:
                    self._write(*self._blob(content))
                    continue
                for chunk in content.chunks():
                    self._write(wire.blob_head(sha256, len(chunk), part=True), chunk)
            except Failure as error:
                withheld = {"op": "withheld", "sha256": sha256, "reason": str(error)}
                self._write(wire.frame(withheld))
        self._flush()

    def _blob(self, content: Content) -> list[bytes]:
        self._sent.add(content.sha256)
        data = content.bytes()
        return [wire.blob_head(content.sha256, len(data)), data]

    def _write(self, *parts: bytes) -> None:
        def act() -> None:
            if self._channel is None:
                self._ahead += parts
                return
            self._put(self._channel, *parts)

        self._safely(act)

    def _put(self, channel: Channel, *parts: bytes) -> None:
        for part in parts:
            if len(part) <= TAKEN:
                channel.writer.write(part)
                continue
            view = memoryview(part)
            for start in range(0, len(part), TAKEN):
                channel.writer.write(view[start : start + TAKEN])
                self._alive()
        self._alive()

    def _alive(self) -> None:
        """Something was heard, or taken."""
        self._sign = time.monotonic()

    def given_up(self, now: float) -> bool:
        """Whether nothing was heard for too long; whoever waits for the agent is told so then."""
        if now - self._sign < self._patience:
            return False
        what = "nothing was heard of it" if self._there else "the agent did not speak"
        if not self._leaving:
            self._hearing.lost(f"{self._name}: {what} for {self._patience:g} s")
        self._answers.put(None)
        return True

    @property
    def over(self) -> bool:
        """Whether nothing more will be heard."""
        return self._over

    def _flush(self) -> None:
        self._safely(lambda: self._channel and self._channel.writer.flush())

    def _safely(self, act: Callable[[], object]) -> None:
        try:
            with self._lock:
                act()
        except (OSError, ValueError, EOFError):
            # An agent that did not start is explained by whoever waits for its first words.
            if self._there and not self._leaving:
                self._hearing.lost("the connection was lost")


def _promised(foresight: Mapping[str, Any]) -> set[str]:
    """The hashes of the content that an agent's foresight speaks of."""
    told = (content for _node, content, _fresh in foresight["predicted"].values())
    return {str(content[0]) for content in told if type(content) is list and content}
