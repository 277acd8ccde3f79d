"""A run as a person follows it, on a terminal or in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import singledispatchmethod
from typing import TextIO

from suture.events import (
    BaselineRecorded,
    Event,
    HostConnected,
    HostLost,
    ItemFinished,
    PhaseFinished,
    PhaseStarted,
    PhaseVerified,
    PlayStarted,
    RunFinished,
    RunStarted,
    RunStopping,
    StepFinished,
    StepOutput,
    StepStarted,
    TestFinished,
    Warned,
)
from suture.report.terminal.output import Output, paper
from suture.report.terminal.recap import recap
from suture.report.terminal.status_lines import PURPOSES, StatusLines
from suture.report.text.lines import Line, duration, line, listed
from suture.report.text.rows import HostResult, Row, Rows
from suture.report.text.steps import QUIET, Look, elements, is_quiet, status_of
from suture.report.text.summary import Summary, phase_name
from suture.report.text.verdicts import baseline_lines, verdict_lines

FOLDED = 3
"""More quiet steps in a row than this are folded into one line."""
FEW = 3
"""Up to so many hosts are greeted one by one."""
MODES = {
    "dry-run": "dry run: nothing is touched, every change is a prediction",
    "rehearse": "rehearsal: it really runs, in a copy that is thrown away",
}


def terminal(
    out: TextIO,
    environ: Mapping[str, str],
    *,
    verbose: int = 0,
    diffs: bool = False,
    follow: bool = True,
) -> Terminal:
    """The output of a run on ``out``: live on a terminal, plain and stable anywhere else.  Without
    ``follow`` the run is a recorded one: there is nothing to keep up to date."""
    return Terminal(paper(out, environ), verbose=verbose, diffs=diffs, follow=follow)


class Terminal:
    """Each event becomes the lines that it deserves."""

    def __init__(
        self,
        paper: Output,
        *,
        verbose: int = 0,
        diffs: bool = False,
        follow: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._paper = paper
        self._follow = follow and paper.live
        self._look = Look(verbose, diffs, marks=paper.live)
        self._run = Summary()
        self._status = StatusLines(clock)
        self._hosts: tuple[str, ...] = ()
        self._rows = Rows()
        self._quiet: list[Row] = []
        self._head: list[Line] = []
        self._items: dict[tuple[str, str], list[ItemFinished]] = {}
        self._failed_tests: dict[str, list[TestFinished]] = {}
        self._verdicts: list[BaselineRecorded | PhaseVerified] = []
        self._takers = self._run.add, self._take  # each look at a dispatching method makes it anew

    def __call__(self, event: Event) -> None:
        for take in self._takers:
            take(event)

    def tick(self) -> None:
        """Called now and then while nothing happens: a log is not silent for minutes either."""
        if not self._paper.live and (beat := self._status.heartbeat()):
            self._paper.show([beat])

    def close(self) -> None:
        self._settle()
        self._paper.unwatch()
        if not self._follow and self._run.started and not self._run.finished:
            self._paper.show(recap(self._run, self._look.verbose > 0))

    def _show(self, *shown: Line) -> None:
        self._status.spoke()
        self._paper.show(shown)

    @singledispatchmethod
    def _take(self, event: Event) -> None:
        """An event of which nothing is shown."""

    @_take.register
    def _(self, event: RunStarted) -> None:
        self._hosts = event.hosts
        what = event.command or event.playbook
        self._show(
            line(
                ("Suture", "title"),
                (f" {event.version}" if event.version else "", "dim"),
                (f"  {what}", "bold"),
                (f"  {listed(event.hosts)}" if event.hosts else "", "host"),
            )
        )
        if said := MODES.get(event.mode):
            self._show(line((said, "warn")))
        if self._follow:
            self._paper.watch(self._status.lines)

    @_take.register
    def _(self, event: PhaseStarted) -> None:
        self._settle()
        self._hosts = event.hosts or self._hosts
        priority = f"  priority {event.priority}" if event.priority else ""
        self._show(line(), line((phase_name(event), "title"), (priority, "dim")))
        if event.cause:
            self._show(line(("cause: ", "dim"), event.cause, indent=2))

    @_take.register
    def _(self, event: PlayStarted) -> None:
        self._settle()
        self._hosts = event.hosts
        self._rows = Rows(event.hosts)
        if self._run.current is None:
            self._head = [line(), line(("Play: ", "dim"), (event.play, "title"))]
        elif self._look.verbose:
            self._head = [line(("play: ", "dim"), event.play, indent=2)]

    @_take.register
    def _(self, event: HostConnected) -> None:
        if len(self._hosts) > FEW and not self._look.verbose:
            return
        said = f"connected as {event.user}, Python {event.python}"
        took = f"  {duration(event.seconds)}" if event.seconds >= 1 else ""
        self._show(line((f"{event.host}: ", "host"), (said + took, "dim"), indent=2))

    @_take.register
    def _(self, event: HostLost) -> None:
        self._status.gone(event.host)
        self._tell(self._rows.without(event.host))
        self._flush()
        self._show(
            line(("⚠ ", "unreachable"), (f"{event.host} is lost: ", "host"), event.reason, indent=2)
        )

    @_take.register
    def _(self, event: StepStarted) -> None:
        self._status.started(event)

    @_take.register
    def _(self, event: StepOutput) -> None:
        self._status.printed(event)
        self.tick()

    @_take.register
    def _(self, event: ItemFinished) -> None:
        self._items.setdefault((event.host, event.task), []).append(event)
        self._status.item(event)

    @_take.register
    def _(self, event: StepFinished) -> None:
        judged = self._status.purpose(event.host) in PURPOSES
        self._status.finished(event)
        if judged and event.status == "ok" and not self._look.verbose:
            return
        items = self._items.pop((event.host, event.task), [])
        failed_tests = self._failed_tests.pop(event.host, [])
        self._tell(self._rows.add(HostResult(event, tuple(items), tuple(failed_tests))))

    @_take.register
    def _(self, event: TestFinished) -> None:
        self._status.tested(event)
        if event.outcome not in ("failed", "error"):
            self.tick()
            return
        if event.purpose == "task":
            self._failed_tests.setdefault(event.host, []).append(event)
        elif event.purpose == "verify" and self._follow:
            first = event.message.strip().split("\n", 1)[0]
            where = [(f"{event.host}: ", "host")] if len(self._hosts) > 1 else []
            self._show(line(("✗ ", "failed"), *where, event.id, (f"  {first}", "dim"), indent=2))

    @_take.register
    def _(self, event: BaselineRecorded) -> None:
        self._status.counted(event.host)
        self._judged(event)

    @_take.register
    def _(self, event: PhaseVerified) -> None:
        self._status.counted(event.host)
        self._judged(event)

    @_take.register
    def _(self, event: PhaseFinished) -> None:
        self._settle()
        style = {"done": "good", "verified": "good", "rehearsed": "good", "failed": "bad"}.get(
            event.status, "warn"
        )
        name = f"Phase {event.phase}" if event.phase else self._run.phase_of(0).name
        took = f"  {duration(event.seconds)}" if event.seconds >= 1 else ""
        why = f": {event.reason}" if event.reason else ""
        self._show(line((f"{name}: {event.status}{why}", style), (took, "dim")))

    @_take.register
    def _(self, event: Warned) -> None:
        self._flush()
        where = f"  {event.where}" if event.where else ""
        self._show(line(("warning: ", "warn"), event.message, (where, "place"), indent=2))

    @_take.register
    def _(self, event: RunStopping) -> None:
        self._flush()
        at = ", ".join(f"'{task}' on {host}" for host, task in sorted(event.under_way.items()))
        if event.ends:
            said = f"ending {at or 'what is under way'} in its middle"
        else:
            said = f"stopping once {at or 'what is under way'} has ended; again to end it at once"
        self._show(line((f"{event.signal}: ", "warn"), said, indent=2))

    @_take.register
    def _(self, event: RunFinished) -> None:
        self._settle()
        self._paper.unwatch()
        self._paper.show(recap(self._run, self._look.verbose > 0))

    # -- steps ---------------------------------------------------------------------------------

    def _tell(self, rows: Iterable[Row]) -> None:
        for row in rows:
            if self._look.verbose or not is_quiet(row):
                self._flush()
                self._put(row)
            else:
                self._quiet.append(row)
        self._status.quiet(len(self._quiet))

    def _put(self, row: Row) -> None:
        """Show a row; the first one of a play comes under the play's name."""
        head, self._head = self._head, []
        self._status.spoke()
        self._paper.show([*head, *elements(row, self._row_hosts(row), self._look)])

    def _row_hosts(self, row: Row) -> Sequence[str]:
        """The play's hosts, and any that reported without belonging to it."""
        return [*self._hosts, *(host for host in row.entries if host not in self._hosts)]

    def _flush(self) -> None:
        """Put down the quiet steps that were held back: each, or only how many."""
        rows, self._quiet = self._quiet, []
        self._status.quiet(0)
        if not rows:
            return
        if len(rows) <= FOLDED:
            for row in rows:
                self._put(row)
            return
        statuses = [status_of(row) for row in rows]
        counts = [f"{statuses.count(name)} {name}" for name in QUIET if name in statuses]
        indent = 2 if self._look.marks else 14
        self._show(*self._head, line((f"… {', '.join(counts)}", "dim"), indent=indent))
        self._head = []

    def _settle(self) -> None:
        """A part of the run is over: what was held back comes out."""
        self._tell(self._rows.rest())
        self._flush()
        self._judge()
        self._head = []
        self._status.clear()

    # -- tests ---------------------------------------------------------------------------------

    def _judged(self, event: BaselineRecorded | PhaseVerified) -> None:
        """One host's verdict: at once, or with the other hosts' when they are all there."""
        self._verdicts.append(event)
        kind = type(event)
        if len([each for each in self._verdicts if type(each) is kind]) >= len(self._hosts):
            self._tell(self._rows.rest())
            self._flush()
            self._judge()

    def _judge(self) -> None:
        """Show the verdicts that were held back, once for all hosts that share one."""
        verdicts, self._verdicts = self._verdicts, []
        order = {host: place for place, host in enumerate(self._hosts)}
        verdicts.sort(key=lambda each: order.get(each.host, len(order)))
        groups: dict[tuple[Line, ...], list[BaselineRecorded | PhaseVerified]] = {}
        for each in verdicts:
            alike = each if isinstance(each, BaselineRecorded) else replace(each, seconds=0.0)
            groups.setdefault(tuple(self._verdict(alike, "")), []).append(each)
        for alike_here in groups.values():
            hosts = [each.host for each in alike_here]
            where = listed(hosts) if len(self._hosts) > 1 else ""
            self._show(*self._verdict(alike_here[0], where))

    def _verdict(self, event: BaselineRecorded | PhaseVerified, where: str) -> list[Line]:
        if isinstance(event, BaselineRecorded):
            current = self._run.current
            clear = current is not None and current.number == event.phase
            named = f" of phase {event.phase}" if event.phase else " of the whole suite"
            return baseline_lines(event, where, "" if clear else named)
        phase = self._run.phase_of(event.phase)
        return verdict_lines(
            event,
            phase.baselines.get(event.host),
            phase.messages.get(event.host, {}),
            where=where,
            marks=self._look.marks,
            verbose=self._look.verbose > 0,
        )
