"""One agent on one host: send steps ahead, wait only for the results you need."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from suture.agent.protocol import wire
from suture.agent.protocol.content import Content
from suture.agent.protocol.result import Result
from suture.agent.protocol.store import encoded
from suture.connect import bundle
from suture.connect.greeting import Rehearsing, first_words, hello
from suture.connect.listening import heard
from suture.connect.locking import Locked, Locking, Orphaned
from suture.connect.messages import Unsaid
from suture.connect.returning import Returning
from suture.connect.sent import Frame
from suture.connect.states import Course, Line
from suture.connect.transport import Channel
from suture.connect.voice import Voice
from suture.connect.watch import WATCH, Silence
from suture.errors import Unreachable

JOB = "world.job"
"""What a step that is a job takes, among the agent's own code."""

IDLE = 60.0
"""Seconds of silence after which an agent is given up: one that is busy says so every few."""

LOST = "the connection was lost"

ACKNOWLEDGED = 512
"""Messages after which the agent, which keeps them for a later connection, is told that they came."""


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
    changes are noted, if they are.  ``returning``: how a lost connection is made again, if it is.

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
        returning: Returning | None = None,
    ) -> None:
        self._returning = returning
        self._line = Line.AWAITED
        self._course = Course.OPEN
        self._moving = threading.Lock()
        self._heard = 0
        """How many messages came."""
        self._told_patience = patience
        self._patience = IDLE
        self._sign = time.monotonic()
        self._opened = opened
        self._locking = locking
        self._hearing = hearing
        self._told_ready = ready
        self._name = name
        self._known = {(name, dry) for name in modules}
        self._rehearsing = rehearsing
        self._shipped = bundle.modules(
            modules,
            dry,
            rehearse=rehearsing is not None,
            lock=locking is not None,
            returns=returning is not None,
        )
        self._answers: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
        self._out: set[int] = set()
        """The steps that the agent has not answered yet."""
        self._asking = ""
        """What it is asked for beside: "looks", "foresight"; "upper" once it was parted from."""
        self._dry = dry
        self._changed = False
        self._hello = hello(
            dry=dry,
            journal=journal,
            rehearsing=rehearsing,
            locking=locking,
            lease=lease,
            returning=returning,
        )
        self._voice = Voice(wire.frame(self._hello), self._alive, self._broken)
        self._preamble = partial(bundle.preamble, self._shipped)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def step(self, message: Mapping[str, Any], args: Mapping[str, Any]) -> None:
        """Queue a step on the host; returns at once.  Its module and small contents go before it."""
        parts: list[Frame] = []
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
        parts += self._voice.promise(found)
        self._out.add(message["id"])
        self._voice.say(*parts)
        self._voice.say(wire.frame({"op": "step", **message, "args": given}), step=message["id"])

    def seal(self, members: list[int], epochs: tuple[int, ...]) -> None:
        """Close a loop: its epoch has failed if one of these steps has."""
        self._voice.say(wire.frame({"op": "seal", "members": members, "epochs": list(epochs)}))

    def looks(self) -> Mapping[str, tuple[str, int]]:
        """What a dry run has seen of the host, once its steps are over: each thing with a digest of
        what was found there, and the number of the step that looked first."""
        told = self._asked("looks")
        return {str(name): (str(digest), int(step)) for name, (digest, step) in told.items()}

    def foresee(self, other: Session) -> None:
        """Predict from now on what another user's agent on this host predicts."""
        foresight = other._asked("foresight")
        self._voice.adopt(foresight, other._voice)
        self._voice.say(wire.frame({"op": "foresee", "foresight": foresight}))

    def users_to_come(self) -> frozenset[str]:
        """Users whom an earlier step of this dry run would make, and who are not there yet."""
        return frozenset(self._asked("foresight")["users_to_come"])

    def _asked(self, what: str) -> Mapping[str, Any]:
        """The agent's answer, waited for."""
        self._asking = what
        self._say({"op": what})
        answer = self._answers.get()
        if answer is None:
            self._answers.put(None)
            raise Unreachable(f"{self._name}: the connection was lost")
        found: Mapping[str, Any] = answer[what]
        return found

    def flush(self) -> None:
        """Let what was written leave; call it before waiting for anything."""
        self._voice.flush()

    def part(self) -> None:
        """Say good-bye: the agent works off its queue and ends."""
        self._reach(Course.LEAVING)
        if self._rehearsing is not None:
            self._asking = "upper"
            self._say({"op": "upper"})
        self._say({"op": "bye", "heard": self._heard})

    def finish(self) -> None:
        """Wait until the agent that was parted from has ended.

        One that has changed nothing has no journal open and no copy of its host to clear away:
        nobody has to see it end, which spares a round trip.
        """
        if self._rehearsing is not None or (self._changed and not self._dry):
            self._reader.join()
        self._close()

    def _say(self, message: Mapping[str, Any]) -> None:
        self._voice.say(wire.frame(dict(message)))
        self._voice.flush()

    def stop(self) -> None:
        """The agent begins no further step; it tells how the one in progress ended, and goes."""
        self._reach(Course.LEAVING)
        if self._voice.channel is None or self._rehearsing is not None:
            self.abandon()
        else:
            self._say({"op": "stop"})

    def end(self) -> None:
        """As ``stop``, and the step in progress ends at once, with all that it has started."""
        self._say({"op": "end"})

    def ended(self, seconds: float | None = None) -> bool:
        """Whether nothing more will be heard, having waited so long for that."""
        self._reader.join(seconds)
        return not self._reader.is_alive()

    def abandon(self) -> None:
        """Hang up: the step in progress has its lease to end in, queued steps are dropped."""
        self._reach(Course.HUNG_UP)
        self._close()

    def _reach(self, course: Course) -> None:
        with self._moving:
            self._course = max(self._course, course)

    def _close(self) -> None:
        if (channel := self._voice.channel) is not None:
            channel.close()

    def _cut(self) -> None:
        if (channel := self._voice.channel) is not None:
            channel.cut()

    def _open(self) -> Channel:
        """The channel, with all that was written up to now on its way."""
        channel = self._opened()
        self._patience = self._told_patience()
        self._alive()
        WATCH.add(Silence(self, self._cut))
        self._speak(channel, self._preamble(channel.near))
        return channel

    def _speak(self, channel: Channel, preamble: bytes = b"", taken: int = 0) -> None:
        if self._course is not Course.HUNG_UP:
            self._voice.use(channel, preamble, taken)
        if self._course is Course.HUNG_UP:
            channel.close()

    def _read(self) -> None:
        hearing = self._hearing
        try:
            channel = self._open()
        except Exception as error:  # noqa: BLE001 - raised for whoever waits for the agent
            self._answers.put(None)
            hearing.failed(error)
            return
        reason = self._listened(channel)
        self._line = Line.OVER
        self._answers.put(None)
        if self._course is Course.OPEN:
            hearing.lost(reason)

    def _listened(self, channel: Channel) -> str:
        """Why there is nothing more to hear from this agent, once that is so."""
        try:
            channel = self._greeted(channel)
            while True:
                while (said := heard(channel, self._alive)) is not None:
                    if self._told_all(*said):
                        return LOST
                channel = self._again()
        except Unreachable as error:
            return str(error)
        except Locked as error:
            self._reach(Course.LEAVING)
            self._hearing.failed(error)
        except Unsaid as error:
            channel.close()
            return f"{self._name} answered with something no agent says: {error}"
        except Exception as error:
            # Nobody else hears this agent: whoever waits for it must not wait for ever.
            self._answers.put(None)
            self._hearing.lost(f"a bug in Suture: {error!r}")
            raise
        return LOST

    def _greeted(self, channel: Channel) -> Channel:
        """The channel to the agent, which is ready."""
        words = self._alive, self._name, self._rehearsing
        try:
            ready, self._heard = first_words(channel, *words, self._locking)
        except Orphaned as orphan:
            # Nobody comes back to the run that holds the lock: its agent makes room.
            channel.close()
            assert self._locking is not None
            self._locking = replace(self._locking, over=orphan.run)
            self._hello["lock"] = self._locking.hello()
            self._voice.sent.again(wire.frame(self._hello))
            self._voice.silence()
            return self._greeted(self._open())
        self._line = Line.TALKING
        if self._returning is None:
            self._voice.sent.let_go()
        else:
            self._returning.boot = str(ready.get("boot", ""))
        self._told_ready(str(ready["python"]))
        if self._rehearsing is not None:
            for note in ready.get("notes", ()):
                self._rehearsing.noted(note)
        return channel

    def _told_all(self, event: str, said: dict[str, Any]) -> bool:
        """Whether this message was the last one."""
        self._heard += 1
        last = event == "bye" and self._returning is not None
        if last:
            self._line = Line.OVER  # the agent may be gone before it is told that this came
        else:
            self._take(event, said)
        if self._returning is not None and (last or not self._heard % ACKNOWLEDGED):
            self._say({"op": "heard", "heard": self._heard})
        return last

    def _again(self) -> Channel:
        """A new channel to the same agent; Unreachable where there is none."""
        wanted = self._out or self._course is Course.OPEN
        if self._returning is None or not wanted or self._course is Course.HUNG_UP:
            raise Unreachable(LOST)
        self._line = Line.AWAY
        self._voice.silence()
        channel, taken = self._returning.channel(
            self._heard, lambda: self._course is Course.HUNG_UP
        )
        self._line = Line.TALKING
        self._alive()
        self._speak(channel, taken=taken)
        return channel

    def _take(self, event: str, said: dict[str, Any]) -> None:
        """One message from the agent; Unsaid where it was not asked for."""
        hearing = self._hearing
        if event in ("result", "output", "report") and said["id"] not in self._out:
            raise Unsaid(f"a '{event}' of step {said['id']}, which is not under way there")
        if event == "result":
            number = said.pop("id")
            self._out.discard(number)
            self._voice.sent.answered(number)
            self._changed = self._changed or bool(said.get("changes"))
            hearing.result(number, Result.from_wire(said))
        elif event == "output":
            hearing.output(said["id"], said["text"])
        elif event == "report":
            hearing.report(said["id"], said["kind"], said["data"])
        elif event == "alive":
            return
        elif event == "taken":
            self._voice.sent.taken(said["count"])
        elif event == "want":
            self._voice.supply(said["sha256"])
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

    def _alive(self) -> None:
        """Something was heard, or taken."""
        self._sign = time.monotonic()

    def given_up(self, now: float) -> bool:
        """Whether nothing was heard for too long; whoever waits for the agent is told so then."""
        if self._line is Line.AWAY or now - self._sign < self._patience:
            return False
        talking = self._line is Line.TALKING
        if self._returning is not None and talking and self._course is Course.OPEN:
            self._alive()
            threading.Thread(target=self._cut, daemon=True).start()
            return False
        what = "nothing was heard of it" if talking else "the agent did not speak"
        if self._course is Course.OPEN:
            self._hearing.lost(f"{self._name}: {what} for {self._patience:g} s")
        self._answers.put(None)
        return True

    @property
    def over(self) -> bool:
        """Whether nothing more will be heard."""
        return self._line is Line.OVER

    def _broken(self) -> None:
        """The channel takes nothing any more."""
        if self._line.greeted and self._returning is not None:
            self._cut()  # whoever listens makes another connection, or says that there is none
        elif self._line.greeted and self._course is Course.OPEN:
            # An agent that did not start is explained by whoever waits for its first words.
            self._hearing.lost(LOST)
