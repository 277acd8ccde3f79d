"""A run's changes undone on every host: listed, checked, and put back, the newest first."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from suture.errors import Exit, Refused, SutureError
from suture.events import (
    Event,
    HostConnected,
    ItemFinished,
    Mode,
    PhaseFinished,
    PhaseStarted,
    RunStarted,
    StepFinished,
    Warned,
)
from suture.model import Become, Host, Mark, Play, Task
from suture.phases.remediation import exit_code
from suture.report.ledger.ledger import Ledger, RunRecord
from suture.run.execution import Stopped
from suture.run.play import PlayEnd
from suture.run.play_runner import PlayRunner

HERE = Mark("", 0)
AS_LOGGED_IN = Become(False)
REGISTER = "suture_undo"


@dataclass(frozen=True, slots=True)
class Way:
    """As whom a run's agent was on a host.  ``delegate``: another host that it stood in for."""

    user: str
    become: Become = AS_LOGGED_IN
    delegate: str = ""

    def task(self, name: str, module: str, args: Mapping[str, Any], register: str) -> Task:
        where = f" on {self.delegate}" if self.delegate else ""
        return Task(
            f"{name} ({self.user}{where})",
            module,
            args,
            HERE,
            register=register,
            become=self.become,
            delegate_to=self.delegate or None,
            tags=frozenset({"always"}),
        )


@dataclass(frozen=True, slots=True)
class JournaledChange:
    """A change as a host's journal tells it, and whose journal that is."""

    way: Way
    number: int
    at: str
    phase: int
    paths: tuple[str, ...]


def ways(events: Iterable[Event]) -> dict[str, tuple[Way, ...]]:
    """For each host the users that the agents of these runs ran as, in the order of events."""
    found: dict[str, dict[Way, None]] = defaultdict(dict)
    for event in events:
        if isinstance(event, HostConnected):
            told = event.become
            become = (
                Become(
                    True,
                    told["user"],
                    told.get("method"),
                    told.get("flags") or None,
                    told.get("exe"),
                )
                if told
                else AS_LOGGED_IN
            )
            found[event.host][Way(event.user, become, event.delegate)] = None
    return {host: tuple(each) for host, each in found.items()}


def undoable(ledger: Ledger) -> RunRecord:
    """The last run that changed something, or may have, and is not undone."""
    undone: set[str] = set()
    for record in reversed(ledger.runs()):
        if record.mode == Mode.UNDO and record.exit_code == Exit.DONE and record.run not in undone:
            started = next(ledger.events(record.run))
            undone.add(started.undoes if isinstance(started, RunStarted) else "")
        if record.mode == Mode.APPLY and record.run not in undone and _changed(ledger, record):
            return record
    raise SutureError(
        f"the ledger {ledger.path} holds no run that changed something and is not undone yet"
    )


def _changed(ledger: Ledger, record: RunRecord) -> bool:
    """Whether a step has told of a change, or the run was cut where one may have been under way."""
    cut = record.exit_code in (None, 4, 130)
    for event in ledger.events(record.run):
        if isinstance(event, (StepFinished, ItemFinished)) and event.changes:
            return True
        if cut and isinstance(event, HostConnected):
            return True
    return False


def failed_phase(events: Iterable[Event]) -> int:
    """The phase that a run of phases has failed at; 0 where it was none."""
    under_way = 0
    for event in events:
        if isinstance(event, PhaseStarted):
            under_way = event.phase
        elif isinstance(event, PhaseFinished) and event.status != "failed":
            under_way = 0
    return under_way


@dataclass(frozen=True, slots=True)
class Undoing:
    """``told`` is what the ledger has of the run that is undone; ``phases`` of it alone are undone,
    all without any.  ``force``: also where somebody has changed things since."""

    runner: PlayRunner
    emit: Callable[[Event], None]
    run: str
    told: Sequence[Event]
    phases: tuple[int, ...] = ()
    force: bool = False
    dry: bool = False
    ends: list[PlayEnd] = field(default_factory=list)

    def performed(self) -> int:
        """The exit code; Refused, with nothing touched, where somebody has changed things since."""
        known = ways(self.told)
        hosts = [host for host in self._hosts() if host.name in known]
        noted = {host.name: self._noted(host, known[host.name]) for host in hosts}
        if exit_code(self.ends):
            return exit_code(self.ends)
        if gone := [name for name in noted if not noted[name] and name in self._changed_hosts()]:
            raise SutureError(
                f"the journal of run {self.run} is gone from {', '.join(gone)}, where it changed"
                " something: that cannot be put back; leave such hosts out with --limit"
            )
        if not any(noted.values()):
            where = ", ".join(host.name for host in hosts) or "any host"
            self.emit(Warned(message=f"run {self.run} has left nothing to undo on {where}"))
            return 0
        self._check(noted)
        if exit_code(self.ends):
            return exit_code(self.ends)
        phases = sorted(
            {each.phase for known in noted.values() for each in known},
            key=lambda phase: max(
                each.at for known in noted.values() for each in known if each.phase == phase
            ),
            reverse=True,
        )
        for phase in phases:
            self._phase(phase, noted)
            if exit_code(self.ends):
                break
        return exit_code(self.ends)

    def _changed_hosts(self) -> set[str]:
        """The hosts on which the run told of a change; nobody knows of which phase it was."""
        return {
            event.host
            for event in self.told
            if isinstance(event, (StepFinished, ItemFinished)) and event.changes and not self.phases
        }

    def _hosts(self) -> list[Host]:
        return self.runner.hosts(Play("undo", "all", (), (), HERE))

    # -- what there is to undo -----------------------------------------------------------------

    def _noted(self, host: Host, known: Sequence[Way]) -> list[JournaledChange]:
        """The changes on a host that are to be undone, the newest first."""
        tasks = [
            way.task("the journal", "journal", {"run": self.run}, f"{REGISTER}_{index}")
            for index, way in enumerate(known)
        ]
        found = []
        results = self._results(f"what run {self.run} changed", {host.name: tasks}, 0)[host.name]
        for way, result in zip(known, results, strict=False):
            found += [
                JournaledChange(
                    way, each["number"], each["at"], each["phase"], tuple(each["paths"])
                )
                for each in result["records"]
                if not self.phases or each["phase"] in self.phases
            ]
        return sorted(found, key=lambda each: each.at, reverse=True)

    def _check(self, noted: Mapping[str, Sequence[JournaledChange]]) -> None:
        """Refused where something stands in the way, on any host; told where something is lost."""
        tasks = {
            host: list(self._tasks("is all as it was left?", _by_way(known), known, check=True))
            for host, known in noted.items()
        }
        refusals = []
        for host, results in self._results("whether it can be undone", tasks, 0).items():
            for result in results:
                if result.get("refused") or result.get("busy"):
                    refusals.append(f"{host}: {result['msg']}")
                self._tell(host, result)
        if refusals:
            raise Refused("\n".join(refusals))

    def _tell(self, host: str, result: Mapping[str, Any]) -> None:
        for each in result.get("cannot", ()):
            if (host, each["step"]) in self._harmless():
                continue
            done = f"{each['action']} {each['target']}"
            self.emit(
                Warned(
                    message=f"{host}: '{each['step']}' cannot be undone: nobody knows what reverts"
                    f" this, the task can say so with 'undo_with': {done}"
                )
            )
        for path in result.get("lost", ()):
            self.emit(
                Warned(
                    message=f"{host}: {path} cannot be put back: what it held was too large to be"
                    " kept, or not to be read"
                )
            )

    def _harmless(self) -> set[tuple[str, str]]:
        """Steps that said themselves that they changed nothing, by host and name."""
        ended = [event for event in self.told if isinstance(event, StepFinished)]
        ok = {(event.host, event.task) for event in ended if event.status == "ok"}
        return ok - {(event.host, event.task) for event in ended if event.status != "ok"}

    # -- undoing it ----------------------------------------------------------------------------

    def _phase(self, phase: int, noted: Mapping[str, Sequence[JournaledChange]]) -> None:
        began = time.monotonic()
        hosts = {host for host, known in noted.items() if any(n.phase == phase for n in known)}
        if phase:
            self._started(phase, hosts)
        tasks = {}
        for host in sorted(hosts):
            known = [each for each in noted[host] if each.phase == phase]
            parts = [list(part) for _, part in groupby(known, key=lambda each: each.way)]
            tasks[host] = list(self._tasks("undo", parts, noted[host], check=False))
        before = len(self.ends)
        self._results(f"undo run {self.run}", tasks, phase)
        if phase:
            good = not exit_code(self.ends[before:])
            status = ("previewed" if self.dry else "undone") if good else "failed"
            seconds = round(time.monotonic() - began, 2)
            self.emit(PhaseFinished(phase=phase, status=status, seconds=seconds))

    def _started(self, phase: int, hosts: set[str]) -> None:
        """The phase, under the title that it had in the run."""
        title = next(
            (
                event.title
                for event in self.told
                if isinstance(event, PhaseStarted) and event.phase == phase
            ),
            "",
        )
        self.emit(PhaseStarted(phase=phase, title=title, hosts=tuple(sorted(hosts))))

    def _tasks(
        self,
        name: str,
        parts: Iterable[Sequence[JournaledChange]],
        known: Sequence[JournaledChange],
        *,
        check: bool,
    ) -> Iterator[Task]:
        """A task for each part: changes of one user that follow one another.

        Users share paths.  What one of them finds there another one, who changed it later, puts
        back first: a check and a dry run have to take that for granted.
        """
        for index, part in enumerate(parts):
            way = part[0].way
            args: dict[str, Any] = {"run": self.run, "force": self.force}
            if len(part) < sum(each.way == way for each in known) or self.phases:
                args["numbers"] = [each.number for each in part]
            if check:
                args["check"] = True
            own = {path for each in part for path in each.paths}
            if check:
                newest = {path: each.way for each in reversed(known) for path in each.paths}
                args["assumed"] = sorted(path for path in own if newest[path] != way)
            elif self.dry:
                later = [each for each in known if each.way != way and each.at > part[-1].at]
                args["assumed"] = sorted(own & {path for each in later for path in each.paths})
            yield way.task(name, "undo", args, f"{REGISTER}_{index}")

    def _results(
        self, name: str, tasks: Mapping[str, Sequence[Task]], phase: int
    ) -> dict[str, list[Mapping[str, Any]]]:
        """What the tasks of each host came to, up to the first that failed.  Hosts with the same
        tasks go side by side."""
        alike: dict[str, list[str]] = defaultdict(list)
        for host, each in tasks.items():
            alike[repr(each)].append(host)
        for hosts in alike.values():
            play = Play(name, hosts, (tuple(tasks[hosts[0]]),), (), HERE, gather_facts=False)
            self.ends.append(self.runner.perform(play, "undo", phase, "undo"))
        return {host: self._of(host, each) for host, each in tasks.items()}

    def _of(self, host: str, tasks: Sequence[Task]) -> list[Mapping[str, Any]]:
        if host in self.runner.pool.gone:
            return []
        found: list[Mapping[str, Any]] = []
        for task in tasks:
            try:
                found.append(self.runner.results(host)[task.register].value())
            except Stopped:
                break
            if found[-1].get("failed"):
                break
        return found


def _by_way(known: Sequence[JournaledChange]) -> list[list[JournaledChange]]:
    """The changes of each user."""
    found: dict[Way, list[JournaledChange]] = defaultdict(list)
    for each in known:
        found[each.way].append(each)
    return list(found.values())


def pruned(runner: PlayRunner, told: Iterable[Event], days: float) -> int:
    """The exit code of letting go of every user's journals on the hosts that are older."""
    known = ways(told)
    ends = []
    for host in runner.hosts(Play("prune", "all", (), (), HERE)):
        tasks = tuple(
            way.task("old journals", "journal", {"prune": True, "days": days}, REGISTER)
            for way in known.get(host.name, ())
        )
        if tasks:
            ends.append(runner.perform(Play("prune", host.name, (tasks,), (), HERE), "undo"))
    return exit_code(ends)
