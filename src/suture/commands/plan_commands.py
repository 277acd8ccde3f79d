"""Make a plan and save it; apply a saved plan, and nothing but that."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from suture.commands.app import App
from suture.commands.inputs import inputs_of
from suture.commands.options import Options, phases_of
from suture.commands.plan_file import (
    Given,
    HostPlan,
    Key,
    Saved,
    changed_files,
    drift,
    key_of,
    listed,
    opened,
    sealed,
)
from suture.commands.plan_observers import PlanEnforcer, PlanRecorder
from suture.commands.project import Project, project_of
from suture.commands.run_hooks import Performed, RunHooks, Work
from suture.errors import Exit, Refused, SutureError, Unreachable
from suture.events import Event, HostLost, RunFinished, StepFinished
from suture.load.phase_plan import plan_of
from suture.model import Inventory
from suture.redaction import Redactor

ANEW = "nothing was touched; look at it with --dry-run and make the plan anew"


def planned(options: Options, playbook: str, phase: str, out: str) -> int:
    """The exit code of a dry run whose steps are saved to ``out``, if that is given."""
    project = project_of()
    given = _given(options, project, playbook, phase)
    key = key_of(project.state)
    redactor = Redactor()
    recording = PlanRecorder(key, redactor)

    def around(run: Performed, work: Work) -> int:
        code = work()
        if code:
            _print_note("the plan was not written, because a step of it would fail")
            return code
        hosts = recording.plans(run.runner.looks())
        if out:
            _written(Path(out), sealed(_saved(run, given, key, hosts), key))
            _print_note(f"the plan is in {out}; 'apply {out}' does exactly that")
        return code

    hooks = RunHooks(recording, None, around)
    return _performed(
        App(inputs_of(replace(options, dry_run=True), project, redactor), hooks), given
    )


def applied(options: Options, file: str) -> int:
    """The exit code of the run that a saved plan describes.  Where anything is not what it was when
    the plan was made, nothing is touched, and the run is one that was refused."""
    project = project_of()
    key = key_of(project.state)
    try:
        text = Path(file).read_text("utf-8")
    except UnicodeDecodeError:
        raise Refused(f"{file} is no plan that 'plan --out' has written") from None
    except OSError as error:
        raise SutureError(f"the plan {file} cannot be read: {error.strerror}") from None
    if options.dry_run:
        raise SutureError("apply: a plan is a dry run already; leave --dry-run out")
    try:
        plan = opened(text, key, file)
        options = _as_planned(options, plan.given, project)
        _check(options, project, key, plan)
    except (Refused, Unreachable) as error:
        return App(inputs_of(options, project)).refused(error, file)
    if plan.unknown:
        _print_note(f"{_many(plan.unknown)} could not be predicted:\n{listed(plan.unknown)}")
    following = RunHooks(watch=PlanEnforcer(plan, key))
    return _performed(App(inputs_of(options, project), following), plan.given)


def _check(options: Options, project: Project, key: Key, plan: Saved) -> None:
    """Refused where the plan does not hold any more, here or on its hosts."""
    _check_version(plan)
    if changed := changed_files(plan, key, project.root):
        raise Refused(
            f"these files are not what they were when the plan was made:\n{listed(changed)}\n{ANEW}"
        )
    if plan.unknown and not options.yes:
        raise Refused(
            f"{_many(plan.unknown)} of this plan could not be predicted:\n"
            f"{listed(plan.unknown)}\ngive --yes to have that run all the same"
        )
    now = _looked_at(options, project, key, plan)
    if differences := drift(plan.hosts, now):
        raise Refused(f"this has drifted since the plan was made:\n{listed(differences)}\n{ANEW}")


def _performed(app: App, given: Given) -> int:
    if given.playbook:
        return app.run(str(app.project.root / given.playbook))
    return app.remediate(",".join(map(str, given.phases)))


# -- what a plan rests on --------------------------------------------------------------------------


def _given(options: Options, project: Project, playbook: str, phase: str) -> Given:
    numbers: list[int] = []
    if playbook and phase not in ("", "all"):
        raise SutureError("plan: give either a playbook or --phase")
    if not playbook:
        numbers = phases_of(phase, sorted(each.number for each in plan_of(project.plan).phases))
    return Given(
        tuple(numbers),
        _named(playbook, project.root) if playbook else "",
        tuple(_named(path, project.root) for path in project.inventories(options.inventory)),
        options.limit,
        options.tags,
        options.skip_tags,
    )


def _saved(run: Performed, given: Given, key: Key, hosts: Mapping[str, HostPlan]) -> Saved:
    root = run.project.root
    files = {_named(path, root) for path in {*run.read, *run.runner.files}}
    return Saved(
        version=version("suture"),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        run=run.name,
        given=given,
        inventory=_mark_of_inventory(run.runner.inventory, key),
        extra_vars=_mark_of_data(run.runner.extra_vars, key, "extra vars"),
        files={name: key.mark_of_file(root / name) for name in sorted(files)},
        hosts=hosts,
    )


def _mark_of_inventory(inventory: Inventory, key: Key) -> str:
    hosts = {
        name: [list(host.groups), [dict(layer) for layer in host.layers]]
        for name, host in inventory.hosts.items()
    }
    groups = {name: list(members) for name, members in inventory.groups.items()}
    return _mark_of_data([hosts, groups], key, "inventory")


def _mark_of_data(data: Any, key: Key, purpose: str) -> str:
    return key.mark(purpose, json.dumps(data, default=str).encode("utf-8", "surrogateescape"))


def _named(path: str, root: Path) -> str:
    """A file by its place in the project, or by its whole path where it is outside."""
    if path.endswith(",") or not Path(path).exists():
        return path
    whole = Path(path).absolute()
    return str(whole.relative_to(root)) if whole.is_relative_to(root) else str(whole)


def _written(path: Path, text: str) -> None:
    """The file is there as a whole, or as it was."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, "utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise SutureError(f"the plan cannot be written to {path}: {error.strerror}") from None


# -- whether that still holds ----------------------------------------------------------------------


def _check_version(plan: Saved) -> None:
    if plan.version != version("suture"):
        raise Refused(
            f"the plan was made by version {plan.version}, this is {version('suture')}: {ANEW}"
        )


def _as_planned(options: Options, given: Given, project: Project) -> Options:
    """The options with what the plan settles; Refused where the operator says otherwise."""
    inventory = tuple(
        str(project.root / path) if not path.endswith(",") else path for path in given.inventory
    )
    settled: dict[str, Any] = {
        "limit": given.limit,
        "tags": given.tags,
        "skip_tags": given.skip_tags,
    }
    for name, wanted in settled.items():
        said = getattr(options, name)
        if said and said != wanted:
            raise Refused(f"--{name.replace('_', '-')}: the plan was made with another one: {ANEW}")
    return replace(options, inventory=options.inventory or inventory, **settled)


@dataclass(slots=True)
class Heard:
    """The events of a run that nobody is shown."""

    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def tick(self) -> None:
        pass

    def close(self) -> None:
        pass

    def trouble(self) -> str:
        """Why the run did not come to its end."""
        for event in self.events:
            if isinstance(event, HostLost):
                return f"{event.host}: {event.reason}"
            if isinstance(event, StepFinished) and event.status == "failed":
                return (
                    f"{event.host}: the step '{event.task}' ({event.file}:{event.line}) would fail"
                    f" now: {event.message}"
                )
            if isinstance(event, RunFinished) and event.message:
                return event.message
        return "it could not be checked"


def _looked_at(options: Options, project: Project, key: Key, plan: Saved) -> Mapping[str, HostPlan]:
    """The plan as it would be made now, by the same way: every look at the hosts is taken again."""
    redactor = Redactor()
    recording = PlanRecorder(key, redactor)
    heard = Heard()
    found: dict[str, HostPlan] = {}

    def around(run: Performed, work: Work) -> int:
        _check_ground(run, plan, key)
        code = work()
        if code != Exit.UNREACHABLE:
            found.update(recording.plans(run.runner.looks()))
        return code

    hooks = RunHooks(recording, (heard,), around)
    code = _performed(
        App(inputs_of(replace(options, dry_run=True), project, redactor), hooks), plan.given
    )
    if code in (Exit.DONE, Exit.PENDING):
        return found
    if code == Exit.UNREACHABLE:
        raise Unreachable(heard.trouble())
    if code == Exit.FAILED and found:
        seen = listed([*drift(plan.hosts, found), heard.trouble()])
        raise Refused(f"this has drifted since the plan was made:\n{seen}\n{ANEW}")
    if code in (Exit.FAILED, Exit.REFUSED):
        raise Refused(heard.trouble() if ANEW in heard.trouble() else f"{heard.trouble()}: {ANEW}")
    raise KeyboardInterrupt


def _check_ground(run: Performed, plan: Saved, key: Key) -> None:
    """Refused where the inventory or the extra variables are other ones, before a host is asked."""
    checks: list[tuple[str, Callable[[], str], str]] = [
        (plan.inventory, lambda: _mark_of_inventory(run.runner.inventory, key), "the inventory"),
        (
            plan.extra_vars,
            lambda: _mark_of_data(run.runner.extra_vars, key, "extra vars"),
            "what --extra-vars says",
        ),
    ]
    for planned_mark, now, what in checks:
        if now() != planned_mark:
            raise Refused(f"{what} is not what it was when the plan was made: {ANEW}")


def _many(steps: list[str]) -> str:
    return "1 step" if len(steps) == 1 else f"{len(steps)} steps"


def _print_note(sentence: str) -> None:
    print(f"suture: {sentence}", file=sys.stderr)
