"""What can be said on every command line, and how it is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from suture.errors import SutureError


@dataclass(frozen=True, slots=True)
class Options:
    """The options that tasks have in common; those of SOME are had by a few of them only."""

    inventory: tuple[str, ...] = ()
    limit: str = ""
    tags: tuple[str, ...] = ()
    skip_tags: tuple[str, ...] = ()
    extra_vars: tuple[str, ...] = ()
    dry_run: bool = False
    diff: bool = False
    forks: int = 0
    ask_become_pass: bool = False
    vault_password_file: str = ""
    json: bool = False
    verbose: bool = False
    yes: bool = False
    rehearse: bool = False
    no_network: bool = False
    timing: bool = False
    no_ledger: bool = False
    no_pending: bool = False
    wait: float = 0
    """Seconds for which a lock of another run is waited for."""


SHORT = {
    "inventory": "i",
    "limit": "l",
    "extra_vars": "e",
    "tags": "t",
    "dry_run": "C",
    "diff": "D",
    "forks": "f",
    "ask_become_pass": "K",
    "verbose": "v",
    "yes": "y",
    "phase": "p",
}
"""Short flags where the field has them; every other option is long only."""

HELP = {
    "inventory": "Inventory file, directory or 'host,'; may be given again.",
    "limit": "Only hosts that match this pattern.",
    "tags": "Only tasks with one of these tags (comma-separated).",
    "skip_tags": "No tasks with one of these tags (comma-separated).",
    "extra_vars": "KEY=VALUE, JSON or @FILE; stronger than all other variables; may be given again.",
    "dry_run": "Predict only: touch nothing, show what would change.",
    "diff": "Show the differences of changed files.",
    "forks": "How many hosts are worked on side by side; 16 where nothing is set.",
    "ask_become_pass": "Ask for the password that sudo wants.",
    "vault_password_file": "File with the vault's password (or a program that prints it).",
    "json": "Print the events as JSON lines on stdout, and nothing else.",
    "verbose": "Show unchanged steps, data and tracebacks too.",
    "yes": "Do not ask for confirmation.",
    "wait": "Wait for a host that another run works on: 10m, 1h30m; alone, until it is free.",
    "no_ledger": "Record nothing here: the run is in no history, and cannot be undone.",
    "timing": "Tell at the end where the run's seconds went.",
    "rehearse": "Really do it, in a copy of the host that is thrown away; tell what would change.",
    "no_pending": "Leave the handlers pending that an earlier run was notified of and did not run.",
    "no_network": "With --rehearse: the copy has no network.",
}

SOME = ("rehearse", "no_network", "no_pending")
"""Options that a task has only if it asks for them."""

LISTS = ("inventory", "extra_vars")
"""Options that may be given several times."""

VALUE_OR_NONE = ("wait",)
"""Options that may be given alone, or with a value."""

TAGS = ("tags", "skip_tags")
"""Options that hold several values between commas."""


def defaults(also: tuple[str, ...] = ()) -> dict[str, Any]:
    """Each option's default as Invoke wants it, in the order in which help shows them.  ``also``:
    which of SOME are among them."""
    return {
        field.name: None
        if field.name in LISTS
        else ""
        if field.name in (*TAGS, *VALUE_OR_NONE)
        else field.default
        for field in fields(Options)
        if field.name in also or field.name not in SOME
    }


def options_of(given: dict[str, Any]) -> Options:
    """The options taken out of a task's keyword arguments."""
    taken = {field.name: given.pop(field.name) for field in fields(Options) if field.name in given}
    for name in LISTS:
        taken[name] = tuple(taken.get(name) or ())
    for name in TAGS:
        taken[name] = tuple(tag.strip() for tag in taken.get(name, "").split(",") if tag.strip())
    taken["wait"] = duration_of(taken.get("wait", ""))
    if taken.get("rehearse") and taken.get("dry_run"):
        raise SutureError("--dry-run predicts, --rehearse tries it out: give one of them")
    if taken.get("no_network") and not taken.get("rehearse"):
        raise SutureError("--no-network closes the network of a rehearsal: give --rehearse as well")
    return Options(**taken)


FOREVER = 10.0**9
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def duration_of(given: str | bool) -> float:
    """The seconds that "90", "10m" or "1h30m" means; 0 where nothing was said, and without end where
    the option stood alone."""
    if isinstance(given, bool):
        return FOREVER if given else 0
    if given.isdigit():
        return float(given)
    if not re.fullmatch(r"(\d+[smhd])*", given):
        raise SutureError(f"--wait {given}: give a time such as 90, 10m or 1h30m")
    return float(sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)(.)", given)))


def phases_of(text: str, known: list[int]) -> list[int]:
    """The phases that "3", "1,3", "2-5" or "all" means, in the plan's order."""
    if text in ("", "all"):
        return known
    wanted: set[int] = set()
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        if not low.isdigit() or (dash and not high.isdigit()):
            raise SutureError(
                f"--phase {text}: give a number, a list '1,3', a range '2-5' or 'all'"
            )
        wanted |= set(range(int(low), int(high or low) + 1))
    missing = sorted(wanted - set(known))
    if missing:
        raise SutureError(
            f"--phase {text}: there is no phase {', '.join(map(str, missing))};"
            f" the plan has {', '.join(map(str, known))}"
        )
    return [number for number in known if number in wanted]
