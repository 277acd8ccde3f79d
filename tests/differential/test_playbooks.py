"""Every playbook of ``playbooks/`` ends under Suture as it does under ansible-core."""

from __future__ import annotations

import pytest

from tests.differential import comparison
from tests.differential.comparison import Case, Ran

CASES = comparison.cases()


@pytest.mark.differential
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_both_tools_do_the_same(case: Case) -> None:
    assert comparison.is_recorded(case), f"invoke differential {case.path.parent.name}"
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
