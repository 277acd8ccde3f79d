"""Which steps another host can notice, and which look at other hosts.

The language's order is linear: no host begins a task before every host has ended the one before it.
Steps of different hosts commute, and may overtake each other, unless one of them shows something that
the other one could see.  Only between such steps do hosts wait for each other (ADR 6).
"""

from __future__ import annotations

from suture.model import Task

APART = frozenset(
    [
        "assemble",
        "assert",
        "async_status",
        "authorized_key",
        "blockinfile",
        "copy",
        "cron",
        "debug",
        "doctor",
        "fail",
        "fetch",
        "file",
        "find",
        "getent",
        "group",
        "hostname",
        "include_vars",
        "ini_file",
        "journal",
        "known_hosts",
        "lineinfile",
        "locale_gen",
        "locks",
        "mount",
        "package_facts",
        "ping",
        "pip",
        "pytest",
        "python_edit",
        "python_import",
        "replace",
        "service_facts",
        "set_fact",
        "set_stats",
        "setup",
        "slurp",
        "stat",
        "sync",
        "sysctl",
        "tempfile",
        "template",
        "timezone",
        "undo",
        "user",
        "validate_argument_spec",
    ]
)
"""Modules whose steps no other host notices, and that look at their own host only.  Where a template
of theirs reads another host's results, reading waits for that host."""

LOOKING = frozenset({"get_url", "git", "apt_key", "unarchive", "wait_for", "wait_for_connection"})
"""Modules that may look at another host, and show it nothing."""

SHOWING = frozenset({"apt", "apt_repository", "deb822_repository", "package"})
"""Modules that may show something (a package starts its service), and look at no other host of a
play.  A module that stands in none of these lists may do both."""


def shows(task: Task) -> bool:
    """Whether another host may notice that this task has run."""
    if task.delegate_to or task.run_once:
        return True
    return task.module not in APART and task.module not in LOOKING


def looks_around(task: Task) -> bool:
    """Whether this task may notice what other hosts have done."""
    if task.delegate_to or task.run_once:
        return True
    return task.module not in APART and task.module not in SHOWING
