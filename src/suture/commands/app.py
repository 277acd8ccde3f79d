"""The one place that knows everything: what the operator typed becomes a run, told as events.

What is not needed to find the hosts is imported while they are being connected to.
"""

from __future__ import annotations

import getpass
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from suture.commands.inputs import Inputs, inputs_of
from suture.commands.options import Options, phases_of
from suture.commands.playbooks import loaded
from suture.commands.run_hooks import RunHooks
from suture.commands.run_loop import RunLoop, run_name
from suture.connect.locking import Claim, process
from suture.errors import Exit, SutureError
from suture.events import CHANGES, BaselineRecorded, Mode, PhaseStarted, RunStarted, Warned
from suture.load.phase_plan import plan_of
from suture.model import Phase, Plan, Playbook
from suture.report.dispatch import Consumer, Fan
from suture.run.play_runner import PlayRunner
from suture.suggestions import called

if TYPE_CHECKING:
    from suture.phases.remediation import Phases
    from suture.report.ledger.ledger import Ledger


class App:
    """A run in the making, from what was read and checked.

    Each public method is a task of the command line and gives its exit code.
    """

    def __init__(self, inputs: Inputs, hooks: RunHooks | None = None) -> None:
        self._inputs = inputs
        self.options, self.project = inputs.options, inputs.project
        self.redactor, self.vault = inputs.redactor, inputs.vault
        self._hooks = hooks or RunHooks()
        self.read: set[str] = set()
        self.conductor = RunLoop()
        self._run = run_name()
        self._said = ""
        for note in self.project.ansible.notes:
            self.conductor.emit(Warned(message=note))
        self.runner = PlayRunner(
            inputs.inventory,
            replace(inputs.settings, cancelled=self.conductor.cancelled),
            self.conductor.emit,
            inputs.vault,
            inputs.options.limit,
            self._hooks.watch,
            pending=self._pending,
        )

    # -- the tasks -----------------------------------------------------------------------------

    def run(self, file: str, start_at: str = "") -> int:
        """Any playbook, on the hosts that it names; from the task on that it is to start at."""
        plays = self._playbook(file).plays
        if start_at:
            from suture.commands.starting import starting_at

            plays = starting_at(plays, start_at, self.runner.selects)
        self.runner.approach(plays)

        def work() -> int:
            self.runner.check_hosts(plays)
            self.runner.check_policies(plays)
            return self.runner.perform_all(plays, file).exit

        return self.conducted(work, file, Mode.APPLY)

    def listing(self, file: str, hosts: bool, tasks: bool, tags: bool) -> int:
        """What a run of the playbook would mean: its hosts, its tasks, their tags."""
        from suture.commands.listing import listing
        from suture.run.tags import selected

        settings = self._inputs.settings
        lines = listing(
            self._playbook(file),
            self.runner.hosts,
            lambda task: selected(task.tags, settings.tags or ("all",), settings.skip_tags),
            hosts=hosts,
            tasks=tasks,
            tags=tags,
        )
        print("\n".join(lines))
        return 0

    def remediate(self, phase: str, undo_on_failure: bool = False, keep_going: bool = False) -> int:
        """The plan's phases, each to its gate; the whole suite after the last one.

        ``undo_on_failure``: a phase that fails is undone; ``keep_going``: it does not keep those
        from beginning that do not need it.
        """

        def work(phases: Phases, chosen: Sequence[Phase]) -> int:
            phases.keep_going = keep_going
            dry = self.options.dry_run
            code = phases.remediated(chosen, dry)
            self._said = "" if dry else phases.said(code, chosen, called())
            return code

        code = self._phased(phase, Mode.APPLY, work)
        stays = not self.options.dry_run and not self.options.rehearse
        if code == Exit.FAILED and undo_on_failure and stays:
            from suture.commands.undo import failed_phase

            if failed := failed_phase(self._ledger.events(self._run)):
                App(self._inputs).undo(self._run, str(failed))
        return code

    def verify(self, phase: str) -> int:
        """The phases' verification alone."""
        return self._phased(phase, Mode.VERIFY, lambda phases, chosen: phases.verified(chosen))

    def verify_all(self) -> int:
        """Every phase and the whole suite."""
        from suture.phases.remediation import whole_suite

        return self._phased(
            "all",
            Mode.VERIFY,
            lambda phases, chosen: phases.verified([*chosen, *whole_suite(phases.plan)]),
        )

    def baseline(self, phase: str) -> int:
        """What fails now, recorded anew."""
        from suture.phases.remediation import whole_suite

        def work(phases: Phases, chosen: Sequence[Phase]) -> int:
            every = len(chosen) == len(phases.plan.phases)
            whole = whole_suite(phases.plan) if every else ()
            return phases.recorded([*chosen, *whole], again=True)

        return self._phased(phase, Mode.BASELINE, work)

    def undo(self, run: str = "", phase: str = "", force: bool = False) -> int:
        """What a run changed, or some phases of it, put back; the last run without a name."""
        from suture.commands.undo import Undoing, undoable

        if self.options.no_ledger:
            raise SutureError("undo: what a run did is read in the ledger; leave --no-ledger out")
        named = run not in ("", "last")
        record = self._ledger.run(run) if named else undoable(self._ledger)
        told = list(self._ledger.events(record.run))
        known = sorted({event.phase for event in told if isinstance(event, PhaseStarted)})
        phases = tuple(phases_of(phase, known)) if phase else ()
        undoing = Undoing(
            self.runner, self.conductor.emit, record.run, told, phases, force, self.options.dry_run
        )
        undoes = "" if phases else record.run
        return self.conducted(undoing.performed, record.playbook, Mode.UNDO, undoes)

    def refused(self, error: SutureError, file: str) -> int:
        """A run that came to its end before anything was touched."""

        def work() -> int:
            raise error

        return self.conducted(work, file, Mode.APPLY)

    def prune(self, days: float) -> int:
        """The hosts forget how runs that are older can be undone."""
        from suture.commands.undo import pruned

        told = (event for run in self._ledger.runs() for event in self._ledger.events(run.run))
        return self.conducted(lambda: pruned(self.runner, told, days), "", Mode.PRUNE)

    def doctor(self) -> int:
        """Whether the hosts are fit to be worked on."""
        from suture.commands.doctor import examined

        return examined(self.runner, self.project)

    def locks(self) -> int:
        """Who works where."""
        from suture.commands.locks import shown

        try:
            return shown(self.runner)
        finally:
            self.runner.pool.finish()

    def unlock(self, host: str) -> int:
        """The run that holds this host's locks, ended once the operator agrees."""
        from suture.commands.locks import unlocked

        def agreed(question: str) -> bool:
            return sys.stdin.isatty() and input(question).strip().lower() in ("y", "yes")

        try:
            return unlocked(self.runner, host, self.options.yes, agreed)
        finally:
            self.runner.pool.finish()

    def enroll(self, host: str) -> int:
        """The host's key, shown and accepted."""
        from suture.commands.doctor import enrolled

        return enrolled(self.runner, self.project, host, self.options.yes)

    # -- how a run is made ---------------------------------------------------------------------

    def _phased(
        self, phase: str, mode: Mode, work: Callable[[Phases, Sequence[Phase]], int]
    ) -> int:
        """A run over phases of the project's plan."""
        plan = plan_of(self.project.plan)
        self.read.add(plan.file)
        by_number = {each.number: each for each in plan.phases}
        chosen = [by_number[number] for number in phases_of(phase, sorted(by_number))]
        playbooks = {each.number: self._playbook(each.playbook) for each in chosen}
        self.runner.approach([play for each in chosen for play in playbooks[each.number].plays])
        from suture.phases.remediation import Phases

        known = self._baselines(plan)
        through = "rehearsed" if self.options.rehearse else "done"
        phases = Phases(
            self.runner,
            plan,
            playbooks,
            self.conductor.emit,
            known,
            through,
            cancelled=self.conductor.cancelled,
        )
        return self.conducted(lambda: work(phases, chosen), plan.file, mode)

    @property
    def name(self) -> str:
        """The run's id."""
        return self._run

    def _playbook(self, file: str) -> Playbook:
        """The playbook, loaded and checked; what was read for it is noted."""
        found = loaded(file, self._inputs, _print_note)
        self.read.update(found.files)
        return found

    def _baselines(self, plan: Plan) -> dict[tuple[str, int], BaselineRecorded]:
        """What the ledger remembers as failing before each phase."""
        from suture.phases.remediation import WHOLE

        known = {}
        for host in self.runner.inventory.hosts:
            for number in (WHOLE, *(phase.number for phase in plan.phases)):
                event = self._ledger.baseline(host, number)
                if event is not None:
                    known[(host, number)] = event
        return known

    def conducted(
        self, work: Callable[[], int], file: str, mode: Mode = Mode.APPLY, undoes: str = ""
    ) -> int:
        """Do the work with everything told, recorded, and parted from in the end."""
        from importlib.metadata import version

        options, rehearsals = self.options, self.runner.pool.rehearsals
        started = RunStarted(
            run=self._run,
            mode=Mode.DRY_RUN if options.dry_run else Mode.REHEARSE if options.rehearse else mode,
            playbook=file,
            hosts=tuple(self.runner.inventory.hosts),
            command=typed(sys.argv),
            version=version("suture"),
            undoes=undoes,
        )
        if started.mode in CHANGES:
            self.runner.pool.journal = started.run
            self.runner.pool.claim = Claim(
                run=started.run,
                operator=getpass.getuser(),
                at=socket.gethostname(),
                since=started.at,
                reason=started.command,
                process=process(os.getpid()),
                wait=options.wait,
            )

        def ended() -> tuple[int, str]:
            try:
                code = self._hooks.around(self, work)
            finally:
                self.runner.pool.finish()
            if rehearsals is not None:
                return rehearsals.ended(code)
            if code or not options.dry_run:
                return code, self._said
            return predicted(self.conductor.ended("changed"), self.conductor.ended("unknown"))

        fan = Fan(self._consumers(), self.redactor.event, _print_note)
        pool = self.runner.pool
        return self.conductor.run(fan, started, ended, pool.stop, pool.end)

    def _pending(self, host: str, play: str) -> Sequence[str]:
        """The handlers that earlier runs of the play have left on the host."""
        return () if self.options.no_pending else self._left.get((host, play), ())

    @cached_property
    def _left(self) -> Mapping[tuple[str, str], Sequence[str]]:
        return self._ledger.pending()

    @cached_property
    def _ledger(self) -> Ledger:
        from suture.report.ledger.ledger import Ledger

        if self.options.no_ledger:
            return Ledger.passing(self.project.ledger)
        return Ledger.open(self.project.ledger)

    @property
    def _roles_path(self) -> list[str]:
        return [str(path) for path in self.project.roles_path]

    def _recorder(self) -> Consumer:
        return self._ledger.recorder(_print_note, self.conductor.waiting, self.conductor.halt)

    def _consumers(self) -> list[Consumer]:
        """Who is told: the ledger always, and either the terminal or a program."""
        if self._hooks.consumers is not None:
            return list(self._hooks.consumers)
        from suture.report.pages.jsonl import JsonLines
        from suture.report.terminal.terminal import terminal

        options = self.options
        shown: Consumer = (
            JsonLines(sys.stdout)
            if options.json
            else terminal(sys.stdout, os.environ, verbose=int(options.verbose), diffs=options.diff)
        )
        consumers = [shown, self._recorder()]
        if options.timing:
            from suture.report.terminal.output import paper
            from suture.report.terminal.timing import Timing, process_age

            consumers.append(Timing(paper(sys.stderr, os.environ), process_age()))
        return consumers


def app_of(options: Options) -> App:
    """A run of what was typed."""
    return App(inputs_of(options))


def predicted(changed: Mapping[str, int], unknown: Mapping[str, int]) -> tuple[int, str]:
    """A dry run's exit code and message, from the modules of its steps.  What a step would find that
    only looks may be unknown, but it changes nothing: that is left to look at, and nothing to do."""
    from suture.run.actions import only_looks

    if changed or not all(only_looks(module) for module in unknown):
        return Exit.PENDING, "there is something to change"
    if not unknown:
        return 0, "nothing to change"
    return 0, f"nothing to change; what {_many(sum(unknown.values()))} would find is unknown"


def _many(steps: int) -> str:
    return "1 step that only looks" if steps == 1 else f"{steps:,} steps that only look"


def _print_note(sentence: str) -> None:
    """A word to the operator that is no event."""
    print(f"suture: {sentence}", file=sys.stderr)


def typed(argv: Sequence[str]) -> str:
    """The command as the operator typed it: without what ./inv puts before it for Invoke."""
    words = list(argv[1:])
    if words[:1] == ["--search-root"]:
        del words[:2]
    return " ".join(["suture", *words])
