"""Triage: a suite with fifteen common causes, each found and named by what pytest tells of it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from suture.agent.world.world import World
from suture.phases.causes import Failure, failure_of
from suture.phases.gate import BAD
from suture.phases.triage import MISC, Group, difference, groups, unclear

module: Any = importlib.import_module("suture.agent.modules.pytest")

SUITE = {
    "test_import_error": "import no_such_module_here\n\ndef test_it(): pass\n",
    "test_fixture_missing": "def test_one(mocker_of_old): pass\ndef test_two(mocker_of_old): pass\n",
    "test_database": (
        "import socket\n\n"
        "def test_a(): socket.create_connection(('127.0.0.1', 1), timeout=2)\n"
        "def test_b(): socket.create_connection(('127.0.0.1', 1), timeout=2)\n"
    ),
    "test_timezone": (
        "from datetime import datetime, timezone\n\n"
        "def test_it(): assert datetime.now() < datetime.now(timezone.utc)\n"
    ),
    "test_locale": (
        "import locale\n\ndef test_it(): locale.setlocale(locale.LC_ALL, 'xx_XX.nothing')\n"
    ),
    "test_order": (
        "SEEN = []\n\ndef test_a_leaves_something(): SEEN.append(1)\n\n"
        "def test_b_counts_on_nothing(): assert not SEEN, 'somebody was here before'\n"
    ),
    "test_timeouts": (
        "import subprocess, sys\n\ndef test_it():\n"
        "    subprocess.run([sys.executable, '-c', 'import time; time.sleep(9)'], timeout=0.2)\n"
    ),
    "test_deprecation": (
        "import warnings\nimport pytest\n\n@pytest.mark.filterwarnings('error')\n"
        "def test_it(): warnings.warn('old() goes', DeprecationWarning)\n"
    ),
    "test_port": (
        "import socket\n\ndef test_it():\n    one, two = socket.socket(), socket.socket()\n"
        "    with one, two:\n        one.bind(('127.0.0.1', 0))\n        one.listen()\n"
        "        two.bind(one.getsockname())\n"
    ),
    "test_disk": (
        "import errno, os\n\ndef test_it():\n"
        "    with open('/dev/full', 'w') as file:\n        file.write('x')\n"
    ),
    "test_directory": "def test_it(): open('config/settings.toml')\n",
    "test_environment": "import os\n\ndef test_it(): os.environ['NO_SUCH_API_KEY']\n",
    "test_interface": (
        "def made(name): return name\n\ndef test_it(): made(title='x')\n\n"
        "def test_other(): made(title='y')\n"
    ),
    "test_floats": "def test_it(): assert 0.1 + 0.2 == 0.3\n",
}
"""Fourteen causes; the fifteenth needs workers, and has a test of its own."""

KINDS = {
    "missing module": 1,
    "missing fixture": 2,
    "service refused": 2,
    "timezone": 1,
    "locale": 1,
    "only beside others": 1,
    "timeout": 1,
    "deprecation as error": 1,
    "port in use": 1,
    "disk full": 1,
    "wrong directory": 1,
    "missing environment variable": 1,
    "changed interface": 2,
    "floating point": 1,
}


def performed(app: Path, **args: Any) -> list[dict[str, Any]]:
    given = {"python": sys.executable, "chdir": str(app), "expect": "any", **args}
    return list(module.apply(module.Args(**given), World())["tests"])


def failures_in(tests: list[dict[str, Any]]) -> list[Failure]:
    return [failure_of(test) for test in tests if test["outcome"] in BAD]


def again_of(tests: list[dict[str, Any]]) -> dict[str, str]:
    """How the tests that were run again alone fared."""
    return {test["id"]: "alone" for test in tests if test["outcome"] == "passed"}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "tests").mkdir()
    return tmp_path


@pytest.mark.e2e
def test_fourteen_common_causes_are_told_apart(app: Path) -> None:
    for name, text in SUITE.items():
        (app / "tests" / f"{name}.py").write_text(text)
    failures = failures_in(performed(app, n=0))
    looked = groups(failures)
    again = again_of(performed(app, paths=unclear(looked), n=0))
    found = groups(failures, again)
    assert {group.kind: group.count for group in found} == KINDS
    assert found[0].kind == "missing module", "what hides tests comes first"
    assert {group.kind for group in found[-3:]} == {"service refused", "port in use", "disk full"}
    assert all(group.remedy and group.cause for group in found)


SHARED = """\
import os
import pytest
from pathlib import Path

PLACE = Path(__file__).parent / "one-writer"


@pytest.mark.parametrize("number", range(6))
def test_there_is_one_writer(number):
    mine = str(os.getpid())
    if not PLACE.exists():
        PLACE.write_text(mine)
    assert PLACE.read_text() == mine, "somebody else writes there"
"""


@pytest.mark.e2e
def test_the_fifteenth_needs_workers(app: Path) -> None:
    (app / "tests" / "test_shared.py").write_text(SHARED)
    failures = failures_in(performed(app, n=2, dist="load"))
    assert failures
    (app / "tests" / "one-writer").unlink()
    again = again_of(performed(app, paths=[each.id for each in failures], n=0))
    (group,) = groups(failures, again, workers=True)
    assert (group.kind, group.count) == ("only with workers", len(failures))
    assert "xdist_group" in group.remedy


# -- pure ------------------------------------------------------------------------------------------


def failing(
    count: int, message: str, exception: str, where: str = "", name: str = "t"
) -> list[Failure]:
    return [
        Failure(f"tests/test_{name}.py::test_{at}", exception, message, where)
        for at in range(count)
    ]


LAB = [
    *failing(41, "<frozen os>:225: PermissionError: [Errno 13] Permission denied: '/mlflow'",
             "PermissionError", "src/t.py:1", "mlflow"),
    *failing(16, 'tests/e2e/a.py:3: AssertionError: {"detail":"no bearer token"}\nassert 401 == 200',
             "AssertionError", "tests/e2e/a.py:3", "auth"),
    *failing(10, "setup: tests/rag/conftest.py:60: ModuleNotFoundError: No module named"
             " 'sentence_transformers'", "ModuleNotFoundError", "tests/rag/conftest.py:60", "rag"),
    *failing(2, "/usr/lib/python3.11/asyncio/events.py:677: RuntimeError: There is no current event"
             " loop in thread 'MainThread'.", "RuntimeError", "src/a.py:1", "loop"),
    *failing(1, "x.py:519: RuntimeError: Event loop is closed", "RuntimeError", "", "closed"),
    *failing(1, "x.py:6: RuntimeError: asyncio.run() cannot be called from a running event loop",
             "RuntimeError", "", "running"),
    *failing(4, "src/q.py:9: AttributeError: module 'great_expectations' has no attribute"
             " 'get_context'", "AttributeError", "src/q.py:9", "quality"),
    *failing(3, "<frozen os>:679: KeyError: 'OPENAI_API_KEY'", "KeyError", "src/p.py:1", "program"),
    *failing(3, "src/l.py:68: src.l.Contested: query-log has more than one writer",
             "src.l.Contested", "src/l.py:68", "log"),
    *failing(2, "tests/k.py:2: AssertionError: assert 'sk-unset' == 'sk-practice'\n  - sk",
             "AssertionError", "tests/k.py:2", "keys"),
    *failing(1, "fluent.py:351: Exception: Run with UUID 19bae318875b464eb51fb90b82e3480e is already"
             " active.", "Exception", "src/r.py:1", "run"),
    *failing(8, "w.py:3: ConnectionRefusedError: [Errno 111] Connection refused",
             "ConnectionRefusedError", "src/w.py:3", "warehouse"),
]  # fmt: skip


def by_category(found: list[Group]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for group in found:
        counts[group.category] = counts.get(group.category, 0) + group.count
    return counts


def test_the_six_categories_of_the_plan_are_found() -> None:
    found = groups(LAB)
    counts = by_category(found)
    assert counts.pop("Service refused") == 8
    assert list(counts.values()) == [41, 16, 10, 4, 4, 9]
    assert counts[MISC] == 9
    assert len([group for group in found if group.category == MISC]) <= 9
    assert [group.priority for group in found[:3]] == ["high", "high", "high"]


def test_a_group_tells_what_scripts_hold_on_to() -> None:
    told = groups(LAB)[0].as_json(1)
    assert told["count"] == len(told["tests"]) == 41
    assert (told["exception"], told["where"]) == ("PermissionError", "src/t.py:1")
    assert told["message"] == "PermissionError: [Errno 13] Permission denied: '/mlflow'"
    assert {"cause", "priority", "remedy"} <= told.keys()


def test_the_applications_own_folder_is_no_missing_module() -> None:
    told = failing(
        1, "tests/a.py:1: ModuleNotFoundError: No module named 'src'", "ModuleNotFoundError"
    )
    assert groups(told)[0].kind == "wrong directory"


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("0.30000000000000004", "0.3", True),
        ("0.3", "0.4", False),
        ("2.5", "2.5", False),
        ("(0.1 + 0.2)", "0.3", True),
    ],
)
def test_only_numbers_that_are_near_differ_by_rounding(one: str, other: str, near: bool) -> None:
    told = failing(1, f"t.py:1: assert {one} == {other}", "AssertionError")
    assert (groups(told)[0].kind == "floating point") is near


def test_what_is_new_gone_and_changed() -> None:
    before = [Failure("a", "E", "x"), Failure("b", "E", "x 1"), Failure("c", "E", "x")]
    now = [Failure("b", "E", "x 2"), Failure("c", "E", "y"), Failure("d", "E", "x")]
    found = difference(before, now)
    assert (found.new, found.gone, found.changed) == (("d",), ("a",), ("c",))


def test_what_passes_in_company_is_cold() -> None:
    told = failing(1, "t.py:1: AssertionError: a check took 0.3 s", "AssertionError")
    (group,) = groups(told, {told[0].id: "in company"})
    assert (group.kind, group.priority) == ("slow when cold", "low")
