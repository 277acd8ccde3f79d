"""First remedies as tasks, for causes that are known, from the source that fails.  Pure."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from suture.phases.known_causes import (
    ENVIRONMENT,
    EVENT_LOOP,
    LACKING,
    MISSING_MODULE,
    PERMISSION,
    TEXTS,
    UNAUTHORIZED,
    WORKERS,
)
from suture.phases.source_search import (
    caught_above,
    flags_of,
    functions_running,
    imported_files,
    logger_of,
    settings_in_functions,
    with_around,
)
from suture.phases.triage import Group

Task = dict[str, Any]
Files = Mapping[str, str]

DISTRIBUTIONS = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "jwt": "pyjwt",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "pkg_resources": "setuptools",
    "psycopg2": "psycopg2-binary",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
"""Modules whose distribution has another name."""
PLUGINS = {
    "aiohttp_client": "pytest-aiohttp",
    "benchmark": "pytest-benchmark",
    "faker": "faker",
    "freezer": "pytest-freezer",
    "httpx_mock": "pytest-httpx",
    "mocker": "pytest-mock",
    "requests_mock": "requests-mock",
    "respx_mock": "respx",
    "snapshot": "syrupy",
}
"""Fixtures that a plugin of another name gives."""

TEMPLATES = ("{{", "{%", "{#")
BODY = """\
try:
    loop = asyncio.get_running_loop()
except RuntimeError:
    loop = None
if loop is not None:
    import nest_asyncio

    nest_asyncio.apply(loop)
    return loop.run_until_complete({argument})
try:
    loop = asyncio.get_event_loop()
except RuntimeError:
    loop = None
if loop is None or loop.is_closed():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
return loop.run_until_complete({argument})
"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """``tasks`` mend a group's failures, as far as one can tell from outside; none: nobody knows.
    ``notes`` are for whoever reads them."""

    tasks: tuple[Task, ...] = ()
    notes: tuple[str, ...] = ()


def wanted_files(group: Group, files: Files) -> set[str]:
    """The application's files that a proposal has to look into, beyond those that it has."""
    tests = {failure.id.partition("::")[0] for failure in group.failures}
    wanted = {file for file, _, _ in places(group)}
    if group.kind in (UNAUTHORIZED, ENVIRONMENT):
        wanted |= {
            str(folder / "conftest.py")
            for test in tests
            for folder in PurePosixPath(test).parents
            if str(folder) != "."
        }
    if group.kind in (LACKING, EVENT_LOOP):
        wanted |= tests
    if group.kind == EVENT_LOOP:
        wanted |= {file for test in tests if test in files for file in imported_files(files[test])}
    return {file for file in wanted if file.endswith(".py")} - files.keys()


def proposal(group: Group, files: Files) -> Proposal:
    """What to try first, or nothing.  What a host said is data: where it would be a template in a
    playbook, nothing is proposed."""
    make = MAKERS.get(group.kind)
    made = make(group, files) if make else Proposal()
    text = json.dumps(made.tasks)
    for own in ("{{ app_dir }}", "{{ app_python }}"):
        text = text.replace(own, "")
    if any(mark in text for mark in TEMPLATES):
        return Proposal((), ("what the host says reads like a template, so nothing is proposed",))
    return made


def places(group: Group) -> list[tuple[str, str, int]]:
    """File, function and line of the application's own frames, without those of tests."""
    found: dict[tuple[str, str, int], None] = {}
    for failure in group.failures:
        file, _, line = failure.where.rpartition(":")
        if file and line.isdigit() and not is_test(file):
            found[(file, failure.frame, int(line))] = None
    return sorted(found)


def is_test(file: str) -> bool:
    path = PurePosixPath(file)
    return "tests" in path.parts or path.name.startswith(("test_", "conftest"))


def edit(name: str, file: str, *edits: Task) -> Task:
    return {"name": name, "python_edit": {"path": f"{{{{ app_dir }}}}/{file}", "edits": [*edits]}}


# -- one kind each ---------------------------------------------------------------------------------


def _missing_module(group: Group, files: Files) -> Proposal:
    name = DISTRIBUTIONS.get(group.subject, group.subject.replace("_", "-"))
    return _installed(name, group.subject)


def _missing_fixture(group: Group, files: Files) -> Proposal:
    plugin = PLUGINS.get(group.subject)
    return _installed(plugin, plugin.replace("-", "_")) if plugin else Proposal()


def _installed(name: str, module: str) -> Proposal:
    pip = {"name": name, "python": "{{ app_python }}", "consistent": True}
    looks = {"names": [module], "python": "{{ app_python }}", "chdir": "{{ app_dir }}"}
    return Proposal(
        (
            {"name": f"{name} is installed", "pip": pip},
            {"name": f"{module} imports", "python_import": looks},
        ),
        ("where a policy forbids pip here, the task needs an 'exception' that says why",),
    )


def _permission(group: Group, files: Files) -> Proposal:
    """The except clause that should have met it, else the statement that should be let fail."""
    edits: dict[str, dict[str, Task]] = {}
    for file, function, line in places(group):
        found = _tolerant(files.get(file, ""), function, line, group.subject)
        if found is not None:
            edits.setdefault(file, {})[str(found)] = found
    if edits:
        name = f"the application does without {group.subject} where it may not write there"
        return Proposal(tuple(edit(name, file, *each.values()) for file, each in edits.items()))
    directory = {"path": group.subject, "state": "directory", "mode": "0755"}
    return Proposal(
        ({"name": f"{group.subject} may be written", "file": directory},),
        ("who may make it? 'become: true' makes it as root; then name its owner",),
    )


def _tolerant(source: str, function: str, line: int, subject: str) -> Task | None:
    caught = caught_above(source, function, line)
    if caught is not None:
        types = [*caught.types, *(name for name in ERRORS if name not in caught.types)]
        return {"catch": {"function": caught.function, "clause": caught.types[0], "types": types}}
    around = with_around(source, function, line)
    if around is None:
        return None
    words = json.dumps(subject.replace("%", "%%") + " cannot be written: %s: %s")
    warning = f"{logger_of(source)}.warning({words}, type(e).__name__, e)\n"
    if "logging." in warning:
        warning = f"import logging\n\n{warning}"
    return {
        "wrap": {
            "function": around.function,
            "statement": {"with": around.call},
            "except": list(ERRORS),
            "as": "e",
            "body": warning,
        }
    }


ERRORS = ("OSError", "PermissionError")


def _unauthorized(group: Group, files: Files) -> Proposal:
    """What a fixture switches off too late is switched off when the root conftest is imported."""
    found = {
        statement: None
        for file, source in sorted(files.items())
        if file.endswith("conftest.py")
        for statement in settings_in_functions(source)
    }
    return _set_first("authentication is switched off", group, files, list(found))


def _environment(group: Group, files: Files) -> Proposal:
    statement = f'os.environ.setdefault("{group.subject}", "stand-in")'
    return _set_first(f"{group.subject} has a stand-in", group, files, [statement])


def _set_first(name: str, group: Group, files: Files, statements: Sequence[str]) -> Proposal:
    roots = sorted((file for file in files if file.endswith("conftest.py")), key=len)
    if not statements or not roots:
        return Proposal()
    tops = {file.partition("/")[0] for file, _, _ in places(group)} or {"src"}
    tasks = tuple(
        edit(
            f"{name} before anything imports the application",
            roots[0],
            {
                "ensure_before_imports": {
                    "statements": each,
                    "needs": "import os",
                    "of": sorted(tops),
                }
            },
        )
        for each in statements
    )
    return Proposal(tasks)


def _event_loop(group: Group, files: Files) -> Proposal:
    tasks = []
    for file, source in sorted(files.items()):
        if is_test(file):
            continue
        for function, argument in functions_running(source):
            body = {"function": function, "source": BODY.format(argument=argument)}
            first = {"ensure_import": {"import": "import asyncio"}}
            name = f"{function} reuses the thread's loop and never closes it"
            tasks.append(edit(name, file, first, {"replace_body": body}))
    return Proposal(tuple(tasks), ("nest_asyncio has to be there",) if tasks else ())


def _lacking(group: Group, files: Files) -> Proposal:
    """An empty folder of that name must not count as the package."""
    tasks = []
    for file, source in sorted(files.items()):
        for flag in flags_of(source, group.subject):
            real = f'{flag} = getattr(__import__("{group.subject}"), "__file__", None) is not None'
            change = {"statement": {"source": f"{flag} = True"}, "source": real}
            name = f"an empty {group.subject} does not count as available"
            tasks.append(edit(name, file, {"replace_statement": change}))
    return Proposal(tuple(tasks))


def _workers(group: Group, files: Files) -> Proposal:
    tasks = []
    for file in sorted({failure.id.partition("::")[0] for failure in group.failures}):
        mark = f'pytest.mark.xdist_group("{PurePosixPath(file).stem}")'
        edits: tuple[Task, ...] = (
            {"ensure_import": {"import": "import pytest"}},
            {"ensure_assignment": {"target": "pytestmark", "includes": mark}},
        )
        tasks.append(edit(f"the tests of {file} share one worker", file, *edits))
    return Proposal(tuple(tasks), ("groups hold with --dist=loadgroup only",))


def _texts(group: Group, files: Files) -> Proposal:
    lines = [line for line in group.first.said.split("\n") if line.strip()]
    return Proposal((), ("side by side (- expected, + found):", *lines[:12]))


MAKERS: Mapping[str, Callable[[Group, Files], Proposal]] = {
    MISSING_MODULE: _missing_module,
    "missing fixture": _missing_fixture,
    PERMISSION: _permission,
    UNAUTHORIZED: _unauthorized,
    ENVIRONMENT: _environment,
    EVENT_LOOP: _event_loop,
    LACKING: _lacking,
    WORKERS: _workers,
    TEXTS: _texts,
}


def sources_of(group: Group, read: Callable[[str], str | None]) -> dict[str, str]:
    """The files that the group's proposal looks into, as ``read`` gives them; None: no such file."""
    files: dict[str, str] = {}
    for _ in range(3):
        wanted = wanted_files(group, files)
        if not wanted:
            break
        files.update({file: read(file) or "" for file in sorted(wanted)})
    return {file: source for file, source in files.items() if _readable(source)}


def _readable(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return bool(source)
