"""Who works where, and how a run that nobody will come back to is ended."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from suture.connect.locking import sentence
from suture.errors import Exit, Refused, SutureError
from suture.model import Host, Mark, Play, Task
from suture.report.terminal.output import paper
from suture.report.text.lines import Span
from suture.report.text.tables import Table
from suture.run.play_runner import PlayRunner

HERE = Mark("", 0)
REGISTER = "suture_locks"


def shown(runner: PlayRunner) -> Exit:
    """Print the locks of every host; a host that cannot be asked ends this with 4."""
    out = paper(sys.stdout, os.environ)
    for host in runner.hosts(_play("all", {})):
        locks = _asked(runner, host, {})
        rows = [
            tuple(
                Span(str(lock[key])) for key in ("path", "run", "operator", "at", "since", "reason")
            )
            for lock in locks
        ]
        if rows:
            out.show([Table((host.name, "run", "operator", "at", "since", "command"), rows)])
        else:
            print(f"{host.name}: nobody works there")
    return Exit.UNREACHABLE if runner.pool.gone else Exit.DONE


def unlocked(runner: PlayRunner, name: str, yes: bool, ask: Callable[[str], bool]) -> Exit:
    """End the agents of the runs that hold locks on this host, once the operator agrees."""
    if name not in runner.inventory.hosts:
        known = ", ".join(sorted(runner.inventory.hosts))
        raise SutureError(f"there is no host '{name}' in the inventory; it has {known}")
    host = runner.inventory.hosts[name]
    ours = runner.works_on(host)
    locks = [lock for lock in _asked(runner, host, {}) if not ours or lock["path"] in ours]
    if not locks:
        print(f"{name}: nobody works there")
    for lock in locks:
        print(sentence(name, lock))
        if not yes and not ask("End that run's agent? What it is doing is cut off. [y/N] "):
            raise Refused("the lock was left")
        _asked(runner, host, {"unlock": lock["run"]})
        print(f"ended; what the run changed can be undone: 'undo --run {lock['run']}'")
    return Exit.DONE


def _asked(runner: PlayRunner, host: Host, args: Mapping[str, Any]) -> list[dict[str, Any]]:
    end = runner.perform(_play(host.name, args), "locks")
    if host.name in runner.pool.gone:
        raise SutureError(f"{host.name}: {runner.pool.gone[host.name]}")
    result = runner.results(host.name)[REGISTER].value()
    if end.failed:
        raise SutureError(f"{host.name}: {result.get('msg')}")
    return list(result["locks"])


def _play(hosts: str, args: Mapping[str, Any]) -> Play:
    task = Task("locks", "locks", dict(args), HERE, register=REGISTER)
    return Play("locks", hosts, ((task,),), (), HERE)
