"""The pytest module on real runs: every outcome, live and as data, and every way of going wrong."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from suture.agent.protocol.spec import Failure
from suture.agent.pytest_run import reporter
from suture.agent.pytest_run.run import Run, clean, healed, live
from suture.agent.world.done import Done
from suture.agent.world.world import World

module: Any = importlib.import_module("suture.agent.modules.pytest")

MESSY = """\
import os
import unittest
import warnings

import pytest


def test_passes():
    print("printed")


def test_fails():
    assert {"a": 1} == {"a": 2}, "not the same"


def test_raises():
    open("/no/such/directory/file")


@pytest.fixture
def denied():
    raise PermissionError("denied")


@pytest.fixture
def late():
    yield
    raise ValueError("too late")


def test_setup(denied): pass


def test_teardown(late): pass


def test_both(late): assert 0


def test_no_fixture(unheard_of): pass


@pytest.mark.skip(reason="no kéy")
def test_skipped(): pass


def test_skips_itself(): pytest.skip("inside")


@pytest.mark.xfail(reason="known")
def test_xfails(): assert 0


@pytest.mark.xfail
def test_xpasses(): pass


@pytest.mark.xfail(strict=True)
def test_strict(): pass


@pytest.mark.parametrize("x", ["é", b"\\xff", "a/b::c", "new\\nline", "sp ace"])
def test_odd(x): assert not x


def test_output():
    os.write(1, b"\\xff\\xfe\\n")
    os.write(2, b"\\x80 no line end")


class TestCase(unittest.TestCase):
    def test_method(self): self.fail("so")
"""
OUTCOMES = {
    "test_passes": ("passed", ""),
    "test_fails": ("failed", "tests/test_m.py:13: AssertionError: not the same\nassert {'a': 1}"),
    "test_raises": ("failed", "tests/test_m.py:17: FileNotFoundError: [Errno 2] No such file"),
    "test_setup": ("error", "setup: tests/test_m.py:22: PermissionError: denied"),
    "test_teardown": ("error", "teardown: tests/test_m.py:28: ValueError: too late"),
    "test_both": ("failed", "tests/test_m.py:37: assert 0\nteardown: tests/test_m.py:28: Value"),
    "test_no_fixture": ("error", "setup: fixture 'unheard_of' not found"),
    "test_skipped": ("skipped", "no kéy"),
    "test_skips_itself": ("skipped", "inside"),
    "test_xfails": ("xfailed", "known"),
    "test_xpasses": ("xpassed", ""),
    "test_strict": ("failed", "[XPASS(strict)]"),
    "test_odd[\\xe9]": ("failed", "tests/test_m.py:63: AssertionError: assert not 'é'"),
    "test_odd[\\xff]": ("failed", "tests/test_m.py:63: "),
    "test_odd[a/b::c]": ("failed", "tests/test_m.py:63: "),
    "test_odd[new\\nline]": ("failed", "tests/test_m.py:63: "),
    "test_odd[sp ace]": ("failed", "tests/test_m.py:63: "),
    "test_output": ("passed", ""),
    "TestCase::test_method": ("failed", ""),
}
EXCEPTIONS = {
    "test_fails": "AssertionError",
    "test_raises": "FileNotFoundError",
    "test_setup": "PermissionError",
    "test_teardown": "ValueError",
    "test_both": "AssertionError",
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\ntestpaths = ['tests']\n")
    (tmp_path / "tests").mkdir()
    return tmp_path


class Heard:
    """What a run tells while it lasts."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.reports: list[tuple[str, dict[str, Any]]] = []
        self.world = World(self.said.append, lambda *report: self.reports.append(report))


def run(directory: Path, heard: Heard | None = None, **args: Any) -> dict[str, Any]:
    """The data of a run, also of one that failed; the failure's message is its ``failure``."""
    given = module.Args(python=sys.executable, chdir=str(directory), **args)
    try:
        return dict(module.apply(given, (heard or Heard()).world), failure="")
    except Failure as failure:
        return {**failure.data, "failure": str(failure)}


def write(directory: Path, **files: str) -> None:
    for name, text in files.items():
        (directory / "tests" / f"{name}.py").write_text(text)


@pytest.mark.parametrize("workers", [None, 2])
def test_every_outcome_live_and_as_data(app: Path, workers: int | None) -> None:
    write(app, test_m=MESSY, test_broken="import no_such_module\n", test_bad="def f(:\n")
    write(app, test_whole="import pytest\npytest.skip('all of it', allow_module_level=True)\n")
    heard = Heard()
    data = run(app, heard, n=workers)
    tests = {test["id"]: test for test in data["tests"]}
    for name, (outcome, message) in OUTCOMES.items():
        test = tests.pop(f"tests/test_m.py::{name}")
        assert test["outcome"] == outcome, test
        assert test.get("message", "").startswith(message), test
        assert ("message" in test) == bool(test.get("message"))
        if name in EXCEPTIONS:
            assert test["exception"] == EXCEPTIONS[name]
    broken = tests.pop("tests/test_broken.py")
    assert broken["outcome"] == "error"
    assert broken["message"].startswith("tests/test_broken.py:1: ModuleNotFoundError: No module")
    assert broken["exception"] == "ModuleNotFoundError"
    assert broken["where"] == "tests/test_broken.py:1"
    bad = tests.pop("tests/test_bad.py")
    assert bad["message"] == "tests/test_bad.py:1: SyntaxError: invalid syntax"
    assert tests.pop("tests/test_whole.py") == {
        "id": "tests/test_whole.py",
        "outcome": "skipped",
        "seconds": 0,
        "when": "collect",
        "message": "all of it",
    }
    assert not tests
    assert data["counts"] == {
        "passed": 2, "failed": 10, "error": 5, "skipped": 3, "xfailed": 1, "xpassed": 1, "flaky": 0,
        "cold": 0,
    }  # fmt: skip
    assert len(data["failed"]) == 15
    assert (data["collected"], data["exit"], data["errors"]) == (19, 1, [])
    assert data["failure"].startswith("15 of 22 tests failed: ")
    assert heard.said == ["19 tests collected"]
    assert sorted(test["id"] for _, test in heard.reports) == sorted(
        test["id"] for test in data["tests"]
    )
    for kind, test in heard.reports:
        assert kind == "test"
        assert set(test) == {"id", "outcome", "message", "seconds"}
    json.dumps(data)


PLACES = {
    "test_fails": ("tests/test_m.py:13", "test_fails"),
    "test_setup": ("tests/test_m.py:22", "denied"),
    "test_no_fixture": ("fixture unheard_of", "unheard_of"),
    "test_deep": ("src/deep.py:2", "inner"),
}


@pytest.mark.parametrize("workers", [None, 2])
def test_the_deepest_frame_of_ones_own_is_told(app: Path, workers: int | None) -> None:
    (app / "src").mkdir()
    (app / "src" / "deep.py").write_text("def inner():\n    open('/no/such/place')\n")
    deep = (
        "import sys\nsys.path[:0] = ['.']\nfrom src.deep import inner\ndef test_deep(): inner()\n"
    )
    write(app, test_m=MESSY, test_d=deep)
    found = {test["id"].rpartition("::")[2]: test for test in run(app, n=workers)["tests"]}
    assert {name: (found[name]["where"], found[name]["frame"]) for name in PLACES} == PLACES


def test_two_files_of_one_name_say_what_is_wrong(app: Path) -> None:
    for folder in ("a", "b"):
        (app / "tests" / folder).mkdir()
        (app / "tests" / folder / "test_same.py").write_text("def test_it(): pass\n")
    (broken,) = [test for test in run(app)["tests"] if test["outcome"] == "error"]
    first = broken["message"].splitlines()[0]
    assert first.startswith("import file mismatch: imported module 'test_same' has this __file__")
    assert "unique basename" in first


ADDOPTS = "[tool.pytest.ini_options]\naddopts = '-n 4 --dist=loadscope'\n"


def test_the_run_goes_by_its_own_settings_and_tells_the_projects(app: Path) -> None:
    (app / "pyproject.toml").write_text(ADDOPTS)
    write(app, test_m="def test_it(request): assert not hasattr(request.config, 'workerinput')\n")
    heard = Heard()
    data = run(app, heard, n=0)
    assert data["failure"] == ""
    told = "the project's addopts say -n 4 --dist=loadscope; this run has -n 0"
    assert data["remark"] == told
    assert told in heard.said
    data = run(app, n=2, dist="load")
    assert (data["settings"]["numprocesses"], data["settings"]["dist"]) == ("2", "load")
    assert data["remark"].endswith("this run has -n 2 --dist=load")
    data = run(app)
    assert data["settings"]["numprocesses"] == "4"
    assert data["remark"] == "-n 4 --dist=loadscope comes from the project's addopts"


COLD = """\
import time

WARM = []


class TestLatency:
    def test_warms(self):
        time.sleep(0.2)
        WARM.append(1)

    def test_is_quick(self):
        assert WARM, "slow on a cold worker"


def test_others(): assert 0
"""


@pytest.mark.parametrize("workers", [{"n": 0}, {"n": 2, "dist": "load"}], ids=str)
def test_what_passes_in_company_only_is_cold(app: Path, workers: dict[str, Any]) -> None:
    """Company is on the same worker, however the run spreads its tests."""
    write(app, test_c=COLD)
    only = ["tests/test_c.py::TestLatency::test_is_quick", "tests/test_c.py::test_others"]
    data = run(app, paths=only, reruns=1, company=True, not_again=only[1:], **workers)
    assert (data["cold"], data["flaky"], data["failed"]) == (only[:1], [], only[1:])
    quick, others = sorted(data["tests"], key=lambda test: only.index(test["id"]))
    assert (quick["reruns"], quick["how"]) == (["failed", "passed"], "in company")
    assert quick["seconds_again"] >= 0
    assert "reruns" not in others


def test_failing_tests_of_a_file_are_run_again_in_one_process(app: Path) -> None:
    text = "import os\ndef test_a(): assert 0, os.getpid()\ndef test_b(): assert 0, os.getpid()\n"
    write(app, test_f=text)
    heard = Heard()
    run(app, heard, reruns=1)
    again = [test for _, test in heard.reports if test.get("purpose") == "rerun"]
    assert len({test["message"].split("AssertionError: ")[1][:6] for test in again}) == 1


def test_a_command_may_start_the_python_that_runs_the_tests(app: Path) -> None:
    write(app, test_m=MESSY)
    wrapped = app / "wrapped"
    wrapped.write_text(f'#!/bin/sh\necho "a word of its own"\nexec {sys.executable} "$@"\n')
    wrapped.chmod(0o755)
    args = module.Args(runner=f"{wrapped} -X utf8", chdir=str(app), expect="any", n=0)
    data = module.apply(args, Heard().world)
    assert data["counts"]["failed"] == 10
    assert data["collected"] == 19
    args = module.Args(
        runner="env A=1 {python}", python=sys.executable, chdir=str(app), expect="any"
    )
    assert module.apply(args, Heard().world)["counts"]["failed"] == 10
    with pytest.raises(Failure, match="no-such-command"):
        module.apply(module.Args(runner="no-such-command python", chdir=str(app)), Heard().world)


def test_nothing_is_left_behind(app: Path) -> None:
    write(app, test_m=MESSY, helper="x = 1\n", conftest="import tests.helper\n")
    before = sorted(app.rglob("*"))
    run(app, reruns=1, k="fails or passes")
    assert sorted(app.rglob("*")) == before


@pytest.mark.parametrize("workers", [None, 2])
def test_a_flaky_test_is_named(app: Path, workers: int | None) -> None:
    text = "def test_a(request):\n    assert request.config.getoption('--rootdir')\n"
    write(app, test_f=text + "def test_b(): assert 0\ndef test_c(): pass\n")
    heard = Heard()
    data = run(app, heard, reruns=2, n=workers)
    assert data["flaky"] == ["tests/test_f.py::test_a"]
    assert data["failed"] == ["tests/test_f.py::test_b"]
    tests = {test["id"][-1]: test for test in data["tests"]}
    assert (tests["a"]["outcome"], tests["a"]["reruns"]) == ("failed", ["passed"])
    assert (tests["b"]["outcome"], tests["b"]["reruns"]) == ("failed", ["failed", "failed"])
    assert data["counts"]["flaky"] == data["counts"]["failed"] == data["counts"]["passed"] == 1
    again = [test["id"][-1] for _, test in heard.reports if test.get("purpose") == "rerun"]
    assert sorted(again) == ["a", "b", "b"]


def test_odd_tests_can_be_run_again(app: Path) -> None:
    write(app, test_m=MESSY)
    data = run(app, reruns=1, k="odd")
    assert [test["reruns"] for test in data["tests"]] == [["failed"]] * 5


def test_selection(app: Path) -> None:
    write(app, test_m=MESSY, test_n="def test_passes(): pass\n")
    assert run(app, k="passes and not xpasses")["counts"]["passed"] == 2
    assert run(app, paths=["tests/test_n.py"])["collected"] == 1
    assert run(app, paths=["tests/test_m.py::test_passes", "tests/test_n.py"])["collected"] == 2
    assert run(app, m="skip")["counts"]["skipped"] == 1
    stopped = run(app, maxfail=2)
    assert stopped["counts"]["failed"] == 2
    assert stopped["failure"].startswith("2 of 3 tests failed")
    assert stopped["errors"] == ["3 of 20 tests had finished"]


def test_the_environment_reaches_the_tests(app: Path) -> None:
    write(app, test_e="import os\ndef test_e(): assert os.environ['MODE'] == '1'\n")
    assert run(app, env={"MODE": "1"})["counts"]["passed"] == 1
    assert run(app)["counts"]["failed"] == 1


def test_the_current_directory_can_be_imported(app: Path) -> None:
    (app / "application.py").write_text("x = 1\n")
    write(app, test_i="import application\ndef test_i(): pass\n")
    assert run(app, extra_args=["--import-mode=importlib"])["counts"]["passed"] == 1


@pytest.mark.parametrize("workers", [None, 2])
def test_a_broken_conftest_is_a_failing_test(app: Path, workers: int | None) -> None:
    write(app, conftest="import no_such_module\n", test_a="def test_a(): pass\n")
    data = run(app, expect="any", n=workers)
    assert data["failure"] == ""
    (test,) = data["tests"]
    assert test["id"] == "tests/conftest.py"
    assert test["outcome"] == "error"
    assert test["message"] == (
        "tests/conftest.py:1: ModuleNotFoundError: No module named 'no_such_module'"
    )
    assert run(app)["failure"].startswith("1 of 1 tests failed: tests/conftest.py: tests/conftest")


def test_a_worker_that_dies_fails_its_test_only(app: Path) -> None:
    write(
        app, test_c="import os\ndef test_a(): pass\ndef test_b(): os._exit(3)\ndef test_c(): pass\n"
    )
    data = run(app, n=2)
    assert data["failed"] == ["tests/test_c.py::test_b"]
    assert data["counts"]["passed"] == 2
    assert "crashed while running" in data["failure"]


def test_a_process_that_dies_keeps_what_was_done(app: Path) -> None:
    text = "import os, signal\ndef test_a(): pass\ndef test_b(): os.kill(os.getpid(), 9)\n"
    write(app, test_c=text)
    data = run(app)
    assert data["failure"] == (
        "pytest ended (signal 9) while tests/test_c.py::test_b ran: 1 of 2 tests had finished"
    )
    assert data["counts"]["passed"] == data["counts"]["error"] == 1


def test_the_time_of_the_whole_run_is_bounded(app: Path) -> None:
    write(app, test_s="import time\ndef test_a(): pass\ndef test_b(): time.sleep(60)\n")
    data = run(app, wall=15, n=2)
    assert data["failure"] == (
        "pytest took longer than 15 s: 1 of 2 tests had finished;"
        " running then: tests/test_s.py::test_b"
    )
    assert data["seconds"] < 35
    assert data["exit"] == 124


@pytest.mark.skipif(
    importlib.util.find_spec("pytest_timeout") is None, reason="pytest-timeout is not installed"
)
def test_the_time_of_each_test_is_bounded(app: Path) -> None:
    write(app, test_s="import time\ndef test_a(): pass\ndef test_b(): time.sleep(60)\n")
    data = run(app, timeout=1)
    assert data["failed"] == ["tests/test_s.py::test_b"]
    assert "Timeout" in data["failure"]


@pytest.mark.parametrize(
    ("args", "plugin"),
    [({"n": 2}, "'n' needs pytest-xdist"), ({"timeout": 60}, "'timeout' needs pytest-timeout")],
)
def test_a_missing_plugin_is_named(app: Path, args: dict[str, Any], plugin: str) -> None:
    write(app, test_a="def test_a(): pass\n")
    data = run(app, env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, **args)
    assert data["failure"] == f"{plugin}, which {sys.executable} does not have"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise KeyboardInterrupt", "pytest was interrupted (KeyboardInterrupt): 1 of 2 tests"),
        ("pytest.exit('enough')", "pytest was interrupted (enough): 1 of 2 tests had finished"),
        ("pytest.exit('enough', 7)", "pytest exited with 7: "),
    ],
)
def test_an_interruption_is_no_success(app: Path, text: str, said: str) -> None:
    write(app, test_i=f"import pytest\ndef test_a(): pass\ndef test_b(): {text}\n")
    assert run(app, expect="any")["failure"].startswith(said)


def test_an_internal_error_is_told(app: Path) -> None:
    hook = "def pytest_runtest_logfinish(nodeid): raise RuntimeError('a hook that breaks')\n"
    write(app, conftest=hook, test_a="def test_a(): pass\n")
    data = run(app, expect="any")
    assert data["failure"] == "pytest had an internal error: RuntimeError: a hook that breaks"
    assert "a hook that breaks" in data["output"]


def test_pytest_that_is_not_there(app: Path) -> None:
    # -I and an empty path for packages: the interpreter alone
    bare = app / "bare"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n')
    bare.chmod(0o755)
    with pytest.raises(Failure, match=r"pytest cannot be imported by .*bare: ModuleNotFoundError"):
        module.apply(module.Args(python=str(bare), chdir=str(app)), World())


def test_a_file_name_that_is_no_utf8(app: Path) -> None:
    path = os.fsencode(app) + b"/tests/test_\xe9.py"
    with open(path, "w") as file:  # noqa: PTH123 (a path of bytes)
        file.write("def test_a(): assert 0\n")
    data = run(app, reruns=1)
    assert data["failed"] == ["tests/test_\\udce9.py::test_a"]
    assert data["tests"][0]["reruns"] == ["failed"]
    json.dumps(data).encode()


def test_ten_thousand_tests_are_compact(app: Path) -> None:
    text = "import pytest\n@pytest.mark.parametrize('x', range(2000))\ndef test_x(x): pass\n"
    write(app, test_big=text)
    heard = Heard()
    data = run(app, heard)
    assert data["counts"]["passed"] == len(heard.reports) == 2000
    assert len(json.dumps(data)) < 2000 * 100


# -- the pure parts ------------------------------------------------------------------------------


def recorded(*records: Any, cut: str = "", rc: int = 1, err: str = "") -> Run:
    lines = "".join(json.dumps(record) + "\n" for record in records) + cut
    return Run.read(lines.encode(), Done(("python",), rc, b"", err.encode()))


def passed(name: str, outcome: str = "passed", **more: Any) -> list[Any]:
    return ["test", {"id": name, "outcome": outcome, "seconds": 0.1, **more}]


def test_a_record_that_was_cut_off_is_left_out() -> None:
    run = recorded(
        ["collected", 2, 0], ["run", "a"], passed("a"), ["run", "b"], cut='["test", {"id'
    )
    assert run.trouble("python", None) == (
        "pytest ended (exit code 1) while b ran: 1 of 2 tests had finished"
    )
    assert [test["outcome"] for test in run.data("")["tests"]] == ["passed", "error"]


def test_of_a_test_that_ran_twice_the_worse_outcome_counts() -> None:
    run = recorded(passed("a"), passed("a", "failed"), passed("a", "skipped"), ["end", 1])
    assert run.data("")["failed"] == ["a"]


def test_what_a_plugin_runs_again_is_flaky_too() -> None:
    run = recorded(
        passed("a", reruns=["failed"]), passed("b", "failed", reruns=["failed"]), ["end", 1]
    )
    assert run.data("")["flaky"] == ["a"]
    assert run.data("")["failed"] == ["b"]
    assert not healed({"outcome": "passed"})


def test_an_exit_code_that_no_test_explains_is_remarked() -> None:
    run = recorded(["collected", 1, 0], passed("a"), ["end", 1], err="coverage is too low\n")
    assert run.trouble("python", None) == ""
    assert run.data("")["errors"] == [
        "pytest exited with 1 though no test failed: coverage is too low"
    ]


@pytest.mark.parametrize("line", ["", "x", "[]", "3", '["test"]', '{"a": 1}', "nothing [1"])
def test_a_live_line_that_is_none_of_ours_is_nothing(line: str) -> None:
    assert live(line) == ("", None)


def test_live_lines_fit_into_a_pipe() -> None:
    record = ("test", {"id": "a", "outcome": "failed", "message": "é" * 4096})
    line = reporter.shortened(record)
    assert len(line) <= reporter.LIVE
    assert json.loads(line)[1]["message"].startswith("ééé")


def test_text_that_is_none_is_escaped() -> None:
    assert clean({"a": ["\udce9é"], "b": 1}) == {"a": ["\\udce9é"], "b": 1}


def test_a_failing_subtest_fails_its_test_whatever_comes_after(capfd: Any, tmp_path: Path) -> None:
    records = reporter.Records(str(tmp_path / "records"), "token ")
    plugin = reporter.Reporter(records)

    def report(when: str, outcome: str, **more: Any) -> SimpleNamespace:
        flags = {name: outcome == name for name in ("passed", "failed", "skipped")}
        return SimpleNamespace(
            nodeid="a", when=when, outcome=outcome, longrepr="E   no", duration=1.0, **flags, **more
        )

    for each in (
        report("setup", "passed"),
        report("call", "skipped", context="sub 1"),
        report("call", "failed", context="sub 2"),
        report("call", "passed"),
        report("teardown", "passed"),
    ):
        plugin.pytest_runtest_logreport(each)
    (line,) = (tmp_path / "records").read_text().splitlines()
    assert json.loads(line)[1]["outcome"] == "failed"
    assert json.loads(line)[1]["seconds"] == 5.0
    assert capfd.readouterr().err == f"token {line}\n"
