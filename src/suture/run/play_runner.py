"""Where plays are performed: an inventory, what the operator asked for, and the state between."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from suture.connect.route import linked
from suture.connect.target import Target
from suture.connect.transport import Link
from suture.errors import SutureError
from suture.events import Event, Warned
from suture.inventory import patterns
from suture.inventory.connection_variables import CONNECTION
from suture.load.level import LateTask
from suture.load.playbook import variable_files
from suture.load.reading import first_file
from suture.load.source import Opener, variables
from suture.model import Host, Inventory, Play, Task
from suture.run.actions import STEP
from suture.run.arguments import Arguments
from suture.run.batch import Batch
from suture.run.facts import as_variables, known_facts
from suture.run.host import HostRun
from suture.run.keywords import environment_of, keyword
from suture.run.magic import host_defaults, host_magic, play_magic
from suture.run.pending import Pending
from suture.run.play import PlayEnd, RunResult, batching, performed
from suture.run.policy import VARIABLE, Policy, allowed, policies_of, tasks_of
from suture.run.pool import Pool
from suture.run.reach import Reach, keywords_of, said
from suture.run.settings import Settings
from suture.run.step_observer import StepObserver
from suture.run.step_renderer import StepRenderer
from suture.run.tags import selected
from suture.run.task import TaskRun
from suture.templating.rendering import render, value_of
from suture.variables.content import Contents
from suture.variables.scope import Precedence, Scope, host_scope, play_scope

NO_INVENTORY = (
    "there is no inventory, so localhost is the only host: give one with -i, set SUTURE_INVENTORY,"
    " or write inventory.yml"
)


class PlayRunner:
    """Performs plays one after another; connections, facts and results last as long as it does.

    ``pending`` names the handlers of a host and a play that earlier runs have left."""

    def __init__(
        self,
        inventory: Inventory,
        settings: Settings,
        emit: Callable[[Event], None],
        vault: Opener | None = None,
        limit: str = "",
        watch: StepObserver | None = None,
        connect: Callable[[Target], Link] = linked,
        pending: Callable[[str, str], Sequence[str]] = lambda host, play: (),
    ) -> None:
        self._pending = pending
        self._settings = settings
        self._emit = emit
        self._vault = vault
        self._limit = limit
        self._watch = watch
        self._contents = Contents()
        self._notes: set[str] = set()
        self.pool = Pool(inventory, settings, emit, self.connection, connect, self.works_on)

    @property
    def inventory(self) -> Inventory:
        """The hosts as they are now: a play may have added some."""
        return self.pool.inventory

    # -- which hosts, and what is known of them ------------------------------------------------

    def hosts(self, play: Play) -> list[Host]:
        """The play's hosts in its order, within the operator's limit."""
        pattern = render(play.hosts, play_scope(play, self._settings.extra_vars), play.mark)
        hosts = list(patterns.hosts(pattern, self.inventory, self._limit))
        if not hosts and not self.inventory.sources:
            raise SutureError(NO_INVENTORY)
        if play.order in ("reverse_inventory", "reverse_sorted", "sorted"):
            if play.order != "reverse_inventory":
                hosts.sort(key=lambda host: host.name)
            if play.order != "sorted":
                hosts.reverse()
        return hosts

    def connection(self, host: Host) -> Mapping[str, Any]:
        """How the host is reached: its connection variables with their templates filled in."""
        scope = self._outside(host)
        known = scope.names()
        found = {name: value_of(name, scope) for name in CONNECTION if name in known}
        return {name: value for name, value in found.items() if value not in (None, "")}

    def variable(self, host: Host, name: str, default: Any = None) -> Any:
        """A variable of the host as the inventory has it, or the default."""
        scope = self._outside(host)
        return value_of(name, scope) if name in scope.names() else default

    def _outside(self, host: Host) -> Scope:
        """What variables mean for a host outside any play."""
        scope = host_scope(Scope(), host)
        scope = scope.with_layer(Precedence.EXTRA_VARS, self._settings.extra_vars)
        return scope.with_layer(Precedence.MAGIC, host_magic(host.name, self.inventory))

    def works_on(self, host: Host) -> list[str] | None:
        """The directories of which the first that is there is locked while a run changes the host;
        an empty list: its user's home.  ``suture_lock`` names one, or says false for none."""
        named = self.variable(host, "suture_lock")
        if named is False:
            return None
        path = str(named or self.variable(host, "app_dir") or "")
        if not path and self.connection(host).get("ansible_connection") == "local":
            return None  # this machine's user does other things at the same time
        return [path] if path else []

    def policies(self, host: Host) -> tuple[Policy, ...]:
        return policies_of(self.variable(host, VARIABLE))

    def results(self, host: str) -> Mapping[str, Any]:
        """What is registered and set on a host so far; values may be promises that are kept."""
        return self.pool.state(self.inventory.hosts[host])[0].results

    def looks(self) -> dict[str, Mapping[str, tuple[str, int]]]:
        """What a dry run has seen of each host, once its steps are over."""
        return self.pool.looks()

    @property
    def extra_vars(self) -> Mapping[str, Any]:
        return self._settings.extra_vars

    @property
    def files(self) -> frozenset[str]:
        """The controller's files that became a host's content."""
        return self._contents.used

    # -- plays ---------------------------------------------------------------------------------

    def approach(self, plays: Sequence[Play]) -> None:
        """Begin to connect to the hosts that come first: what is yet to be read, checked and made
        ready costs no time then.  What is wrong with them is told when they are needed."""
        with contextlib.suppress(SutureError):
            if plays:
                hosts = self.hosts(plays[0])[: self._settings.forks]
                self.pool.approach([(host, self._reach(plays[0], host)) for host in hosts])

    def _reach(self, play: Play, host: Host) -> Reach:
        """How the host is reached in this play, before any task says more."""
        scope = host_scope(play_scope(play, self._settings.extra_vars), host)
        scope = scope.with_layer(Precedence.MAGIC, host_magic(host.name, self.inventory))
        return Reach(said(scope), keywords_of(play, scope))

    def check_hosts(self, plays: Sequence[Play]) -> None:
        """Told where a play's pattern means no host; SutureError where the operator's limit leaves
        none to any play."""
        some = False
        for play in plays:
            scope = play_scope(play, self._settings.extra_vars)
            pattern = render(play.hosts, scope, play.mark)
            for piece in patterns.unmatched(pattern, self.inventory):
                self._emit(Warned(message=f"{play.mark}: no host and no group is called '{piece}'"))
            some = some or bool(patterns.hosts(pattern, self.inventory, self._limit))
        if self._limit and not some:
            raise SutureError(f"--limit {self._limit} leaves no host to work on")

    def check_policies(self, plays: Iterable[Play]) -> None:
        """Refused, before anything is touched, where a rule forbids what a play is known to do."""
        for play in plays:
            for host in self.hosts(play):
                policies = self.policies(host)
                for task in tasks_of(play) if policies else ():
                    if self.selects(task):
                        allowed(policies, task, task.args, host.name)

    def perform_all(self, plays: Sequence[Play], file: str, phase: int = 0) -> RunResult:
        """A playbook's plays, one after another.  A host that fails in one takes no part in those
        after it; failures that are fatal, or those of a whole batch, end the run."""
        ends: list[PlayEnd] = []
        failed: set[str] = set()
        for play in plays:
            ends.append(self.perform(play, file, phase, without=failed))
            failed.update(ends[-1].failed)
            if ends[-1].stops:
                break
        return RunResult(tuple(ends))

    def perform(
        self,
        play: Play,
        file: str,
        phase: int = 0,
        purpose: str = "task",
        without: Collection[str] = (),
    ) -> PlayEnd:
        """The play on all its hosts but those ``without``; ``file`` is its playbook's."""
        hosts = [
            host
            for host in self.hosts(play)
            if host.name not in self.pool.gone and host.name not in without
        ]
        shared = play_scope(play, self._settings.extra_vars)
        taken = batching(play, len(hosts), lambda value: keyword(value, shared, play.mark))
        sound = [task for task in tasks_of(play) if self.selects(task) and _is_sound(task)]
        arguments = Arguments(self._contents, str(Path(file).resolve().parent), self._vault)
        self._warn_of_foreign(sound, arguments)
        mingled = any(task.delegate_facts is not None for task in sound)
        self.pool.ship(frozenset(STEP if task.foreign else task.module for task in sound))

        def made(host: Host, members: Sequence[Host], batch: Batch) -> HostRun:
            batch.mingled = batch.mingled or mingled
            state, narrator = self.pool.state(host)
            narrator.play, narrator.phase, narrator.purpose = play.name, phase, purpose
            usual = self._reach(play, host)
            state.agents.usual = usual
            scope = self._scope(play, shared, host, hosts, members, batch, file)
            task_run = TaskRun(
                state,
                StepRenderer(
                    host.name,
                    arguments,
                    self.policies(host),
                    self._settings.become_password,
                    self._settings.become,
                    usual.otherwise,
                    self._settings.learn,
                ),
                self._settings.cancelled,
                phase,
                self._watch if purpose == "task" else None,
            )
            tells = bool(play.handlers) and state.agents.stays and purpose == "task"

            def pending(named: Callable[[Task], str]) -> Pending:
                before = self._pending(host.name, play.name) if tells else ()
                emit = self._emit if tells else lambda event: None
                return Pending(host.name, play.name, state.order, emit, named, before)

            return HostRun(state, play, scope, task_run, self._vault, self.selects, batch, pending)

        return performed(play, hosts, taken, self.pool, made, self._emit, self._settings.forks)

    def _warn_of_foreign(self, tasks: Sequence[Task], arguments: Arguments) -> None:
        """What is odd about modules that are not ours is told once a run, and of which of them
        nobody will know how to undo what they did."""
        for task in tasks:
            for note in task.foreign.notes if task.foreign else ():
                if note not in self._notes:
                    self._notes.add(note)
                    self._emit(Warned(message=note, where=f"{task.mark.file}:{task.mark.line}"))
        if self._settings.dry or self._settings.rehearse:
            return  # there each such change is marked
        for name, mark in arguments.lasting(tasks):
            note = f"what {name} changes cannot be undone, unless undo_with says how"
            if note not in self._notes:
                self._notes.add(note)
                self._emit(Warned(message=note, where=f"{mark.file}:{mark.line}"))

    def selects(self, task: Task) -> bool:
        """Whether the operator's tags leave the task."""
        return selected(task.tags, self._settings.tags or ("all",), self._settings.skip_tags)

    def _scope(
        self,
        play: Play,
        shared: Scope,
        host: Host,
        hosts: Sequence[Host],
        members: Sequence[Host],
        batch: Batch,
        file: str,
    ) -> Scope:
        """Everything that names mean on this host before a task adds its own."""
        settings = self._settings
        state = self.pool.state(host)[0]

        def scope_of(name: str) -> Scope:
            if name != host.name:
                state.agents.flush()
                batch.wait_for(host.name, name)
            other = self.inventory.hosts.get(name) or Host(name)
            scope = host_scope(shared, other)
            known = self.pool.state(other)[0]
            if known.facts is not None:
                scope = scope.with_layer(Precedence.FACTS, as_variables(known.facts))
            scope = scope.with_layer(Precedence.RESULTS, known.results)
            scope = scope.with_layer(Precedence.ALWAYS, host_defaults(name, play))
            return scope.with_layer(Precedence.MAGIC, host_magic(name, self.inventory))

        sources = self.inventory.sources
        magic = play_magic(
            play,
            self.inventory,
            playbook_dir=str(Path(file).resolve().parent),
            inventory_dir=str(Path(sources[0]).absolute().parent) if sources else "",
            hosts=[each.name for each in hosts],
            batch=[each.name for each in members],
            scope_of=scope_of,
            dry_run=settings.dry,
            diff=settings.diff,
            verbosity=settings.verbosity,
            tags=settings.tags or ("all",),
            skip_tags=settings.skip_tags,
            limit=self._limit,
        )
        scope = host_scope(shared, host)
        scope = scope.with_layer(
            Precedence.MAGIC, {**magic, **host_magic(host.name, self.inventory)}
        )
        scope = scope.with_layer(Precedence.ALWAYS, host_defaults(host.name, play))
        gathers = play.gather_facts is not False
        bare = scope

        def environment() -> dict[str, str]:
            return environment_of(play.environment, bare, play.mark)

        scope = scope.with_layer(Precedence.FACTS, known_facts(state, gathers, environment))
        for given in play.vars_files:
            scope = scope.with_layer(
                Precedence.VARS_FILES, self._vars_file(render(given, scope, play.mark), play, file)
            )
        return scope

    def _vars_file(self, given: Any, play: Play, file: str) -> Mapping[str, Any]:
        """The variables of a file named in ``vars_files``; of a list the first that exists."""
        names = given if isinstance(given, list) else [given]
        home = str(Path(file).resolve().parent)
        found = first_file(path for name in names for path in variable_files(str(name), home))
        if not found:
            raise SutureError(
                f"{play.mark}: vars_files: there is no {' or '.join(map(str, names))}"
            )
        return variables(Path(found), self._vault)


def _is_sound(task: Task) -> bool:
    """Whether it is known by now which module does the task."""
    return not task.faults and not isinstance(task, LateTask)
