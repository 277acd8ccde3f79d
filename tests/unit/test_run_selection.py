"""Tags select what they select in Ansible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.run.tags import selected

TAGS = st.frozensets(st.sampled_from(["a", "b", "always", "never"]))
ASKED = st.frozensets(st.sampled_from(["a", "b", "all", "tagged", "untagged", "always", "never"]))


@pytest.mark.parametrize(
    ("tags", "wanted", "skipped", "runs"),
    [
        ("", "all", "", True),
        ("a", "all", "", True),
        ("a", "a", "", True),
        ("a", "b", "", False),
        ("a b", "b c", "", True),
        ("", "a", "", False),
        ("", "untagged", "", True),
        ("a", "untagged", "", False),
        ("a", "tagged", "", True),
        ("", "tagged", "", False),
        ("always", "a", "", True),
        ("always a", "b", "", True),
        ("never", "all", "", False),
        ("never a", "a", "", True),
        ("never a", "never", "", True),
        ("never a", "tagged", "", False),
        ("never a", "all", "", False),
        ("a", "all", "a", False),
        ("a", "a", "a", False),
        ("always", "all", "always", False),
        ("always", "all", "all", True),
        ("always", "all", "all always", False),
        ("a", "all", "all", False),
        ("", "all", "all", False),
        ("a", "all", "tagged", False),
        ("", "all", "tagged", True),
        ("", "all", "untagged", False),
        ("a", "", "", True),
    ],
)
def test_tags(tags: str, wanted: str, skipped: str, runs: bool) -> None:
    assert selected(tags.split(), wanted.split(), skipped.split()) is runs


@given(TAGS, ASKED, ASKED, ASKED)
def test_skipping_more_never_runs_more(
    tags: frozenset[str], wanted: frozenset[str], skipped: frozenset[str], more: frozenset[str]
) -> None:
    if "all" not in more:
        assert selected(tags, wanted, skipped) or not selected(tags, wanted, skipped | more)


@given(TAGS, ASKED.filter(bool), ASKED)
def test_asking_for_more_never_runs_less(
    tags: frozenset[str], wanted: frozenset[str], more: frozenset[str]
) -> None:
    assert not selected(tags, wanted) or selected(tags, wanted | more)
