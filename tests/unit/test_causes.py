"""Causes: what two runs of one fault have in common, and what tells two faults apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.phases.causes import Failure, by_cause, cause_of, failure_of, sentence, settled, telling

VARYING = {
    "took 12.5 s, wanted 3": "took N s, wanted N",
    "object at 0x7f3a": "object at ID",
    "Run 19bae318875b464eb51fb90b82e3480e is active": "Run ID is active",
    "id 6f1c1fd0-96f5-4a0e-8ac9-2b7a31d0c001": "id ID",
    "at 2026-11-29T02:31:07.123Z": "at TIME",
    "on 2026-11-29, 12:30": "on TIME, TIME",
    "[Errno 13] Permission denied: '/mlflow'": "[Errno N] Permission denied: 'PATH'",
    "no /tmp/pytest-of-me/pytest-12/test_a0/x.db": "no PATH",
    "port 5432 on 127.0.0.1": "port N on N",
    "module 'great_expectations' has no attribute 'get_context'": (
        "module 'great_expectations' has no attribute 'get_context'"
    ),
    "KeyError: 'OPENAI_API_KEY'": "KeyError: 'OPENAI_API_KEY'",
    "  first \n\n second\nthird": "first / second",
}


@pytest.mark.parametrize("text", VARYING)
def test_what_differs_from_run_to_run_is_taken_out(text: str) -> None:
    assert settled(text) == VARYING[text]


@given(st.text())
def test_a_settled_text_is_settled(text: str) -> None:
    assert settled(settled(text)) == settled(text)


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.text("abc /:'-\n", max_size=20))
def test_numbers_make_no_difference(one: int, other: int, text: str) -> None:
    assert settled(f"{text} {one} {text}") == settled(f"{text} {other} {text}")


@given(st.uuids(), st.uuids())
def test_ids_make_no_difference(one: object, other: object) -> None:
    assert settled(f"run {one} is active") == settled(f"run {other} is active")


def failure(name: str = "tests/a.py::test", message: str = "", **told: object) -> Failure:
    return failure_of({"id": name, "message": message, **told})


def test_the_place_before_a_message_is_no_part_of_it() -> None:
    for place in ("tests/a.py:12: ", "setup: src/a b.py:7: ", "<frozen os>:225: ", "setup: ", ""):
        told = failure(message=f"{place}PermissionError: no", exception="PermissionError")
        assert (cause_of(told).message, told.said) == ("no", "PermissionError: no")


def test_one_cause_wherever_it_comes_up_and_whenever_its_line_moved() -> None:
    these = [
        failure(
            f"t::{line}",
            f"src/x.py:{line}: a.b.Denied: not by {line}",
            exception="a.b.Denied",
            where=f"src/x{line}.py:{line}",
            frame="f",
        )
        for line in (1, 2)
    ]
    ((cause, found),) = by_cause(these).items()
    assert (cause.exception, cause.message, len(found)) == ("Denied", "not by N", 2)


def test_a_message_that_tells_nothing_needs_its_place() -> None:
    these = [
        failure(f"t::{n}", f"t.py:{n}: assert 3 == {n}", exception="AssertionError", where=where)
        for n, where in enumerate(("src/a.py:1", "src/a.py:2", "src/b.py:1"))
    ]
    assert [len(found) for found in by_cause(these).values()] == [2, 1]


@pytest.mark.parametrize(
    ("message", "tells"),
    [("assert N == N", False), ("", False), ("None is not True", False), ("no bearer token", True)],
)
def test_what_tells_something(message: str, tells: bool) -> None:
    assert telling(message) is tells


FAILURES = st.lists(
    st.builds(
        Failure,
        st.text("abc/:[]", min_size=1, max_size=6),
        st.sampled_from(["ValueError", "a.KeyError", ""]),
        st.text("ab1 /'\n", max_size=12),
        st.sampled_from(["src/a.py:1", "src/a.py:9", "fixture x", ""]),
        st.sampled_from(["f", "g", ""]),
    ),
    max_size=12,
)


@given(FAILURES)
def test_every_failure_has_one_cause_and_the_many_come_first(failures: list[Failure]) -> None:
    groups = by_cause(failures)
    assert sorted(each.id for these in groups.values() for each in these) == sorted(
        each.id for each in failures
    )
    sizes = [len(these) for these in groups.values()]
    assert sizes == sorted(sizes, reverse=True)
    assert all(sentence(cause) for cause in groups)


@given(FAILURES)
def test_the_order_of_failures_makes_no_difference(failures: list[Failure]) -> None:
    forwards = {cause: [each.id for each in these] for cause, these in by_cause(failures).items()}
    backwards = by_cause(failures[::-1])
    assert forwards == {cause: [each.id for each in these] for cause, these in backwards.items()}
