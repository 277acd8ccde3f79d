"""Only what matches, in the section that is meant, is replaced."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from suture.agent.modules.replace import Args, edited
from suture.agent.protocol.spec import Failure

texts = some.text(some.sampled_from("ab1\n[]é"), max_size=30)


@given(texts, some.data())
def test_what_lies_outside_the_section_stays(text: str, data: some.DataObject) -> None:
    start = data.draw(some.integers(0, len(text)))
    end = data.draw(some.integers(start, len(text)))
    args = Args(path="f", regexp="[ab]", replace="x")
    new, count = edited(text, (start, end), args)
    assert new.startswith(text[:start])
    assert new.endswith(text[end:])
    assert count == len(re.findall("[ab]", text[start:end]))
    assert new[start : len(new) - (len(text) - end)] == re.sub("[ab]", "x", text[start:end])


@given(texts)
def test_again_is_nothing_when_the_replacement_does_not_match(text: str) -> None:
    args = Args(path="f", regexp="^a+$", replace="b")
    once, _ = edited(text, (0, len(text)), args)
    assert edited(once, (0, len(once)), args) == (once, 0)


@given(texts)
def test_nothing_to_replace_leaves_the_text(text: str) -> None:
    args = Args(path="f", regexp="no such thing", replace="x")
    assert edited(text, (0, len(text)), args) == (text, 0)


@pytest.mark.parametrize("replacement", [r"\2", r"\g<name>"])
def test_a_group_that_is_not_there(replacement: str) -> None:
    with pytest.raises(Failure, match="'replace' does not fit 'regexp'"):
        edited("a", (0, 1), Args(path="f", regexp="(a)", replace=replacement))
