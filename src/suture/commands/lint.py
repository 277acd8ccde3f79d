"""What needs no host: lint, and the reference of modules."""

from __future__ import annotations

import os
import sys
from collections import Counter

from suture.commands import lint_files as linting
from suture.commands.project import project_of
from suture.errors import SutureError
from suture.load import specs
from suture.load.problem_lines import lines_by_cause
from suture.load.reference import reference
from suture.report.terminal.output import paper
from suture.report.text.lines import Span
from suture.report.text.tables import Table
from suture.suggestions import called
from suture.templating.rendering import static_value
from suture.templating.static_checks import check


def lint(paths: list[str], strict: bool = False, host: str = "") -> int:
    """Print every problem, each cause once; 2 where ``run`` would refuse, or ``strict`` finds
    anything at all, else 0.  ``host``: also whether that host has the plan's paths."""
    project = project_of()
    given = paths or [
        str(path)
        for path in (
            project.root / "playbooks",
            project.root / "roles",
            project.root / "inventory.yml",
        )
        if path.exists()
    ]
    roles_path = [str(path) for path in project.roles_path]
    found = linting.problems(
        given, roles_path=roles_path, check_template=check, rendered=static_value
    )
    for sentence in lines_by_cause(found):
        print(sentence)
    print(_summary(Counter(problem.level for problem in found)))
    if host and _lacking(host):
        return 2
    return 2 if strict and found else 2 if any(each.level == "error" for each in found) else 0


def _lacking(host: str) -> bool:
    """Whether hosts lack what the plan's verifications run; each path is told."""
    from suture.commands.app import App
    from suture.commands.inputs import inputs_of
    from suture.commands.options import Options
    from suture.commands.plan_paths import lacking

    app = App(inputs_of(Options(limit=host)))
    try:
        found = lacking(app.runner, app.project)
    finally:
        app.runner.pool.finish()
    if app.runner.pool.gone:
        raise SutureError("; ".join(f"{name}: {why}" for name, why in app.runner.pool.gone.items()))
    for name, sentences in found.items():
        for said in sentences:
            print(f"{said} on {name}")
    return bool(found)


def _summary(count: Counter[str]) -> str:
    if not count:
        return "nothing is wrong"
    told = [f"{count['error']:,} to mend"]
    if count["possible"]:
        verb = "fails" if count["possible"] == 1 else "fail"
        told.append(f"{count['possible']:,} that {verb} if reached")
    return ", ".join([*told, f"{count['warning']:,} to look at"])


def modules(name: str) -> int:
    """Print the modules with what each is for, or one module's reference."""
    if name:
        if not specs.exists(name):
            hint = specs.close(name, specs.module_names())
            raise SutureError(f"there is no module '{name}'{hint or f'; see: {called()} modules'}")
        sys.stdout.write(reference(name))
        return 0
    rows = []
    for module in specs.module_names():
        doc = specs.spec(module).doc.strip().splitlines() or [""]
        rows.append((Span(module, "bold"), Span(doc[0])))
    paper(sys.stdout, os.environ).show([Table(("module", "what holds afterwards"), rows)])
    return 0
