"""The surface: Invoke tasks that parse flags, call the app, and map errors to exit codes.

Nothing heavy is imported before a task runs: ``--help`` and ``--list`` answer at once.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable
from typing import Any

from invoke import Collection, Context, Exit, Program, Task

from suture.options import HELP, LISTS, SHORT, Options, defaults, options_of


class Command(Task):  # type: ignore[type-arg]
    """An Invoke task whose short flags are the field's, not the first letter that is free."""

    def arg_opts(self, name: str, default: Any, taken_names: set[str]) -> dict[str, Any]:
        options = super().arg_opts(name, default, taken_names)
        names = [options["names"][0]]
        if name in SHORT:
            names.append(SHORT[name])
        return {**options, "names": names}


def command(
    *,
    positional: tuple[str, ...] = (),
    common: bool = True,
    optional: tuple[str, ...] = (),
    iterable: tuple[str, ...] = (),
    **help_texts: str,
) -> Callable[[Callable[..., int | None]], Command]:
    """Make a task of a function; with ``common`` it is given the common options as ``Options``.

    The function's int result is the exit code.
    """

    def made(body: Callable[..., int | None]) -> Command:
        own = list(inspect.signature(body).parameters.values())
        first = own.pop(0)
        if common:
            own.pop(0)

        @functools.wraps(body)
        def run(context: Context, **given: Any) -> None:
            args = (options_of(given),) if common else ()
            _ended(lambda: body(context, *args, **given))

        extra = (
            [
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
                for name, default in defaults().items()
            ]
            if common
            else []
        )
        keyword = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
        run.__signature__ = inspect.Signature([first, *keyword, *extra])  # type: ignore[attr-defined]
        shown = {**(HELP if common else {}), **help_texts}
        repeated = [*(LISTS if common else ()), *iterable]
        return Command(
            run,
            name=body.__name__.rstrip("_"),
            positional=positional,
            optional=optional,
            iterable=repeated,
            help=shown,
        )

    return made


def _ended(body: Callable[[], int | None]) -> None:
    """Run it; leave with its exit code; show what it refuses without a traceback."""
    from suture.errors import SutureError

    try:
        code = body()
    except SutureError as error:
        raise Exit(f"suture: {error}", error.exit_code) from None
    except KeyboardInterrupt:
        raise Exit("suture: interrupted", 130) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Exit(code=1) from None
    if code:
        raise Exit(code=code)


PHASE = "Which phases: 3, 1,3, 2-5 or all."


@command(phase=PHASE)
def remediate(context: Context, options: Options, phase: str = "all") -> int:
    """Take the plan's phases through: baseline, apply, verify, gate, record."""
    from suture.app import App

    return App(options).remediate(phase)


@command(phase=PHASE)
def verify(context: Context, options: Options, phase: str = "all") -> int:
    """Run the phases' verification only, and compare with the baseline."""
    from suture.app import App

    return App(options).verify(phase)


@command()
def verify_all(context: Context, options: Options) -> int:
    """Verify every phase and the whole suite; print the table before and after."""
    from suture.app import App

    return App(options).verify_all()


@command(phase=PHASE)
def baseline(context: Context, options: Options, phase: str = "all") -> int:
    """Record which tests fail now, as what the gate compares with."""
    from suture.app import App

    return App(options).baseline(phase)


@command(common=False, markdown="Print the plan's tracking section as Markdown.")
def status(context: Context, markdown: bool = False) -> int:
    """Show progress by phase and step, with test counts."""
    from suture.records import Records

    return Records().status(markdown)


@command(common=False, limit="How many runs, newest first.")
def history(context: Context, limit: int = 20) -> int:
    """List the runs that the ledger holds."""
    from suture.records import Records

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
    from suture.records import Records

    return Records().show(run, verbose=verbose, diff=diff, as_json=json)


@command(
    common=False,
    positional=("run",),
    run="The run's id, its beginning, or 'last'.",
    out="Where to write the page.",
    open_="Open it in the browser.",
)
def report(context: Context, run: str = "last", out: str = "", open_: bool = False) -> int:
    """Write one run as a self-contained HTML page."""
    from suture.records import Records

    return Records().report(run, out, open_)


@command(positional=("playbook",), playbook="The playbook's file.")
def run(context: Context, options: Options, playbook: str) -> int:
    """Run any playbook of the supported language."""
    from suture.app import App

    return App(options).run(playbook)


@command(
    common=False,
    positional=("paths",),
    iterable=("paths",),
    paths="Playbooks, roles or folders; the project without any.",
)
def lint(context: Context, paths: list[str]) -> int:
    """Find everything that can be found wrong without a host."""
    from suture.checks import lint

    return lint(paths)


@command(common=False, positional=("name",), name="A module's name; all of them without.")
def modules(context: Context, name: str = "") -> int:
    """List the modules, or show one module's arguments and examples."""
    from suture.checks import modules

    return modules(name)


@command()
def doctor(context: Context, options: Options) -> int:
    """Look at connection, Python, sudo, disk and pip sources; say the remedy of each complaint."""
    from suture.app import App

    return App(options).doctor()


@command(positional=("host",), host="The host's name in the inventory.")
def enroll(context: Context, options: Options, host: str) -> int:
    """Show a host's key and, once confirmed, accept it."""
    from suture.app import App

    return App(options).enroll(host)


def surface() -> Collection:
    """All tasks, those of the practice droplet included where the project has one."""
    collection = Collection()
    for name, value in list(globals().items()):
        if isinstance(value, Command):
            collection.add_task(value, name=name.replace("_", "-").rstrip("-"))
    return collection


def main() -> None:
    """The console script: the same tasks anywhere."""
    from importlib.metadata import version

    Program(name="suture", namespace=surface(), version=version("suture")).run()
