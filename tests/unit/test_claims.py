"""Claims: whose failures are whose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.load.keyword_expressions import keywords
from suture.model import Claim, Mark, Phase, Plan, Verification
from suture.phases.causes import Failure
from suture.phases.claims import Ownership, fits, inside
from suture.phases.gate import Test
from suture.phases.judging import baseline_of, judged, mine_of, not_again, united
from suture.phases.remediation import whole_suite

HERE = Mark("plan.yml", 1)
DATABASE = Claim(HERE, exceptions=("ConnectionRefusedError",), why="no database here")


def phase(number: int, *claims: Claim, must_fix: int = 0, **verify: object) -> Phase:
    remaining = bool(verify.pop("remaining", False))
    runs = (Verification(dict(verify), HERE, remaining=remaining),)
    return Phase(number, f"P{number}", "", "high", "", must_fix, runs, HERE, claims=claims)


DENIED = phase(1, Claim(HERE, exceptions=("PermissionError",), message="/mlflow"), must_fix=2)
AUTH = phase(2, Claim(HERE, paths=("tests/e2e/",), message="401"), must_fix=16)
SILENT = phase(3, paths=["tests/rag"])
REST = phase(4, remaining=True)
PLAN = Plan(
    "plan.yml",
    "",
    "all",
    (DENIED, AUTH, SILENT, REST),
    Verification({}, HERE),
    (DATABASE,),
)

FAILURES = {
    "tests/a.py::denied": Failure("tests/a.py::denied", "PermissionError", "x: '/mlflow'"),
    "tests/a.py::other": Failure("tests/a.py::other", "PermissionError", "x: '/data'"),
    "tests/e2e/b.py::auth": Failure("tests/e2e/b.py::auth", "AssertionError", "assert 401 == 200"),
    "tests/b.py::auth": Failure("tests/b.py::auth", "AssertionError", "assert 401 == 200"),
    "tests/rag/c.py::module": Failure("tests/rag/c.py::module", "x.ModuleNotFoundError", "no"),
    "tests/rag/c.py::db": Failure("tests/rag/c.py::db", "ConnectionRefusedError", "refused"),
}


def mine(of: Phase, plan: Plan = PLAN) -> list[str]:
    return [each.id for each in Ownership(plan, of).claimed(FAILURES.values())]


def test_a_phase_claims_what_fits_all_that_it_says() -> None:
    assert mine(DENIED) == ["tests/a.py::denied"]
    assert mine(AUTH) == ["tests/e2e/b.py::auth"]


def test_a_silent_phase_claims_what_its_verification_meets_but_for_others() -> None:
    assert mine(SILENT) == [
        "tests/a.py::other",
        "tests/b.py::auth",
        "tests/rag/c.py::module",
    ]


def test_what_remains_is_what_nobody_else_claims() -> None:
    assert mine(REST) == ["tests/a.py::other", "tests/b.py::auth"]


def test_what_another_phase_once_claimed_is_not_taken_with_what_remains() -> None:
    taken = {"tests/a.py::other": 1, "tests/rag/c.py::db": 2}
    whose = Ownership(PLAN, REST, taken)
    assert [each.id for each in whose.claimed(FAILURES.values())] == ["tests/b.py::auth"]
    assert whose.owner(FAILURES["tests/a.py::other"]).why == "phase 1: P1"
    assert Ownership(PLAN, SILENT, taken).owner(FAILURES["tests/a.py::other"]).phase == 3


def test_the_whole_suite_has_all_but_what_lies_outside() -> None:
    (whole,) = whole_suite(PLAN)
    assert set(mine(whole)) == {*FAILURES} - {"tests/rag/c.py::db"}


def test_who_else_it_is() -> None:
    assert Ownership(PLAN, AUTH).owner(FAILURES["tests/a.py::denied"]).why == "phase 1: P1"
    assert Ownership(PLAN, AUTH).owner(FAILURES["tests/rag/c.py::db"]).why == "no database here"
    nobody = Ownership(PLAN, AUTH).owner(FAILURES["tests/a.py::other"])
    assert (nobody.phase, nobody.why) == (None, "")


def test_an_exception_is_meant_with_its_module_or_without() -> None:
    told = FAILURES["tests/rag/c.py::module"]
    assert fits(Claim(HERE, exceptions=("ModuleNotFoundError",)), told)
    assert fits(Claim(HERE, exceptions=("x.ModuleNotFoundError",)), told)
    assert not fits(Claim(HERE, exceptions=("NotFoundError",)), told)


@pytest.mark.parametrize(
    ("path", "test", "is_inside"),
    [
        ("tests/a", "tests/a/b.py::c", True),
        ("./tests/a/", "tests/a/b.py", True),
        ("tests/a", "tests/ab.py::c", False),
        ("tests/a.py::C", "tests/a.py::C::m[x]", True),
        ("tests/a.py::m", "tests/a.py::m[x]", True),
        ("tests/a.py::m", "tests/a.py::more", False),
        (".", "tests/a.py", True),
    ],
)
def test_inside(path: str, test: str, is_inside: bool) -> None:
    assert inside(test, path) is is_inside


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("auth or 401", {"auth", "401"}),
        ("AUTH and not 401", {"auth"}),
        ("not (auth or 401)", {"x"}),
        ("auth and 401 or x", {"auth401", "x"}),
        ("", {"auth", "401", "x", "auth401"}),
    ],
)
def test_keywords_choose_as_pytest_does(text: str, chosen: set[str]) -> None:
    names = {"auth", "401", "x", "auth401"}
    found = {name for name in names if keywords(text)(name)}
    assert found - {"auth401"} == chosen - {"auth401"}


@pytest.mark.parametrize("text", ["auth or", "(auth", "auth)", "or auth", "not", "a b", "()"])
def test_keywords_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"not expected|too early|never closed"):
        keywords(text)


@given(st.text("ab()or nt", max_size=12))
def test_keywords_are_expressions_or_refused(text: str) -> None:
    try:
        keywords(text)("a")
    except ValueError:
        return


# -- baselines and verdicts ------------------------------------------------------------------------


def outcomes(**changed: str) -> dict[str, Test]:
    told = {name: Test("failed", each.message, failure=each) for name, each in FAILURES.items()}
    told["tests/a.py::fine"] = Test("passed")
    return {**told, **{f"tests/{name}": Test(outcome) for name, outcome in changed.items()}}


def test_a_baseline_knows_what_is_claimed_and_what_else_fails() -> None:
    recorded = baseline_of("h", Ownership(PLAN, AUTH), outcomes())
    assert (recorded.claimed, recorded.expected) == (("tests/e2e/b.py::auth",), 16)
    assert len(recorded.failing) == 6
    assert {"count": 1, "cause": "ConnectionRefusedError: refused", "why": "no database here",
            "test": "tests/rag/c.py::db"} in recorded.others  # fmt: skip
    assert sum(row["count"] for row in recorded.others) == 5
    assert recorded.causes["tests/b.py::auth"] == {
        "exception": "AssertionError",
        "message": "assert 401 == 200",
    }
    assert mine_of(Ownership(PLAN, AUTH), recorded) == ["tests/e2e/b.py::auth"]
    assert len(not_again(Ownership(PLAN, AUTH), recorded)) == 5


def test_others_failures_keep_no_gate_shut() -> None:
    before = baseline_of("h", Ownership(PLAN, AUTH), outcomes())
    now = {**outcomes(), "tests/e2e/b.py::auth": Test("passed")}
    said, told = judged("h", Ownership(PLAN, AUTH), before, now, 1.0)
    assert said.verdict == "verified"
    assert said.message == "1 of 1 fixed, claims 1, expected 16, 0 newly broken, 5 as before"
    assert sum(row["count"] for row in told.as_before) == 5
    said, _ = judged(
        "h", Ownership(PLAN, AUTH), before, {**now, "tests/a.py::fine": Test("failed")}, 1.0
    )
    assert (said.verdict, said.newly_broken) == ("failed", ("tests/a.py::fine",))


def test_a_baseline_of_before_causes_were_known_is_claimed_whole() -> None:
    from suture.events import BaselineRecorded

    old = BaselineRecorded(host="h", phase=2, failing=("tests/x::y",), passing=())
    assert mine_of(Ownership(PLAN, AUTH), old) == ["tests/x::y"]


def test_the_whole_suites_baseline_is_that_of_all_phases() -> None:
    first = baseline_of(
        "h", Ownership(PLAN, DENIED), {k: v for k, v in outcomes().items() if "a.py" in k}
    )
    later = {**outcomes(), "tests/a.py::denied": Test("passed"), "tests/a.py::fine": Test("failed")}
    (whole,) = whole_suite(PLAN)
    both = united(
        "h", Ownership(PLAN, whole), [first, baseline_of("h", Ownership(PLAN, REST), later)]
    )
    assert set(both.failing) == {*FAILURES}
    assert both.passing == ("tests/a.py::fine",)
    assert len(both.claimed) == 5
