from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from law import Case, File

OWN = Path(__file__).parents[3] / ".venv" / "bin" / "python"
HAS = importlib.util.find_spec("pytest") is not None
PYTHON = sys.executable if HAS else str(OWN)
NEEDS = "" if HAS or OWN.exists() else "a-python-with-pytest"

GOOD = "def test_one():\n    pass\n\n\nclass TestTwo:\n    def test_two(self):\n        pass\n"
MIXED = (
    "import pytest\n\n\n"
    "def test_bad():\n    assert [1] == [2], 'not the same'\n\n\n"
    "@pytest.mark.skip(reason='no key')\ndef test_skipped():\n    pass\n\n\n"
    "@pytest.mark.xfail(reason='known')\ndef test_known():\n    assert 0\n\n\n"
    "@pytest.fixture\ndef broken():\n    raise PermissionError('denied')\n\n\n"
    "def test_error(broken):\n    pass\n\n\n"
    "@pytest.mark.parametrize('x', ['\\xe9', 'a/b'])\ndef test_odd(x):\n    pass\n"
)
COUNTS = {"passed": 2, "failed": 1, "error": 1, "skipped": 1, "xfailed": 1, "xpassed": 0}
FLAKY = (
    "def test_flaky(request):\n    assert request.session.testscollected == 1\n\n\n"
    "def test_other():\n    pass\n"
)


def run(**args):
    return {"python": PYTHON, "chdir": "{root}", **args}


def real(args, before, **more):
    """A case in which pytest really runs: a dry run cannot know what it says."""
    return Case("pytest", run(**args), before, changed=False, unpredicted=True, needs=NEEDS, **more)


CASES = [
    real(
        {"paths": ["tests"], "k": "one or two"},
        {"tests/test_a.py": GOOD},
        data={"counts": {"passed": 2, "failed": 0}, "failed": [], "collected": 2, "exit": 0},
        name="pass",
    ),
    real(
        {"paths": ["tests"]},
        {"tests/test_a.py": MIXED},
        failure="2 of 6 tests failed: tests/test_a.py::test_bad, tests/test_a.py::test_error",
        data={"counts": COUNTS, "exit": 1, "collected": 6},
        name="fail",
    ),
    real(
        {"paths": ["tests"], "expect": "any"},
        {"tests/test_a.py": MIXED, "tests/test_b.py": "import nothing_of_this_name\n"},
        data={
            "counts": {**COUNTS, "error": 2},
            "failed": [
                "tests/test_b.py",
                "tests/test_a.py::test_bad",
                "tests/test_a.py::test_error",
            ],
        },
        name="baseline",
    ),
    real(
        {"paths": ["tests"], "expect": {"passed": 2, "failed": 1, "error": "<= 1"}},
        {"tests/test_a.py": MIXED},
        name="counts",
    ),
    real(
        {"paths": ["tests"], "expect": {"passed": ">= 3"}},
        {"tests/test_a.py": GOOD},
        failure="the tests ended otherwise than expected: 2 passed instead of >= 3",
        name="other counts",
    ),
    real(
        {"paths": ["tests"], "reruns": 2},
        {"tests/test_a.py": FLAKY},
        data={"flaky": ["tests/test_a.py::test_flaky"], "failed": [], "counts": {"flaky": 1}},
        name="flaky",
    ),
    real(
        {"paths": ["tests"], "expect": "any"},
        {"tests/conftest.py": "import nothing_of_this_name\n", "tests/test_a.py": GOOD},
        data={"failed": ["tests/conftest.py"], "collected": 0},
        name="broken conftest",
    ),
    real({}, {"tests/none.py": ""}, failure="no test was collected", name="no test"),
    real(
        {"paths": ["tests"], "k": "nowhere"},
        {"tests/test_a.py": GOOD},
        failure="no test was collected (2 left out by k or m)",
        name="none selected",
    ),
    real(
        {"extra_args": ["--unheard-of"]},
        {"tests/test_a.py": GOOD},
        failure="pytest refuses to start: unrecognized arguments: --unheard-of",
        name="usage",
    ),
    real(
        {"paths": ["tests/test_a.py::test_gone"]},
        {"tests/test_a.py": GOOD},
        failure="pytest refuses to start: not found: ",
        name="no such test",
    ),
    real(
        {"paths": ["tests"]},
        {"tests/test_a.py": "import os\n\n\ndef test_a():\n    os._exit(9)\n"},
        failure="pytest ended (exit code 9) while tests/test_a.py::test_a ran: 0 of 1 tests",
        data={"failed": ["tests/test_a.py::test_a"]},
        name="crash",
    ),
    real(
        {"paths": ["tests"], "wall": 4},
        {
            "tests/test_a.py": "import time\n\n\ndef test_a():\n    pass\n\n\n"
            "def test_b():\n    time.sleep(60)\n"
        },
        failure="pytest took longer than 4 s: 1 of 2 tests had finished; running then: tests/test",
        data={"counts": {"passed": 1, "error": 1}},
        name="wall",
    ),
    Case(
        "pytest",
        {"chdir": "{root}", "paths": ["tests"]},
        {
            "tests/test_a.py": GOOD,
            ".venv/bin/python": File("#!/bin/sh\necho 'No module named x' >&2; exit 3\n", 0o755),
        },
        unpredicted=True,
        failure="pytest ended (exit code 3): 0 of ? tests had finished; No module named x",
        name="the directory's own venv",
    ),
    Case(
        "pytest",
        run(paths=["tests/gone", "tests/a.py", "tests/no.py::test_x"]),
        {"tests/a.py": ""},
        failure="there is no tests/gone and no tests/no.py::test_x in {root}",
        needs=NEEDS,
        name="missing paths",
    ),
    Case(
        "pytest",
        run(chdir="{root}/gone", paths=["a"]),
        failure="the directory {root}/gone does not exist",
        needs=NEEDS,
        name="missing directory",
    ),
    Case(
        "pytest",
        {"python": "{root}/bin/python"},
        failure="there is no Python at {root}/bin/python",
        name="missing python",
    ),
    Case(
        "pytest",
        {"venv": "{root}/venv"},
        failure="the virtual environment {root}/venv does not exist",
        name="missing venv",
    ),
    Case("pytest", {"python": "a", "venv": "b"}, refused="'python' and 'venv' exclude each other"),
    Case("pytest", {"expect": {"pased": 1}}, refused="expect: 'pased' is none of passed, failed"),
    Case("pytest", {"expect": {"passed": "many"}}, refused="expect: passed must be a number"),
    Case("pytest", {"expect": "all"}, refused="expect must be pass, any, or counts"),
    Case("pytest", {"timeout": 0}, refused="timeout must be more than 0 seconds"),
    Case("pytest", {"reruns": -1}, refused="must not be negative"),
]
