"""The one place that knows everything: what the operator typed becomes a run, told as events."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.metadata import version

from suture.conductor import Conductor, run_name
from suture.events import BaselineRecorded, RunStarted
from suture.load.extra_vars import extra_vars
from suture.load.inventory import inventory
from suture.load.plan_file import plan_of
from suture.load.playbook import playbook
from suture.load.source import Opener
from suture.model import Phase, Plan
from suture.options import Options, phases_of
from suture.phases import WHOLE, Phases, exit_code, whole_suite
from suture.project import Project, project_of
from suture.redaction import Redactor
from suture.report.fan import Consumer, Fan
from suture.report.ledger import Ledger
from suture.run.settings import Settings
from suture.run.stage import Stage


class App:
    """A run in the making: everything is read and checked before anything is touched.

    Each public method is a task of the command line and gives its exit code.
    """

    def __init__(self, options: Options, project: Project | None = None) -> None:
        self.options = options
        self.project = project or project_of()
        self.redactor = Redactor()
        self.vault = self._opener()
        self.conductor = Conductor(Fan(self._consumers(), self.redactor.event, _told))
        self.stage = Stage(
            inventory(self.project.inventories(options.inventory), vault=self.vault),
            self._settings(),
            self.conductor.emit,
            self.vault,
            options.limit,
        )

    # -- the tasks -----------------------------------------------------------------------------

    def run(self, file: str) -> int:
        """Any playbook, on the hosts that it names."""
        plays = playbook(file, roles_path=self._roles_path, vault=self.vault).plays

        def work() -> int:
            self.stage.check_policies(plays)
            ends = []
            for play in plays:
                ends.append(self.stage.perform(play, file))
                if not ends[-1].through and not ends[-1].good:
                    break
            return exit_code(ends)

        return self._conducted(work, file, "apply")

    def remediate(self, phase: str) -> int:
        """The plan's phases, each to its gate; the whole suite after the last one."""

        def work(phases: Phases, chosen: Sequence[Phase]) -> int:
            code = phases.remediated(chosen, self.options.dry_run)
            every = len(chosen) == len(phases.plan.phases)
            if code or self.options.dry_run or not every:
                return code
            return phases.verified(whole_suite(phases.plan))

        return self._phased(phase, "apply", work)

    def verify(self, phase: str) -> int:
        """The phases' verification alone."""
        return self._phased(phase, "verify", lambda phases, chosen: phases.verified(chosen))

    def verify_all(self) -> int:
        """Every phase and the whole suite."""
        return self._phased(
            "all",
            "verify",
            lambda phases, chosen: phases.verified([*chosen, *whole_suite(phases.plan)]),
        )

    def baseline(self, phase: str) -> int:
        """What fails now, recorded anew."""

        def work(phases: Phases, chosen: Sequence[Phase]) -> int:
            every = len(chosen) == len(phases.plan.phases)
            whole = whole_suite(phases.plan) if every else ()
            return phases.recorded([*chosen, *whole], again=True)

        return self._phased(phase, "baseline", work)

    def doctor(self) -> int:
        """Whether the hosts are fit to be worked on."""
        from suture.doctor import examined

        return examined(self.stage)

    def enroll(self, host: str) -> int:
        """The host's key, shown and accepted."""
        from suture.doctor import enrolled

        return enrolled(self.stage, self.project, host, self.options.yes)

    # -- how a run is made ---------------------------------------------------------------------

    def _phased(self, phase: str, mode: str, work: Callable[[Phases, Sequence[Phase]], int]) -> int:
        """A run over phases of the project's plan."""
        plan = plan_of(self.project.plan)
        by_number = {each.number: each for each in plan.phases}
        chosen = [by_number[number] for number in phases_of(phase, sorted(by_number))]
        playbooks = {
            each.number: playbook(each.playbook, roles_path=self._roles_path, vault=self.vault)
            for each in chosen
        }
        known = self._baselines(plan)
        phases = Phases(self.stage, plan, playbooks, self.conductor.emit, known)
        return self._conducted(lambda: work(phases, chosen), plan.file, mode)

    def _baselines(self, plan: Plan) -> dict[tuple[str, int], BaselineRecorded]:
        """What the ledger remembers as failing before each phase."""
        known = {}
        for host in self.stage.inventory.hosts:
            for number in (WHOLE, *(phase.number for phase in plan.phases)):
                event = self._ledger.baseline(host, number)
                if event is not None:
                    known[(host, number)] = event
        return known

    def _conducted(self, work: Callable[[], int], file: str, mode: str) -> int:
        """Do the work with everything told, recorded, and parted from in the end."""
        started = RunStarted(
            run=run_name(),
            mode="dry-run" if self.options.dry_run else mode,
            playbook=file,
            hosts=tuple(self.stage.inventory.hosts),
            command=" ".join(["suture", *sys.argv[1:]]),
            version=version("suture"),
        )

        def ended() -> tuple[int, str]:
            try:
                code = work()
            finally:
                self.stage.pool.finish()
            if code or not self.options.dry_run:
                return code, ""
            if self.conductor.count("changed", "unknown"):
                return 2, "there is something to change"
            return 0, "nothing to change"

        return self.conductor.run(started, ended, self.stage.pool.abandon)

    def _opener(self) -> Opener | None:
        """What opens encrypted values, where a password was given."""
        given = self.options.vault_password_file or os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE")
        if not given:
            return None
        from suture.load.vault import Vault, password_file

        password = password_file(given)
        self.redactor.add(password.secret.decode("utf-8", "replace"))
        return Vault([password])

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger.open(self.project.ledger)

    @property
    def _roles_path(self) -> list[str]:
        return [str(path) for path in self.project.roles_path]

    def _consumers(self) -> list[Consumer]:
        """Who is told: the ledger always, and either the terminal or a program."""
        from suture.report.jsonl import JsonLines
        from suture.report.terminal import terminal

        options = self.options
        shown: Consumer = (
            JsonLines(sys.stdout)
            if options.json
            else terminal(sys.stdout, os.environ, verbose=int(options.verbose), diffs=options.diff)
        )
        return [shown, self._ledger.recorder(_told)]

    def _settings(self) -> Settings:
        options = self.options
        password = None
        if options.ask_become_pass:
            password = getpass.getpass("become password: ")
            self.redactor.add(password)
        return Settings(
            dry=options.dry_run,
            diff=options.diff,
            forks=options.forks,
            extra_vars=extra_vars(options.extra_vars, vault=self.vault),
            tags=options.tags,
            skip_tags=options.skip_tags,
            become_password=password,
            known_hosts=str(self.project.known_hosts),
            strict=self.project.strict,
            cancelled=self.conductor.cancelled,
        )


def _told(sentence: str) -> None:
    """A word to the operator that is no event."""
    print(f"suture: {sentence}", file=sys.stderr)
