"""The gate: what counts as fixed, and what must never pass for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.phases.gate import FAILED, PROVES_NOTHING, VERIFIED, Test, merged, verdict

OUTCOMES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")


def told(**outcomes: str) -> dict[str, Test]:
    return {name: Test(outcome, "why") for name, outcome in outcomes.items()}


def test_every_failing_test_passes_now() -> None:
    said = verdict(["a", "b"], ["c"], told(a="passed", b="passed", c="passed"))
    assert (said.verdict, said.fixed) == (VERIFIED, ("a", "b"))
    assert said.message == "2 of 2 fixed, 0 newly broken"
    assert said.counts == {"passed": 3}


def test_one_that_still_fails_closes_the_gate() -> None:
    said = verdict(["a", "b"], [], told(a="passed", b="failed"))
    assert (said.verdict, said.still_failing) == (FAILED, ("b",))


def test_one_that_passed_and_fails_now_closes_the_gate() -> None:
    said = verdict(["a"], ["c"], told(a="passed", c="error"))
    assert (said.verdict, said.newly_broken) == (FAILED, ("c",))


def test_a_new_test_that_fails_closes_the_gate() -> None:
    assert verdict(["a"], [], told(a="passed", new="failed")).newly_broken == ("new",)


def test_nothing_failing_before_proves_nothing() -> None:
    said = verdict([], ["c"], told(c="passed"))
    assert said.verdict == PROVES_NOTHING
    assert "nothing failed in the baseline" in said.message


def test_a_skip_needs_a_reason() -> None:
    now = {"a": Test("skipped", "needs a model"), "b": Test("skipped", " ")}
    said = verdict(["a", "b"], [], now)
    assert said.excused == {"a": "needs a model"}
    assert (said.verdict, said.still_failing) == (FAILED, ("b",))


def test_a_flaky_test_is_named_and_not_fixed() -> None:
    said = verdict(["a", "b"], [], {"a": Test("passed", flaky=True), "b": Test("passed")})
    assert (said.fixed, said.flaky, said.still_failing) == (("b",), ("a",), ("a",))
    assert said.message == "1 of 2 fixed, 1 flaky, 1 still failing, 0 newly broken"
    assert said.verdict == FAILED


def test_a_flaky_test_that_passed_before_is_only_named() -> None:
    said = verdict(["a"], ["b"], {"a": Test("passed"), "b": Test("passed", flaky=True)})
    assert (said.verdict, said.flaky) == (VERIFIED, ("b",))


def test_a_test_that_is_gone_is_not_fixed() -> None:
    assert verdict(["a"], [], {}).still_failing == ("a",)
    assert verdict(["a"], ["c"], told(a="passed")).newly_broken == ("c",)


def test_a_file_that_could_not_be_collected_is_fixed_by_its_tests() -> None:
    now = told(**{"tests/a.py::one": "passed", "tests/a.py::two": "skipped"})
    assert verdict(["tests/a.py"], [], now).fixed == ("tests/a.py",)
    now = told(**{"tests/a.py::one": "failed"})
    assert verdict(["tests/a.py"], [], now).verdict == FAILED
    assert verdict(["tests/a.py"], [], {}).verdict == FAILED


@pytest.mark.parametrize("file", ["tests/conftest.py", "tests", "conftest.py", "tests/rag"])
def test_a_conftest_or_directory_is_fixed_by_the_tests_below_it(file: str) -> None:
    now = told(**{"tests/rag/a.py::one": "passed"})
    assert verdict([file], [], now).fixed == (file,)
    assert verdict([file], [], told(**{"tests/rag/a.py::one": "error"})).verdict == FAILED
    assert verdict([file], [], told(**{"other/a.py::one": "passed"})).fixed == (
        (file,) if file == "conftest.py" else ()
    )


@pytest.mark.parametrize("order", [1, -1])
def test_no_run_hides_another_runs_failure(order: int) -> None:
    runs = [told(a="failed"), told(a="passed", b="passed")][::order]
    assert merged(runs) == told(a="failed", b="passed")


names = st.sampled_from("abcdef")
current = st.dictionaries(names, st.builds(Test, st.sampled_from(OUTCOMES), st.just("x")))


@given(st.sets(names), st.sets(names), current)
def test_every_failing_test_is_accounted_for_once(
    failing: set[str], passing: set[str], now: dict[str, Test]
) -> None:
    passing -= failing
    said = verdict(failing, passing, now)
    groups = [said.fixed, said.still_failing, tuple(said.excused)]
    assert sorted(name for group in groups for name in group) == sorted(failing)
    bad = {name for name, test in now.items() if test.outcome in ("failed", "error")}
    assert said.passes == (not (bad or said.still_failing or said.newly_broken))
