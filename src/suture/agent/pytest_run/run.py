"""What a pytest process left behind, and what is to be made of it.  All of it is pure."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from .reporter import exception_of, message_of

if TYPE_CHECKING:
    from ..world.done import Done

OUTCOMES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
COUNTED = (*OUTCOMES, "flaky", "cold")
WORSE = ("passed", "xpassed", "xfailed", "skipped", "failed", "error")
FAILING = ("failed", "error")
SHOWN = 4096
"""Characters of pytest's own output that are kept when something went wrong."""
PLUGINS = {"--numprocesses": ("n", "pytest-xdist"), "--timeout": ("timeout", "pytest-timeout")}
STOPS = re.compile(r"stopping after |\d+ errors? during collection")
"""Interruptions that failing tests explain."""


@dataclass
class Run:
    """The records of one pytest process: ``tests`` by id as they were written, and how it ended.

    ``end`` is pytest's own exit code, None when it did not come that far.
    """

    done: Done
    timed_out: bool = False
    tests: Dict[str, Dict[str, Any]] = field(default_factory=dict)
    about: Dict[str, Any] = field(default_factory=dict)
    running: List[str] = field(default_factory=list)
    collected: Optional[int] = None
    deselected: int = 0
    end: Optional[int] = None
    problem: Tuple[str, str] = ("", "")
    errors: List[str] = field(default_factory=list)

    @classmethod
    def read(cls, lines: bytes, done: Done, timed_out: bool = False) -> Run:
        """The run as its records tell it; a last line that was cut off is left out."""
        run = cls(done, timed_out)
        running: Dict[str, None] = {}
        for line in lines.split(b"\n")[:-1]:
            kind, *values = json.loads(line)
            if kind == "run":
                running[values[0]] = None
            elif kind == "test":
                running.pop(values[0]["id"], None)
                run._add(values[0])
            elif kind == "collected":
                run.collected, run.deselected = values
            elif kind == "about":
                run.about = values[0]
            elif kind == "end":
                run.end = values[0]
            else:
                run.problem = (kind, values[0])
        run.running = list(running)
        run._add_broken_conftest()
        if run.end is None:
            run._blame_running()
        return run

    def _add(self, test: Dict[str, Any]) -> None:
        """Keep a test; of one that ran several times the worst outcome counts."""
        known = self.tests.get(test["id"])
        if known is None or WORSE.index(test["outcome"]) >= WORSE.index(known["outcome"]):
            self.tests[test["id"]] = test

    def _add_broken_conftest(self) -> None:
        """A conftest that cannot be imported ends pytest before it collects anything."""
        said = self.done.err + self.done.out
        found = re.search(r"ImportError while loading conftest '(.+?)'\.\n((?:.*\n?)*)", said)
        if self.end != 4 or found is None:
            return
        root = self.about.get("rootdir") or os.path.dirname(found[1])
        self._add(
            {
                "id": os.path.relpath(found[1], root),
                "outcome": "error",
                "seconds": 0,
                "when": "collect",
                "message": message_of(found[2], root)[:SHOWN],
                "exception": exception_of(found[2]),
            }
        )

    def _blame_running(self) -> None:
        """The tests that were running when the process ended without a word."""
        how = "the time was up" if self.timed_out else f"pytest ended ({ending(self.done.rc)})"
        for test in self.running:
            message = f"{how} while this test ran"
            self._add({"id": test, "outcome": "error", "seconds": 0, "message": message})

    def failing(self) -> List[Dict[str, Any]]:
        """The tests that failed and can be run again."""
        return [
            test
            for test in self.tests.values()
            if test["outcome"] in FAILING and test.get("when") != "collect"
        ]

    def outcome(self, test: str) -> str:
        """How one test ended in this run."""
        found = self.tests.get(test)
        return "not run" if found is None else str(found["outcome"])

    def trouble(self, python: str, wall: Optional[float]) -> str:
        """Why this was no proper run, in one sentence: what no outcome of a test explains."""
        kind, said = self.problem
        if kind == "no pytest":
            return f"pytest cannot be imported by {python}: {said.splitlines()[-1]}"
        if self.timed_out and self.end is None:
            running = f"; running then: {', '.join(self.running)}" if self.running else ""
            return f"pytest took longer than {wall:g} s: {self._progress()}{running}"
        if self.end is None:
            during = f" while {', '.join(self.running)} ran" if self.running else ""
            last = "" if during or self.done.rc > 128 else f"; {self._last_line()}"
            return f"pytest ended ({ending(self.done.rc)}){during}: {self._progress()}{last}"
        if kind == "internal" or self.end == 3:
            return f"pytest had an internal error: {said.strip().splitlines()[-1] if said else ''}"
        if self.end == 4:
            return "" if self._failed() else self._usage(python)
        if self.end == 5 or self.collected == 0:
            without = f" ({self.deselected} left out by k or m)" if self.deselected else ""
            return f"no test was collected{without}"
        if self.end == 2 and not STOPS.match(said):
            return f"pytest was interrupted ({said or self._last_line()}): {self._progress()}"
        if self.end not in (0, 1, 2):
            return f"pytest exited with {self.end}: {self._last_line()}"
        return ""

    def remarks(self) -> List[str]:
        """What is worth knowing about a proper run beyond its tests."""
        remarks = []
        if self.end and not self._failed():
            said = self._last_line()
            remarks.append(f"pytest exited with {self.end} though no test failed: {said}")
        if self.collected and self._finished() < self.collected:
            remarks.append(self._progress())
        return remarks

    def _failed(self) -> List[Dict[str, Any]]:
        return [test for test in self.tests.values() if test["outcome"] in FAILING]

    def _progress(self) -> str:
        known = "?" if self.collected is None else self.collected
        return f"{self._finished()} of {known} tests had finished"

    def _finished(self) -> int:
        tests = [test for test in self.tests.values() if test.get("when") != "collect"]
        return len(tests) - len(self.running if self.end is None else ())

    def _usage(self, python: str) -> str:
        """Why pytest refused to start."""
        said = self.done.err + self.done.out
        unknown = re.search(r"unrecognized arguments: (.*)", said)
        for option, (name, plugin) in PLUGINS.items():
            if unknown and option in unknown[1]:
                return f"'{name}' needs {plugin}, which {python} does not have"
        marked = [
            re.match(r"(?:ERROR|.*\berror): (?!usage:)(.*)", line) for line in said.splitlines()
        ]
        causes = [match[1] for match in marked if match]
        reason = causes[0] if causes else self._last_line()
        return f"pytest refuses to start: {reason}"

    def _last_line(self) -> str:
        lines = [line for line in (self.done.out + self.done.err).splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it said nothing"

    def data(self, trouble: str) -> Dict[str, Any]:
        """All of it as plain data, small enough for ten thousand tests."""
        tests = [clean(test) for test in self.tests.values()]
        flaky = [test["id"] for test in tests if healed(test) and not cold(test)]
        counts = dict.fromkeys(COUNTED, 0)
        for test in tests:
            named = "cold" if cold(test) else "flaky" if healed(test) else test["outcome"]
            counts[named] += 1
        failed = [test["id"] for test in tests if test["outcome"] in FAILING and not healed(test)]
        data = {
            "tests": tests,
            "counts": counts,
            "failed": failed,
            "flaky": flaky,
            "cold": [test["id"] for test in tests if cold(test)],
            "collected": self.collected or 0,
            "deselected": self.deselected,
            "exit": self.done.rc if self.end is None else self.end,
            "errors": [*([trouble] if trouble else self.remarks()), *self.errors],
            "rootdir": clean(self.about.get("rootdir", "")),
            "python": self.about.get("python", ""),
            "pytest": self.about.get("pytest", ""),
        }
        if trouble:
            data["output"] = clean((self.done.out + self.done.err)[-SHOWN:])
        return data


def healed(test: Dict[str, Any]) -> bool:
    """Whether the test failed first and passed when it was run again, by us or by a plugin."""
    if test["outcome"] in FAILING:
        return "passed" in test.get("reruns", ())
    return test["outcome"] == "passed" and "reruns" in test


def cold(test: Dict[str, Any]) -> bool:
    """Whether the test failed alone as well, and passed only in its company."""
    return bool(test.get("how") == "in company")


def clean(value: Any) -> Any:
    """The value with every character that is no text escaped: it must cross the wire."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item) for item in value]
    return value


def live(line: str) -> Tuple[str, Any]:
    """The kind and the value of a record that came as a live line; no kind where it is none."""
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, list) or len(record) < 2:
        return "", None
    return str(record[0]), clean(record[1])


def ending(rc: int) -> str:
    """How a process ended, for a person."""
    return f"signal {rc - 128}" if rc > 128 else f"exit code {rc}"
