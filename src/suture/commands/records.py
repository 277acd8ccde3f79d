"""What the ledger remembers, shown: status, history, one run."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path

from suture.commands.project import Project, project_of
from suture.errors import SutureError
from suture.load.phase_plan import plan_of
from suture.report.ledger.history import history, replay
from suture.report.ledger.ledger import Ledger
from suture.report.ledger.markdown import markdown
from suture.report.ledger.status import status
from suture.report.pages.jsonl import JsonLines
from suture.report.terminal.output import paper
from suture.report.terminal.terminal import terminal


class Records:
    """Each method prints and gives the exit code."""

    def __init__(self, project: Project | None = None) -> None:
        self._project = project or project_of()
        self._ledger = Ledger.reading(self._project.ledger)

    def status(self, as_markdown: bool) -> int:
        progress = self._ledger.progress(plan_of(self._project.plan))
        if as_markdown:
            sys.stdout.write(markdown(progress))
        else:
            paper(sys.stdout, os.environ).show(status(progress))
        return 0

    def history(self, limit: int) -> int:
        runs = self._ledger.runs()[-limit:] if limit > 0 else self._ledger.runs()
        paper(sys.stdout, os.environ).show(history(runs))
        return 0

    def show(self, run: str, *, verbose: bool, diff: bool, as_json: bool) -> int:
        record = self._ledger.run("" if run == "last" else run)
        consumer = (
            JsonLines(sys.stdout)
            if as_json
            else terminal(sys.stdout, os.environ, verbose=int(verbose), diffs=diff, follow=False)
        )
        replay(self._ledger.events(record.run), consumer)
        return 0

    def report(self, run: str, out: str, opened: bool) -> int:
        from suture.report.pages.html import Html

        record = self._ledger.run("" if run == "last" else run)
        target = Path(out) if out else self._project.state / f"report-{record.run}.html"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            replay(self._ledger.events(record.run), Html(target))
        except OSError as error:
            raise SutureError(f"the page cannot be written to {target}: {error.strerror}") from None
        print(target)
        if opened:
            webbrowser.open(target.resolve().as_uri())
        return 0

    def junit(self, run: str, file: str) -> int:
        """The run as JUnit XML."""
        from suture.report.pages.junit import Junit

        record = self._ledger.run("" if run == "last" else run)
        target = Path(file)
        try:
            replay(self._ledger.events(record.run), Junit(target))
        except OSError as error:
            raise SutureError(f"{target} cannot be written: {error.strerror}") from None
        print(target)
        return 0
