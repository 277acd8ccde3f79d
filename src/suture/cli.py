"""The surface: Invoke tasks that parse flags, call the app, and map errors to exit codes.

Nothing heavy is imported before a task runs: ``--help`` and ``--list`` answer at once.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import inspect
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from invoke import Collection, Context, Exit, Program

from suture.commands.invoke_task import Command
from suture.commands.options import HELP, LISTS, VALUE_OR_NONE, Options, defaults, options_of


def command(
    *,
    positional: tuple[str, ...] = (),
    common: bool = True,
    optional: tuple[str, ...] = (),
    iterable: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
    **help_texts: str,
) -> Callable[[Callable[..., int | None]], Command]:
    """Make a task of a function; with ``common`` it is given the common options as ``Options``, and
    those named in ``also``.

    The function's int result is the exit code.
    """

    def made(body: Callable[..., int | None]) -> Command:
        own = list(inspect.signature(body).parameters.values())
        first = own.pop(0)
        if common:
            own.pop(0)
        taken = {parameter.name for parameter in own}  # what means something else to this task
        shared = {name: each for name, each in defaults(also).items() if name not in taken}

        @functools.wraps(body)
        def run(context: Context, **given: Any) -> None:
            for name in positional:
                more = [given.pop(key) for key in list(given) if key.startswith(f"{name}-")]
                if name in iterable:
                    first = given[name]
                    given[name] = [*([first] if isinstance(first, str) else first or []), *more]
            mine = {name: given.pop(name) for name in list(given) if name in taken}
            _ended(
                lambda: body(context, *((options_of(given),) if common else ()), **given, **mine)
            )

        extra = (
            [
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
                for name, default in shared.items()
            ]
            if common
            else []
        )
        keyword = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
        run.__signature__ = inspect.Signature([first, *keyword, *extra])  # type: ignore[attr-defined]
        shown = {**({name: HELP[name] for name in shared} if common else {}), **help_texts}
        repeated = [*(LISTS if common else ()), *iterable]
        return Command(
            run,
            name=body.__name__.rstrip("_"),
            positional=positional,
            optional=(*optional, *(VALUE_OR_NONE if common else ())),
            iterable=repeated,
            help=shown,
        )

    return made


def _ended(body: Callable[[], int | None]) -> None:
    """Run it; leave with its exit code; show what it refuses without a traceback."""
    from suture.errors import Interrupted, SutureError

    # Nearly all that a run makes lasts as long as it does: looking through that for garbage, again
    # and again and once more at the very end, would take a third of a short run's time.
    gc.set_threshold(100_000)
    # Invoke turns this off for tasks files of its users: all of Suture would be compiled each time.
    sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
    try:
        code = body()
    except SutureError as error:
        raise Exit(f"suture: {error}", error.exit_code) from None
    except KeyboardInterrupt:
        print("suture: interrupted", file=sys.stderr)
        code = Interrupted.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Exit(code=1) from None
    finally:
        gc.freeze()
    if code == Interrupted.exit_code:
        _leave(code)
    if code:
        raise Exit(code=code)


def _leave(code: int) -> NoReturn:
    """At once: Python's own end can founder on threads that still wait for a host."""
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


PHASE = "Which phases: 3, 1,3, 2-5 or all."


@command(
    phase=PHASE,
    undo_on_failure="Undo a phase that fails, at a step or at its gate.",
    keep_going="A phase that fails does not stop those that do not need it.",
    also=("rehearse", "no_network", "no_pending"),
)
def remediate(
    context: Context,
    options: Options,
    phase: str = "all",
    undo_on_failure: bool = False,
    keep_going: bool = False,
) -> int:
    """Take the plan's phases through: baseline, apply, verify, gate, record."""
    from suture.commands.app import app_of

    return app_of(options).remediate(phase, undo_on_failure, keep_going)


@command(phase=PHASE)
def verify(context: Context, options: Options, phase: str = "all") -> int:
    """Run the phases' verification only, and compare with the baseline."""
    from suture.commands.app import app_of

    return app_of(options).verify(phase)


@command()
def verify_all(context: Context, options: Options) -> int:
    """Verify every phase and the whole suite; print the table before and after."""
    from suture.commands.app import app_of

    return app_of(options).verify_all()


@command(phase=PHASE)
def baseline(context: Context, options: Options, phase: str = "all") -> int:
    """Record which tests fail now, as what the gate compares with."""
    from suture.commands.app import app_of

    return app_of(options).baseline(phase)


@command(
    positional=("paths",),
    iterable=("paths",),
    paths="Test files, folders or ids on the host; the whole suite without any.",
    junit="Read the failures from this JUnit XML file instead.",
    recorded="Take the failures of the last recorded baseline instead.",
    write="Write a plan and a playbook for each of its phases to this folder.",
    diff="Show what is new, gone and changed since this run; 'last' is the last one.",
)
def triage(
    context: Context,
    options: Options,
    paths: list[str],
    junit: str = "",
    recorded: bool = False,
    write: str = "",
    diff: str = "",
) -> int:
    """Group what fails on the host by cause, and make a plan of it."""
    from suture.commands.triage import FailureSource, triaged

    return triaged(options, FailureSource(tuple(paths), junit, recorded), write, diff)


@command(common=False, markdown="Print the plan's tracking section as Markdown.")
def status(context: Context, markdown: bool = False) -> int:
    """Show progress by phase and step, with test counts."""
    from suture.commands.records import Records

    return Records().status(markdown)


@command(common=False, limit="How many runs, newest first.")
def history(context: Context, limit: int = 20) -> int:
    """List the runs that the ledger holds."""
    from suture.commands.records import Records

    return Records().history(limit)


@command(
    common=False,
    positional=("run",),
    run="The run's id, its beginning, or 'last'.",
    verbose=HELP["verbose"],
    diff=HELP["diff"],
    json=HELP["json"],
)
def show(
    context: Context,
    run: str = "last",
    verbose: bool = False,
    diff: bool = False,
    json: bool = False,
) -> int:
    """Show one run again, as it went."""
    from suture.commands.records import Records

    return Records().show(run, verbose=verbose, diff=diff, as_json=json)


@command(
    common=False,
    positional=("run",),
    run="The run's id, its beginning, or 'last'.",
    out="Where to write the page.",
    open_="Open it in the browser.",
    junit="Write the run's steps and tests to this file as JUnit XML instead.",
)
def report(
    context: Context, run: str = "last", out: str = "", open_: bool = False, junit: str = ""
) -> int:
    """Write one run as a self-contained HTML page, or as JUnit XML."""
    from suture.commands.records import Records

    return Records().junit(run, junit) if junit else Records().report(run, out, open_)


@command(
    positional=("playbook",),
    playbook="The playbook's file.",
    list_hosts="Only list the hosts that its plays mean.",
    list_tasks="Only list its tasks; what an include brings is known when it runs.",
    list_tags="Only list the tags that its tasks have.",
    start_at_task="Begin with the first task of this name, or of a pattern.",
    also=("rehearse", "no_network", "no_pending"),
)
def run(
    context: Context,
    options: Options,
    playbook: str,
    list_hosts: bool = False,
    list_tasks: bool = False,
    list_tags: bool = False,
    start_at_task: str = "",
) -> int:
    """Run any playbook of the supported language."""
    from suture.commands.app import app_of

    app, listed = app_of(options), (list_hosts, list_tasks, list_tags)
    return app.listing(playbook, *listed) if any(listed) else app.run(playbook, start_at_task)


@command(
    common=False,
    positional=("paths",),
    iterable=("paths",),
    paths="Playbooks, roles or folders; the project without any.",
    strict="Warnings count too.",
    host="Look as well whether this host, or all that match, has the plan's paths.",
)
def lint(context: Context, paths: list[str], strict: bool = False, host: str = "") -> int:
    """Find everything that can be found wrong without a host."""
    from suture.commands.lint import lint

    return lint(paths, strict, host)


@command(
    common=False,
    positional=("folder",),
    folder="A folder that holds cloned repositories.",
    json="Print one JSON object, with every verdict.",
)
def corpus(context: Context, folder: str, json: bool = False) -> int:
    """Load every role and playbook of a folder; say how many load, and what stops the rest."""
    from suture.commands.corpus import corpus

    return corpus(folder, json)


@command(common=False, positional=("name",), name="A module's name; all of them without.")
def modules(context: Context, name: str = "") -> int:
    """List the modules, or show one module's arguments and examples."""
    from suture.commands.lint import modules

    return modules(name)


@command(
    run="The run to undo, by its id or the beginning of it; else the last that changed something.",
    phase="Only what these phases of it changed: 3, 1,3 or 2-5.",
    force="Put back also what somebody has changed since.",
    prune="Undo nothing: let the hosts forget how old runs are undone.",
    days="With --prune: how many days a run is not old.",
)
def undo(
    context: Context,
    options: Options,
    run: str = "",
    phase: str = "",
    force: bool = False,
    prune: bool = False,
    days: int = 30,
) -> int:
    """Put back what a run changed, the newest change first."""
    from suture.commands.app import app_of

    return app_of(options).prune(days) if prune else app_of(options).undo(run, phase, force)


@command(
    positional=("playbook",),
    playbook="A playbook's file; without one, the plan's phases.",
    phase=PHASE,
    out="Where to save the plan, for 'apply'.",
)
def plan(
    context: Context, options: Options, playbook: str = "", phase: str = "all", out: str = ""
) -> int:
    """Predict what phases or a playbook would do, and save exactly that."""
    from suture.commands.plan_commands import planned

    return planned(options, playbook, phase, out)


@command(positional=("file",), file="The file that 'plan --out' has written.")
def apply(context: Context, options: Options, file: str) -> int:
    """Do exactly what a saved plan says; refuse if anything has drifted since."""
    from suture.commands.plan_commands import applied

    return applied(options, file)


@command()
def doctor(context: Context, options: Options) -> int:
    """Look at connection, Python, sudo, disk and pip sources; say the remedy of each complaint."""
    from suture.commands.app import app_of

    return app_of(options).doctor()


@command()
def locks(context: Context, options: Options) -> int:
    """Show who works where: the runs that hold a lock on a host."""
    from suture.commands.app import app_of

    return app_of(options).locks()


@command(positional=("host",), host="The host's name in the inventory.")
def unlock(context: Context, options: Options, host: str) -> int:
    """End the run that holds a lock on a host, after a question."""
    from suture.commands.app import app_of

    return app_of(options).unlock(host)


@command(positional=("host",), host="The host's name in the inventory.")
def enroll(context: Context, options: Options, host: str) -> int:
    """Show a host's key and, once confirmed, accept it."""
    from suture.commands.app import app_of

    return app_of(options).enroll(host)


def surface() -> Collection:
    """All tasks, those of the practice droplet included where the project has one."""
    collection = Collection()
    for name, value in list(globals().items()):
        if isinstance(value, Command):
            collection.add_task(value, name=name.replace("_", "-").rstrip("-"))
    return collection


class Surface(Program):
    """Invoke's program; finds out its version only when asked for it."""

    def print_version(self) -> None:
        from importlib.metadata import version

        self.version = version("suture")
        super().print_version()


def main() -> None:
    """The console script: the same tasks anywhere."""
    Surface(name="suture", namespace=surface()).run()
