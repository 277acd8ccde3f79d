"""Proposals: first remedies from the source that fails, and the plan that triage writes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from suture.errors import SutureError
from suture.load.phase_plan import plan_of
from suture.load.playbook import playbook
from suture.phases.causes import Failure
from suture.phases.claims import Ownership
from suture.phases.junit_reader import failures_in
from suture.phases.plan_writer import written
from suture.phases.proposals import proposal, sources_of
from suture.phases.triage import Group, groups
from tests.unit.test_triage import LAB

TRACKER = """\
import logging

logger = logging.getLogger(__name__)


class Tracker:
    def _mlflow(self):
        try:
            import mlflow

            self._touch(mlflow)
            return mlflow
        except ImportError:
            return None

    def _touch(self, mlflow):
        mlflow.log_artifact("mark")

    def _log_artifacts(self, mlflow):
        with tempfile.TemporaryDirectory() as tmpdir:
            for each in self.all:
                mlflow.log_artifact(each)
"""
CONFTEST = """\
import os

import pytest


@pytest.fixture(autouse=True)
def off():
    os.environ["APP_TESTING"] = "1"
"""
TASKS = """\
import asyncio


def run_async(coro):
    try:
        loop = asyncio.get_event_loop()
    except RuntimeError:
        return asyncio.run(coro)
    return loop.run_until_complete(coro)


def other(coro, timeout):
    return asyncio.run(coro)
"""
QUALITY = """\
try:
    import great_expectations as gx

    GE = True
except ImportError:
    GE = False
"""
FILES = {
    "src/tracker.py": TRACKER,
    "src/tasks/a.py": TASKS,
    "src/quality.py": QUALITY,
    "tests/conftest.py": "import os\n",
    "tests/e2e/conftest.py": CONFTEST,
    "tests/test_tasks.py": "from src.tasks import a\n",
    "tests/test_quality.py": QUALITY,
}


def group(test: str, exception: str, message: str, where: str = "", frame: str = "") -> Group:
    (found,) = groups([Failure(test, exception, message, where, frame)])
    return found


def edits(found: Group) -> list[tuple[str, list[dict[str, object]]]]:
    tasks = proposal(found, sources_of(found, FILES.get)).tasks
    return [(task["python_edit"]["path"], task["python_edit"]["edits"]) for task in tasks]


def denied(line: int, frame: str) -> Group:
    said = "<frozen os>:1: PermissionError: [Errno 13] Permission denied: '/mlflow'"
    return group("tests/t.py::t", "PermissionError", said, f"src/tracker.py:{line}", frame)


def test_the_clause_that_should_have_met_it_names_it_too() -> None:
    wanted = {
        "function": "Tracker._mlflow",
        "clause": "ImportError",
        "types": ["ImportError", "OSError", "PermissionError"],
    }
    assert edits(denied(11, "_mlflow")) == [("{{ app_dir }}/src/tracker.py", [{"catch": wanted}])]
    assert edits(denied(17, "_touch"))[0][1] == [{"catch": wanted}], "its caller's"


def test_without_a_clause_the_with_statement_may_fail() -> None:
    ((_, (edit,)),) = edits(denied(22, "_log_artifacts"))
    wrap = edit["wrap"]
    assert isinstance(wrap, dict)
    assert wrap["statement"] == {"with": "tempfile.TemporaryDirectory"}
    assert wrap["except"] == ["OSError", "PermissionError"]
    assert wrap["body"].startswith('logger.warning("/mlflow cannot be written')


def test_without_source_the_directory_is_made() -> None:
    found = denied(1, "nothing")
    (task,) = proposal(found, {}).tasks
    assert task["file"] == {"path": "/mlflow", "state": "directory", "mode": "0755"}


def test_what_a_fixture_sets_is_set_before_imports() -> None:
    found = group(
        "tests/e2e/t.py::t", "AssertionError", "t.py:1: assert 401 == 200", "src/api.py:1"
    )
    ((path, (edit,)),) = edits(found)
    assert path == "{{ app_dir }}/tests/conftest.py"
    assert edit["ensure_before_imports"] == {
        "statements": "os.environ['APP_TESTING'] = '1'",
        "needs": "import os",
        "of": ["src"],
    }


def test_a_variable_gets_a_stand_in() -> None:
    found = group(
        "tests/t.py::t", "KeyError", "<frozen os>:679: KeyError: 'SOME_API_KEY'", "src/p.py:1"
    )
    ((_, (edit,)),) = edits(found)
    assert 'os.environ.setdefault("SOME_API_KEY"' in str(edit)


def test_only_what_runs_its_one_coroutine_is_given_a_loop_that_lasts() -> None:
    found = group(
        "tests/test_tasks.py::t", "RuntimeError", "x.py:1: RuntimeError: Event loop is closed"
    )
    ((path, (_, edit)),) = edits(found)
    assert path == "{{ app_dir }}/src/tasks/a.py"
    assert "run_async" in str(edit)
    assert "other" not in str(edit)


def test_an_empty_package_does_not_count_anywhere() -> None:
    said = "src/quality.py:3: AttributeError: module 'great_expectations' has no attribute 'x'"
    found = group("tests/test_quality.py::t", "AttributeError", said, "src/quality.py:3", "f")
    assert [path for path, _ in edits(found)] == [
        "{{ app_dir }}/src/quality.py",
        "{{ app_dir }}/tests/test_quality.py",
    ]


@pytest.mark.parametrize(
    ("module", "distribution"),
    [("yaml", "pyyaml"), ("sentence_transformers", "sentence-transformers")],
)
def test_a_missing_module_is_installed_by_its_own_name(module: str, distribution: str) -> None:
    said = f"t.py:1: ModuleNotFoundError: No module named '{module}.x'"
    install, check = proposal(group("tests/t.py::t", "ModuleNotFoundError", said), {}).tasks
    assert install["pip"]["name"] == distribution
    assert check["python_import"]["names"] == [module]


def test_what_is_written_can_be_read_and_claims_what_it_should(tmp_path: Path) -> None:
    found = groups(LAB)
    proposals = {at: proposal(each, sources_of(each, FILES.get)) for at, each in enumerate(found)}
    files = written(found, proposals, {"n": 4, "dist": "loadgroup"}, "all", len(LAB))
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    plan = plan_of(tmp_path / "plan.yml")
    assert [phase.must_fix for phase in plan.phases] == [41, 16, 10, 4, 4, 9]
    assert [len(Ownership(plan, phase).claimed(LAB)) for phase in plan.phases] == [
        41,
        16,
        10,
        4,
        4,
        9,
    ]
    assert plan.phases[-1].remaining
    assert [each.exceptions for each in plan.outside] == [("ConnectionRefusedError",)]
    for phase in plan.phases:
        assert playbook(phase.playbook).plays
    texts = [text for name, text in files.items() if "misc" in name]
    assert "- sk" in texts[0], "the two texts side by side"
    assert yaml.safe_load(files["plan.yml"])["title"] == "92 failing tests"


HOSTILE = Failure(
    "tests/t.py::test[{{ x }}]",
    "E{{ y }}",
    "t.py:1: {% raw %} {{ lookup('pipe', 'id') }}\n- a: [b",
    "",
    "",
)


def test_what_a_host_says_is_never_a_template(tmp_path: Path) -> None:
    files = written(groups([HOSTILE]), {}, {}, "all", 1)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    plan = plan_of(tmp_path / "plan.yml")
    assert playbook(plan.phases[0].playbook).plays
    assert "{{" not in "".join(files.values())


def test_a_path_is_no_code_and_no_template() -> None:
    said = "x.py:1: PermissionError: [Errno 13] Permission denied: '/a\"); evil(\"%s'"
    found = group("tests/t.py::t", "PermissionError", said, "src/tracker.py:22", "_log_artifacts")
    ((_, (edit,)),) = edits(found)
    wrap = edit["wrap"]
    assert isinstance(wrap, dict)
    (call,) = ast.parse(wrap["body"]).body
    assert len([node for node in ast.walk(call) if isinstance(node, ast.Call)]) == 2
    said = "x.py:1: PermissionError: [Errno 13] Permission denied: '/{{ lookup(1) }}'"
    found = group("tests/t.py::t", "PermissionError", said, "src/tracker.py:22", "_log_artifacts")
    assert edits(found) == []


# -- JUnit -----------------------------------------------------------------------------------------

JUNIT = """<?xml version="1.0"?>
<testsuites><testsuite name="pytest">
<testcase classname="tests.unit.test_a.TestIt" name="test_one[x]" time="0.2">
<failure message="PermissionError: [Errno 13] Permission denied: '/mlflow'">def test_one():
src/tracker.py:12: in _log
/usr/lib/python3/os.py:225: PermissionError</failure></testcase>
<testcase classname="tests.test_b" name="test_two"><error message="failed on setup with
 &quot;KeyError: 'A_B'&quot;">tests/test_b.py:3: KeyError</error></testcase>
<testcase classname="" name="tests.test_c"><error message="collection failure">
E   ModuleNotFoundError: No module named 'yaml'</error></testcase>
<testcase classname="tests.test_b" name="test_good"/>
</testsuite></testsuites>
"""


def test_failures_are_read_from_junit() -> None:
    one, two, three = failures_in(JUNIT, "x.xml")
    assert (one.id, one.exception) == (
        "tests/unit/test_a.py::TestIt::test_one[x]",
        "PermissionError",
    )
    assert (one.where, one.seconds) == ("src/tracker.py:12", 0.2)
    assert two.id == "tests/test_b.py::test_two"
    assert three.id == "tests/test_c.py"
    assert {found.kind for found in groups([one, two, three])} >= {"permission denied"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<a", "x.xml:1:1: no XML"),
        ("<html/>", "x.xml:1:1: <html> is no JUnit file"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><testsuite/>', "declares entities"),
    ],
)
def test_what_is_no_junit_is_refused(text: str, said: str) -> None:
    with pytest.raises(SutureError) as caught:
        failures_in(text, "x.xml")
    assert said in str(caught.value)
