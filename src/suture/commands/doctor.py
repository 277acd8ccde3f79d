"""Looks at hosts before anything is done there: are they fit, and are they who they should be?"""

from __future__ import annotations

import os
import sys

from suture.commands.plan_paths import lacking
from suture.commands.project import Project
from suture.connect.enroll import known, offered, on_the_way
from suture.connect.host_key import accepted
from suture.connect.host_settings import HostSettings
from suture.connect.known_hosts import KeyTrust
from suture.connect.route import route_of
from suture.connect.target import Target, target_of
from suture.errors import Refused, SutureError, Unreachable
from suture.model import Host, Mark, Play, Task
from suture.report.terminal.output import paper
from suture.report.text.lines import Span
from suture.report.text.tables import Table
from suture.run.play_runner import PlayRunner


def examined(runner: PlayRunner, project: Project) -> int:
    """Print each host's checks with the remedy of what is not well; 1 when something is not."""
    code = 0
    out = paper(sys.stdout, os.environ)
    for line in (*project.ansible.lines, *project.ansible.notes):
        print(line)
    for host in _hosts(runner):
        rows = []
        for name, good, found, remedy in (
            *_checks(runner, project, host),
            *_plan(runner, project, host),
        ):
            code = code if good else 1
            mark = Span("ok", "good") if good else Span("no", "bad")
            rows.append(
                (mark, Span(name), Span(found if good or not remedy else f"{found}: {remedy}"))
            )
        out.show([Table((host.name, "check", "found"), rows)])
    return code


def _way(runner: PlayRunner, project: Project, host: Host) -> str:
    """What connects to the host, and why it is that."""
    route = route_of(_target(runner, project, host))
    names = {"local": "no connection", "fabric": "Fabric", "openssh": "OpenSSH"}
    return f"{names[route.program]} ({route.why})"


def _target(runner: PlayRunner, project: Project, host: Host) -> Target:
    return target_of(
        host.name,
        runner.connection(host),
        strict=project.strict,
        known=str(project.known_hosts),
        transport=project.transport,
        otherwise=project.ansible.connection,
    )


def _plan(runner: PlayRunner, project: Project, host: Host) -> list[tuple[str, bool, str, str]]:
    """Whether the host has what the plan's verifications run."""
    if host.name in runner.pool.gone or not project.plan.exists():
        return []
    try:
        told = lacking(runner, project).get(host.name, [])
    except SutureError as error:
        return [("plan", False, str(error), "")]
    remedy = "mend 'verify' in the plan, or name the path in 'optional' there"
    return [("plan", not told, "; ".join(told) or "all paths are there", remedy)]


def _hosts(runner: PlayRunner) -> list[Host]:
    play = Play("doctor", "all", (), (), Mark("", 0))
    return runner.hosts(play)


def _checks(runner: PlayRunner, project: Project, host: Host) -> list[tuple[str, bool, str, str]]:
    """What was looked at, whether it is well, what was found, what to do."""
    try:
        way = f"ok, over {_way(runner, project, host)}"
        task = Task(
            "doctor",
            "doctor",
            {
                "app_dir": runner.variable(host, "app_dir", ""),
                "python": runner.variable(host, "app_python", ""),
            },
            Mark("", 0),
            register="suture_doctor",
        )
        play = Play("doctor", host.name, ((task,),), (), Mark("", 0))
        end = runner.perform(play, "doctor")
    except (SutureError, Unreachable) as error:
        return [("connection", False, str(error), "")]
    if end.gone:
        return [("connection", False, runner.pool.gone[host.name], "")]
    result = runner.results(host.name)["suture_doctor"].value()
    if end.failed:
        return [("connection", True, way, ""), ("checks", False, str(result.get("msg")), "")]
    return [("connection", True, way, ""), *map(tuple, result["checks"])]


def enrolled(runner: PlayRunner, project: Project, name: str, yes: bool) -> int:
    """Show the key that the host offers and, once agreed to, write it into the project's file."""
    if name not in runner.inventory.hosts:
        raise SutureError(
            f"there is no host '{name}' in the inventory; it has"
            f" {', '.join(sorted(runner.inventory.hosts))}"
        )
    host = runner.inventory.hosts[name]
    target = _target(runner, project, host)
    for each, settings in on_the_way(target):
        _enrolled(each, settings, project, yes)
    return 0


def _enrolled(target: Target, settings: HostSettings, project: Project, yes: bool) -> None:
    """One host's key shown, and accepted where it is not known."""
    key = offered(target, settings)
    verdict = known(target, settings, key)
    print(f"{target.name}{target.role} ({key.host}) offers {key.kind} {key.fingerprint}")
    if verdict is KeyTrust.KNOWN:
        print("It is known already.")
        return
    if verdict is KeyTrust.REVOKED:
        raise Refused("this key was revoked: whoever answers there may not be trusted")
    if verdict is KeyTrust.CHANGED:
        print("Another key is known for this host. Unless it was reinstalled, do not go on.")
    print(
        "Compare it with what the host's owner tells you (ssh-keygen -lf /etc/ssh/ssh_host_*.pub)."
    )
    if not yes:
        if not sys.stdin.isatty():
            raise Refused("nobody is there to agree: compare the fingerprint, then give --yes")
        if input("Accept it? [y/N] ").strip().lower() not in ("y", "yes"):
            raise Refused("the key was not accepted")
    accepted(key, project.known_hosts)
    print(f"Accepted, in {project.known_hosts}.")
