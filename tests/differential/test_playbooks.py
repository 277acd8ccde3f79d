"""Playbooks of ``playbooks/`` end under Suture as they do under ansible-core: here a sample, all of
them by ``invoke differential``."""

from __future__ import annotations

import pytest

from tests.differential import comparison
from tests.differential.comparison import Case, Ran

CASES = comparison.cases()
SAMPLE = CASES[::4]


@pytest.mark.differential
def test_what_ansible_does_is_recorded_of_every_case() -> None:
    missing = [case.name for case in CASES if not comparison.is_recorded(case)]
    assert missing == [], "invoke differential"


@pytest.mark.differential
@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case.name)
def test_both_tools_do_the_same(case: Case) -> None:
    found = comparison.compared(case)
    if case.differs:
        assert found.differences, "it agrees by now: take its line '# differs:' away"
    else:
        assert found.differences == [], found.ours.output


def test_a_difference_is_seen_in_code_status_value_and_tree() -> None:
    one = Ran(0, [["a", "t", "ok", {"msg": "x"}]], {"f": "644 x"})
    assert one.differences(one) == []
    for other in (
        Ran(1, one.steps, one.tree),
        Ran(0, [["a", "t", "changed", {"msg": "x"}]], one.tree),
        Ran(0, [["a", "t", "ok", {"msg": "y"}]], one.tree),
        Ran(0, [*one.steps, ["a", "more", "ok", None]], one.tree),
        Ran(0, one.steps, {"f": "600 x"}),
        Ran(0, one.steps, {}),
    ):
        assert len(one.differences(other)) == 1
