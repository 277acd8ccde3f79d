"""Runs pytest in this process and writes down each test as it finishes.

The agent does not import this file: its text is what the host's own interpreter runs, beside the
host's own pytest, so that no plugin has to be installed there.  Every record is a line of JSON,
``[kind, …]``, in a private file; those that the operator wants to see at once also go to stderr,
behind a token that nothing else can print.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import tempfile
import traceback
from typing import Any, Dict, List, Optional, Set

LONGEST = 4096
"""Characters of a message that are kept."""
LIVE = 3500
"""Bytes of a live line: below PIPE_BUF, so that lines of several processes do not mix."""
FAILING = ("failed", "error")
EXCEPTION = re.compile(r"([A-Za-z_][\w.]*)(?::\s|$)")
FRAME = re.compile(r"([^\s<>][^:\n]*):(\d+): (?:in (.+)|[A-Za-z_][\w.]*)$")
BAD_SOURCE = re.compile(r"\s*File \"(.+)\", line (\d+)$")
FOREIGN = re.compile(r"(^|/)(site-packages|dist-packages|\.?venv|\.tox|\.nox|node_modules)(/|$)")
"""Where code below the root directory lies that is not the application's own."""


class Records:
    """Where records go: all to a file, some to stderr too."""

    def __init__(self, path: str, token: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if path else -1
        self._live = os.dup(2)
        self._token = token.encode()

    def put(self, *record: Any, live: bool = False) -> None:
        if self._file >= 0:
            _written(self._file, json.dumps(record).encode() + b"\n")
        if live or self._file < 0:
            _written(self._live, self._token + shortened(record) + b"\n")


def _written(number: int, data: bytes) -> None:
    while data:
        data = data[os.write(number, data) :]


def shortened(record: Any) -> bytes:
    """The record as one line that a pipe takes at once; only messages get shorter."""
    line = json.dumps(record).encode()
    if len(line) > LIVE and isinstance(record[-1], dict) and record[-1].get("message"):
        test = dict(record[-1])
        test["message"] = test["message"][: len(test["message"]) // 2]
        return shortened([*record[:-1], test])
    return line


class Reporter:
    """The plugin: it hears of every test, of those in xdist's workers too."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._open: Dict[str, Dict[str, Any]] = {}
        self._deselected = 0
        self._collected = -1
        self._broken: Set[str] = set()
        self._root = ""

    def pytest_load_initial_conftests(self, early_config: Any) -> None:
        self._about(early_config)

    def pytest_configure(self, config: Any) -> None:
        # What failed last time is not to steer this run, and a test id that is no UTF-8 would
        # end pytest when they write their cache.
        for name in ("lfplugin", "nfplugin"):
            if config.pluginmanager.hasplugin(name):
                config.pluginmanager.unregister(name=name)

    def pytest_sessionstart(self, session: Any) -> None:
        self._about(session.config)

    def _about(self, config: Any) -> None:
        ini = getattr(config, "inipath", None) or getattr(config, "inifile", None)
        self._root = str(getattr(config, "rootpath", None) or config.rootdir)
        about = {
            "rootdir": self._root,
            "inifile": str(ini) if ini else "",
            "xdist": hasattr(config.option, "numprocesses"),
            "settings": settings_of(config),
            "pytest": sys.modules["pytest"].__version__,
            "python": sys.version.split()[0],
        }
        self._records.put("about", about)

    def pytest_deselected(self, items: List[Any]) -> None:
        self._deselected += len(items)

    def pytest_collection_finish(self, session: Any) -> None:
        if not hasattr(session.config.option, "dist") or session.config.option.dist == "no":
            self._collection(len(session.items))

    def pytest_xdist_node_collection_finished(self, node: Any, ids: List[str]) -> None:
        self._collection(len(ids))

    def _collection(self, number: int) -> None:
        if number > self._collected:
            self._collected = number
            self._records.put("collected", number, self._deselected, live=True)

    def pytest_collectreport(self, report: Any) -> None:
        if report.passed or report.nodeid in self._broken:
            return
        self._broken.add(report.nodeid)
        test = {"id": report.nodeid or ".", "outcome": "skipped", "seconds": 0, "when": "collect"}
        if report.failed:
            test["outcome"] = "error"
            self._explain(test, report)
        else:
            test["message"] = skip_reason(report)
        self._records.put("test", test, live=True)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._records.put("run", plain_id(nodeid))

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Add one phase of a test (setup, call, teardown); the last one completes it."""
        test = self._open.setdefault(
            report.nodeid, {"id": plain_id(report.nodeid), "outcome": "passed", "seconds": 0.0}
        )
        if report.outcome == "rerun":  # the host's own pytest-rerunfailures: it starts again
            again = [*test.get("reruns", ()), "failed"]
            self._open[report.nodeid] = {**test, "outcome": "passed", "reruns": again}
            return
        test["seconds"] += getattr(report, "duration", 0.0)
        outcome = outcome_of(report)
        if outcome in FAILING:
            if test["outcome"] not in FAILING:
                test.pop("message", None)
                test["outcome"] = outcome
            self._explain(test, report)
        elif outcome != "passed" and test["outcome"] not in FAILING:
            test["outcome"] = outcome
            test["message"] = skip_reason(report)
        if report.when not in ("setup", "call"):
            del self._open[report.nodeid]
            test["seconds"] = round(test["seconds"], 4)
            if not test.get("message", "-"):
                del test["message"]
            self._records.put("test", test, live=True)

    def _explain(self, test: Dict[str, Any], report: Any) -> None:
        said = message_of(report.longrepr, self._root)
        where = getattr(report, "when", "") or "collect"
        if where in ("setup", "teardown"):
            said = f"{where}: {said}"
        if test.get("message"):
            said = f"{test['message']}\n{said}"
        test["message"] = said[:LONGEST]
        test.setdefault("exception", exception_of(report.longrepr))
        for key, value in origin_of(str(report.longrepr), self._root).items():
            test.setdefault(key, value)

    def pytest_internalerror(self, excrepr: Any) -> None:
        self._records.put("internal", str(excrepr)[-LONGEST:])

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        self._records.put("interrupted", str(excinfo.value) or excinfo.typename)


def plain_id(nodeid: str) -> str:
    """The test's id without the "@group" that xdist adds to it with --dist loadgroup."""
    parametrised, bracket, _ = nodeid.rpartition("]")
    if bracket:
        return parametrised + bracket
    above, colons, name = nodeid.rpartition("::")
    return above + colons + (name.partition("@")[0] if colons else name)


def outcome_of(report: Any) -> str:
    """What one phase of a test says: a failure outside the call is an error."""
    if report.failed:
        return "error" if report.when in ("setup", "teardown") else "failed"
    if hasattr(report, "context"):  # a subtest: only its failure says something of the test
        return "passed"
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    return "skipped" if report.skipped else "passed"


def skip_reason(report: Any) -> str:
    """Why it was skipped, or was expected to fail."""
    if hasattr(report, "wasxfail"):
        said = str(report.wasxfail)
        return said[8:] if said.startswith("reason: ") else said
    long = report.longrepr
    said = str(long[2]) if isinstance(long, tuple) and len(long) == 3 else str(long or "")
    return (said[9:] if said.startswith("Skipped: ") else said)[:LONGEST]


def settings_of(config: Any) -> Dict[str, str]:
    """What the run really goes by, and what the project's own settings say of it."""
    found = {}
    for name in ("numprocesses", "dist", "timeout"):
        value = getattr(config.option, name, None)
        if value is not None:
            found[name] = str(value)
    found["addopts"] = " ".join(config.getini("addopts"))
    return found


def origin_of(text: str, root: str) -> Dict[str, str]:
    """The deepest frame of the application's own: where (file:line) and frame (the function).

    A fixture that nobody has is a frame of its own; nothing where no line of the report is ours.
    """
    missing = re.search(r"^E\s+fixture '(.+)' not found$", text, re.MULTILINE)
    if missing:
        return {"frame": missing.group(1), "where": "fixture " + missing.group(1)}
    found: Dict[str, str] = {}
    for line in text.splitlines():
        match = FRAME.match(line)
        path = own_path(match.group(1), root) if match else ""
        if match and path:
            found = {"where": path + ":" + match.group(2), "frame": match.group(3) or ""}
    return found


def own_path(path: str, root: str) -> str:
    """The path below the root directory; nothing for what is not the application's own."""
    whole = os.path.normpath(os.path.join(os.getcwd(), path))
    if not whole.startswith(root.rstrip(os.sep) + os.sep):
        return ""
    inside = whole[len(root.rstrip(os.sep)) + 1 :]
    return "" if FOREIGN.search(inside) else inside


def message_of(longrepr: Any, root: str) -> str:
    """Where it failed and what was said there."""
    crash = getattr(longrepr, "reprcrash", None)
    if crash is not None:
        path = str(crash.path)
        if path.startswith(root + os.sep):
            path = path[len(root) + 1 :]
        return f"{path}:{crash.lineno}: {crash.message}"
    lines = str(longrepr).splitlines()
    said = [line[1:] for line in lines if re.match(r"E\s", line)]
    if not said:
        last = [line.strip() for line in lines[-20:]]
        return " ".join(last) if last and last[0].endswith(":") else "\n".join(lines[-20:])
    unread = BAD_SOURCE.match(said[0])
    if unread:  # a file that is no Python: its own line says more than the importer's
        at = own_path(unread.group(1), root) or unread.group(1)
        return "%s:%s: %s" % (at, unread.group(2), said[-1].strip())
    margin = min(len(line) - len(line.lstrip()) for line in said)
    places = [line for line in lines if re.match(r"[^\s/<].*:\d+: in ", line)]
    at = places[-1].split(": in ")[0] + ": " if places else ""
    return at + "\n".join(line[margin:] for line in said)


def exception_of(longrepr: Any) -> str:
    """The type of what was raised, as far as the report tells it."""
    crash = getattr(longrepr, "reprcrash", None)
    if crash is not None:
        if crash.message.startswith("assert "):
            return "AssertionError"
        lines = crash.message.splitlines()[:1]
    else:
        found = [line[1:].strip() for line in str(longrepr).splitlines() if line[:1] == "E"]
        lines = [line for line in reversed(found) if EXCEPTION.match(line)]
    match = EXCEPTION.match(lines[0]) if lines else None
    return match.group(1) if match else ""


def fitting(arguments: List[str]) -> List[str]:
    """The arguments without those that only say no to a plugin that is not there."""
    if importlib.util.find_spec("xdist") is not None or "--numprocesses=0" not in arguments:
        return arguments
    return [each for each in arguments if not each.startswith(("--numprocesses=0", "--dist="))]


def main(path: str, token: str, arguments: List[str]) -> int:
    """Run pytest with these arguments as ``python -m pytest`` does; its exit code.

    Without a path every record goes to stderr, and pytest's cache to a directory of its own: where
    this runs, in a container say, nobody else's files can be reached.
    """
    if path:
        return _run(path, token, arguments)
    with tempfile.TemporaryDirectory(prefix="suture-pytest-") as cache:
        return _run(path, token, ["-o", "cache_dir=" + cache, *arguments])


def _run(path: str, token: str, arguments: List[str]) -> int:
    records = Records(path, token)
    arguments = fitting(arguments)
    if sys.path and sys.path[0] == "":
        sys.path[0] = os.getcwd()
    sys.argv = ["pytest", *arguments]
    try:
        import pytest
    except ImportError:
        records.put("no pytest", traceback.format_exc(limit=0).strip())
        return 1
    pytest.hookimpl(tryfirst=True)(Reporter.pytest_load_initial_conftests)
    pytest.hookimpl(trylast=True)(Reporter.pytest_configure)
    pytest.hookimpl(optionalhook=True)(Reporter.pytest_xdist_node_collection_finished)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    code: Optional[Any] = 0
    try:
        code = pytest.main(arguments, plugins=[Reporter(records)])
    except SystemExit as error:
        code = error.code
    rc = int(code) if isinstance(code, int) else int(code is not None)
    records.put("end", rc)
    return rc


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
