"""What needs no host: lint, and the reference of modules."""

from __future__ import annotations

import os
import sys

from suture.commands import lint_files as linting
from suture.commands.project import project_of
from suture.errors import SutureError
from suture.load import specs
from suture.load.reference import reference
from suture.report.terminal.output import paper
from suture.report.text.lines import Span
from suture.report.text.tables import Table
from suture.templating.static_checks import check


def lint(paths: list[str]) -> int:
    """Print every problem; 2 where there is an error to mend, 0 where there are warnings at most."""
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
    found = linting.problems(given, roles_path=roles_path, check_template=check)
    for problem in found:
        print(problem)
    errors = sum(problem.level == "error" for problem in found)
    warnings = len(found) - errors
    print(f"{errors} to mend, {warnings} to look at" if found else "nothing is wrong")
    return 2 if errors else 0


def modules(name: str) -> int:
    """Print the modules with what each is for, or one module's reference."""
    if name:
        if not specs.exists(name):
            hint = specs.close(name, specs.module_names())
            raise SutureError(f"there is no module '{name}'{hint or '; see: suture modules'}")
        sys.stdout.write(reference(name))
        return 0
    rows = []
    for module in specs.module_names():
        doc = specs.spec(module).doc.strip().splitlines() or [""]
        rows.append((Span(module, "bold"), Span(doc[0])))
    paper(sys.stdout, os.environ).show([Table(("module", "what holds afterwards"), rows)])
    return 0
