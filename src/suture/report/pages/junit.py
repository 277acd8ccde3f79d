"""A run as JUnit XML: its steps and the tests that it ran on the hosts, for CI systems."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from suture.events import Event, PhaseStarted, RunStarted, StepFinished, TestFinished
from suture.report.text.lines import ESCAPES

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
RESULTS = {
    "failed": "failure",
    "error": "error",
    "unreachable": "error",
    "skipped": "skipped",
    "xfailed": "skipped",
    "unknown": "skipped",
}


@dataclass(slots=True)
class Suite:
    """One phase on one host; tests by id, because a rerun's outcome replaces the first one."""

    name: str
    at: str
    cases: list[Element] = field(default_factory=list)
    tests: dict[str, list[TestFinished]] = field(default_factory=dict)


class Junit:
    """Writes the file when the run is over; a cut run writes what there was until then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._run = ""
        self._phase = ""
        self._suites: dict[tuple[str, str], Suite] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._run = event.playbook
        elif isinstance(event, PhaseStarted):
            self._phase = f"phase {event.phase}: {event.title}"
        elif isinstance(event, StepFinished):
            self._suite(event.host, event.at).cases.append(_step(event))
        elif isinstance(event, TestFinished) and event.purpose != "baseline":
            tests = self._suite(event.host, event.at).tests
            tests.setdefault(event.id, []).append(event)

    def tick(self) -> None:
        """The file is written once."""

    def close(self) -> None:
        """The file is there, whole."""
        root = Element("testsuites", name=_clean(self._run))
        for suite in self._suites.values():
            cases = [*suite.cases, *(_test(runs) for runs in suite.tests.values())]
            attributes = {"name": _clean(suite.name), "timestamp": suite.at, **_counts(cases)}
            SubElement(root, "testsuite", attributes).extend(cases)
        indent(root)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=".junit-")
        with os.fdopen(handle, "wb") as file:
            ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
            os.fchmod(file.fileno(), 0o644)
        Path(temporary).replace(self._path)

    def _suite(self, host: str, at: str) -> Suite:
        key = (self._phase, host)
        if key not in self._suites:
            self._suites[key] = Suite(f"{self._phase or self._run} [{host}]", at)
        return self._suites[key]


def _step(event: StepFinished) -> Element:
    place = f"{event.file}:{event.line}" if event.file else event.module
    case = _case(place, event.task, event.seconds)
    said = event.message or event.reason
    _result(case, event.status, said, "\n".join(filter(None, (place, said, event.trace))))
    return case


def _test(runs: list[TestFinished]) -> Element:
    last = runs[-1]
    file, _, name = last.id.partition("::")
    case = _case(file.removesuffix(".py").replace("/", "."), name or last.id, last.seconds)
    _result(case, last.outcome, last.message, last.message)
    if last.outcome == "passed" and any(run.outcome in ("failed", "error") for run in runs):
        SubElement(case, "system-out").text = "flaky: failed first, passed when run again"
    return case


def _case(classname: str, name: str, seconds: float) -> Element:
    return Element(
        "testcase", classname=_clean(classname), name=_clean(name), time=f"{seconds:.3f}"
    )


def _result(case: Element, status: str, message: str, text: str) -> None:
    if status not in RESULTS:
        return
    said = _clean(message.strip().split("\n", 1)[0]) or status
    SubElement(case, RESULTS[status], message=said, type=status).text = _clean(text)


def _counts(cases: Iterable[Element]) -> dict[str, str]:
    cases = list(cases)
    counts = {
        name: str(sum(case.find(tag) is not None for case in cases))
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    }
    seconds = sum(float(case.get("time", "0")) for case in cases)
    return {"tests": str(len(cases)), **counts, "time": f"{seconds:.3f}"}


def _clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return FORBIDDEN.sub("\ufffd", ESCAPES.sub("", text))
