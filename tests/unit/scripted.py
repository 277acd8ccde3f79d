"""Hosts that are scripts: the real driver, sessions and frames, and no SSH, no agent process.

``Scripted`` stands where a link to a host is opened.  Behind each channel the agent's own loop takes
the frames; only what a step does is a function of the test's.
"""

from __future__ import annotations

import contextlib
import io
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suture.agent.main import Steps
from suture.agent.protocol import wire
from suture.agent.protocol.result import Change, Result, Status
from suture.agent.protocol.store import Store
from suture.agent.world.world import World
from suture.connect.target import Becoming, Target
from suture.connect.transport import Channel
from suture.events import Event, StepFinished
from suture.inventory.reader import inventory
from suture.load.playbook import playbook
from suture.run.play import RunResult
from suture.run.play_runner import PlayRunner
from suture.run.settings import Settings

OK = Result(Status.OK)
CHANGED = Result(Status.CHANGED, [Change("run", "it")])
FAILED = Result(Status.FAILED, message="it did not work")

Answer = Callable[[str, str, Mapping[str, Any]], Result]
"""What a step comes to: given its host, its task's name and its arguments."""


@dataclass
class Log:
    """What happened on the hosts, in the order in which it did: ``begun`` and ``ended``."""

    lines: list[tuple[str, str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, what: str, host: str, task: str) -> None:
        with self.lock:
            self.lines.append((what, host, task))

    def at(self, what: str, host: str, task: str) -> int:
        return self.lines.index((what, host, task))

    def tasks(self, host: str) -> list[str]:
        return [task for what, name, task in self.lines if what == "begun" and name == host]


class ScriptedSteps(Steps):
    """The agent's own book-keeping; what a step does is the test's."""

    def __init__(self, send: Any, store: Store, dry: bool, host: str, script: Scripted) -> None:
        super().__init__(send, store, dry, "", World)
        self._host, self._script = host, script

    def _performed(self, message: dict[str, Any]) -> Result:
        script, task = self._script, str(message["task"])
        script.log.add("begun", self._host, task)
        time.sleep(script.delays.get((self._host, task), 0))
        result = script.answer(self._host, task, self._store.decoded(message["args"]))
        script.log.add("ended", self._host, task)
        return result


@dataclass
class Scripted:
    """``answer`` says what each step comes to; ``delays`` how many seconds a host takes for a task."""

    answer: Answer = lambda host, task, args: CHANGED
    delays: dict[tuple[str, str], float] = field(default_factory=dict)
    log: Log = field(default_factory=Log)

    def link(self, target: Target) -> ScriptedLink:
        return ScriptedLink(target.name, self)


class ScriptedLink:
    warning = ""

    def __init__(self, host: str, script: Scripted) -> None:
        self.host, self.script, self.user = host, script, "tester"

    def channel(self, becoming: Becoming) -> Channel:
        return ScriptedChannel(self.host, self.script)

    def close(self) -> None:
        """There is nothing to close."""


class ScriptedChannel:
    def __init__(self, host: str, script: Scripted) -> None:
        to_agent, self_out = os.pipe()
        self_in, from_agent = os.pipe()
        self.writer = io.BufferedWriter(io.FileIO(self_out, "w"), 1 << 16)
        self.reader = io.BufferedReader(io.FileIO(self_in, "r"))
        self.near = False
        self._agent = (io.BufferedReader(io.FileIO(to_agent, "r")), io.FileIO(from_agent, "w"))
        threading.Thread(target=self._serve, args=(host, script), daemon=True).start()

    def cut(self) -> None:
        self.close()

    def complaint(self) -> str:
        return ""

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.writer.close()

    def _serve(self, host: str, script: Scripted) -> None:
        stream, out = self._agent
        with contextlib.suppress(OSError, EOFError), out, stream:
            while stream.readline() not in (b"SUTURE\n", b""):
                pass
            for _ in ("boot", "sources", "code"):
                stream.read(int(stream.readline()))
            hello = wire.read_frame(stream)
            assert isinstance(hello, dict)
            out.write(wire.MARK)
            ready = {"event": "ready", "python": "3.11.0", "executable": "", "pid": 1, "uid": 0}
            out.write(wire.frame({**ready, "notes": []}))
            lock = threading.Lock()

            def send(message: dict[str, Any]) -> None:
                with lock:
                    out.write(wire.frame(message))

            store = Store(send)
            steps = ScriptedSteps(send, store, bool(hello["dry"]), host, script)
            while True:
                frame = wire.read_frame(stream)
                if isinstance(frame, wire.Blob):
                    store.put(frame)
                elif frame is None or frame["op"] == "bye":
                    return
                elif frame["op"] != "source":
                    steps.take(frame)


@dataclass(frozen=True)
class Played:
    """A run on scripted hosts: its result, its events, what the hosts saw."""

    result: RunResult
    events: list[Event]
    log: Log

    def statuses(self, host: str) -> dict[str, str]:
        return {
            event.task: event.status
            for event in self.events
            if isinstance(event, StepFinished) and event.host == host
        }


def played(folder: Path, text: str, hosts: int, script: Scripted, **settings: Any) -> Played:
    """The playbook on hosts h1, h2, … that answer as the script says."""
    book, names = folder / "play.yml", [f"h{number}" for number in range(1, hosts + 1)]
    book.write_text(text)
    (folder / "hosts.ini").write_text("\n".join(names) + "\n")
    events: list[Event] = []
    runner = PlayRunner(
        inventory([str(folder / "hosts.ini")]),
        Settings(**settings),
        events.append,
        connect=script.link,
    )
    try:
        result = runner.perform_all(playbook(str(book)).plays, str(book))
    finally:
        runner.pool.finish()
    return Played(result, events, script.log)
