"""The plan held against hosts: which paths of its verifications they lack."""

from __future__ import annotations

from suture.commands.project import Project
from suture.load.phase_plan import plan_of
from suture.phases.remediation import missing_paths, whole_suite
from suture.run.play_runner import PlayRunner


def lacking(runner: PlayRunner, project: Project) -> dict[str, list[str]]:
    """For each host what it lacks, a sentence for each path that is not optional; nothing where
    there is no plan."""
    if not project.plan.exists():
        return {}
    plan = plan_of(project.plan)
    phases = [*plan.phases, *whole_suite(plan)]
    found: dict[str, list[str]] = {}
    for (number, path), hosts in missing_paths(runner, plan, phases).items():
        phase = next(each for each in phases if each.number == number)
        if any(path in run.optional for run in phase.verifications):
            continue
        name = f"phase {number}" if number else "the whole suite"
        said = f"{phase.mark}: {name}: there is no {path}"
        for host in hosts:
            found.setdefault(host, []).append(said)
    return found
