"""A tape on which tests record events as the runner would give them, at fixed times."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from suture.events import (
    STATUSES,
    Event,
    ItemFinished,
    RunFinished,
    RunStarted,
    StepFinished,
    StepOutput,
    StepStarted,
    TestFinished,
)


@dataclass
class Tape:
    """Records events a tenth of a second apart."""

    hosts: tuple[str, ...] = ("droplet",)
    events: list[Event] = field(default_factory=list)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)

    def at(self) -> str:
        start = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
        moment = start + timedelta(milliseconds=100 * len(self.events))
        return moment.isoformat(timespec="milliseconds")

    def put(self, kind: type[Event], **values: Any) -> None:
        self.events.append(kind(at=self.at(), **values))

    def begin(self, run: str = "r1", mode: str = "apply", **values: Any) -> None:
        told = {"playbook": "playbooks/plan.yml", "hosts": self.hosts, "version": "0.1.0"}
        told["command"] = "remediate --phase all"
        self.put(RunStarted, run=run, mode=mode, **{**told, **values})

    def step(
        self,
        task: str,
        status: str = "ok",
        module: str = "command",
        line: int = 3,
        host: str = "",
        output: Sequence[str] = (),
        items: Sequence[Mapping[str, Any]] = (),
        **values: Any,
    ) -> None:
        """One step on one host (the first one unless named), with all that comes before its end."""
        host = host or self.hosts[0]
        place = {"file": values.pop("file", "playbooks/phase.yml"), "line": line}
        self.put(StepStarted, host=host, task=task, module=module, **place)
        for text in output:
            self.put(StepOutput, host=host, task=task, text=text)
        for item in items:
            self.put(ItemFinished, host=host, task=task, **item)
        self.put(
            StepFinished, host=host, task=task, module=module, status=status, **place, **values
        )
        counts = self.counts.setdefault(host, dict.fromkeys(STATUSES, 0))
        counts[status] += 1

    @contextlib.contextmanager
    def running(self, task: str, module: str, file: str, seconds: float = 0.0) -> Iterator[None]:
        """A step on the first host, with what is put on the tape meanwhile between its ends."""
        host = self.hosts[0]
        self.put(StepStarted, host=host, task=task, module=module, file=file, line=1)
        yield
        self.put(
            StepFinished,
            host=host,
            task=task,
            module=module,
            status="ok",
            file=file,
            line=1,
            seconds=seconds,
        )
        self.counts.setdefault(host, dict.fromkeys(STATUSES, 0))["ok"] += 1

    def tests(self, outcomes: Mapping[str, str], phase: int, purpose: str, host: str = "") -> None:
        messages = {"failed": "AssertionError: assert 1 == 2\nmore of it", "skipped": "no key"}
        for test, outcome in outcomes.items():
            self.put(
                TestFinished,
                host=host or self.hosts[0],
                id=test,
                outcome=outcome,
                message=messages.get(outcome, ""),
                seconds=0.25,
                phase=phase,
                purpose=purpose,
            )

    def finish(self, run: str = "r1", exit_code: int = 0, **values: Any) -> list[Event]:
        hosts = {host: dict.fromkeys(STATUSES, 0) for host in self.hosts} | self.counts
        self.put(RunFinished, run=run, exit_code=exit_code, hosts=hosts, **values)
        return self.events
