"""Filters and tests that the comparison with ansible-core cannot show, and their laws."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.templating.filters import MERGES, combine, from_yaml, to_nice_yaml, union
from suture.templating.jinja_tests import CHECKS
from suture.templating.password_hashes import hashed, sha_crypt
from suture.templating.rendering import render
from suture.templating.text_filters import human_readable, human_to_bytes
from suture.variables.scope import Precedence, Scope

KEYS = st.sampled_from("abc")
DICTS = st.recursive(
    st.integers() | st.lists(st.integers(0, 3), max_size=3),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
MAPPINGS = st.dictionaries(KEYS, DICTS, max_size=3)


@given(MAPPINGS, MAPPINGS, st.booleans(), st.sampled_from(sorted(MERGES)))
def test_combine_keeps_both_and_changes_neither(
    weak: dict[str, Any], strong: dict[str, Any], recursive: bool, list_merge: str
) -> None:
    before = repr((weak, strong))
    both = combine(weak, strong, recursive=recursive, list_merge=list_merge)
    assert both.keys() == weak.keys() | strong.keys()
    assert repr((weak, strong)) == before
    assert combine(both, {}) == both == combine({}, both)
    for key in weak.keys() - strong.keys():
        assert both[key] == weak[key]


@given(MAPPINGS)
def test_yaml_that_was_written_is_read_back(data: dict[str, Any]) -> None:
    assert from_yaml(to_nice_yaml(data)) == data


@given(st.lists(st.integers() | st.lists(st.integers())), st.lists(st.integers()))
def test_a_union_has_each_item_once(left: list[Any], right: list[Any]) -> None:
    both = union(left, right)
    assert all(item in both for item in [*left, *right])
    assert all(both.count(item) == 1 for item in both)


@given(st.integers(0, 1 << 60))
def test_a_size_read_back_is_about_the_same(size: int) -> None:
    text = human_readable(size).replace(" Bytes", "")
    assert abs(human_to_bytes(text) - size) <= size * 0.01


CRYPT = """
sha256 5000 saltstring 1 $5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5
sha256 1000 abc 0 $5$rounds=1000$abc$sP9FmVrTEqPcRDE7OxGDY0efugGF1dtCtqYcUsX9wmD
sha512 5000 saltstring 1 \
$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1
sha512 1000 x 9 \
$6$rounds=1000$x$Y/pyzSaWvzwenAjaeBiStbHfkOAPSYaExZjxWrtICv0Qgbw00rzzp2LwAHJW8PUXZb4R1o0H8PAonJFxnoQeK1
"""
"""What crypt(3) of glibc makes of "Hello world!", as often as the fourth word says."""


@pytest.mark.parametrize("line", CRYPT.strip().splitlines())
def test_sha_crypt(line: str) -> None:
    scheme, rounds, salt, times, expected = line.split()
    assert sha_crypt("Hello world!" * int(times), scheme, salt, int(rounds)) == expected


def test_password_hashes() -> None:
    assert hashed("x", "sha256", salt="abc", rounds=1000).startswith("$5$rounds=1000$abc$")
    one, two = (hashed("x", "sha512_crypt", rounds=1000) for _ in range(2))
    assert one != two
    assert hashed("x", "bcrypt", rounds=4).startswith("$2b$04$")
    salt = "abcdefghijklmnopqrstuu"
    assert hashed("x", "blowfish", salt, rounds=4) == hashed("x", "bcrypt", salt, rounds=4)
    for wrong in (("md5", None), ("sha512", "too$bad"), ("bcrypt", "short")):
        with pytest.raises(ValueError, match=r"salt|hashed with"):
            hashed("x", wrong[0], wrong[1])


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=4), st.lists(st.integers(0, 30), min_size=1)
)
def test_versions_are_ordered_like_their_numbers(left: list[int], right: list[int]) -> None:
    one, two = (".".join(map(str, numbers)) for numbers in (left, right))
    assert CHECKS["version"](one, two, "<") is (left < right)
    assert CHECKS["version"](one, two, "==") is (left == right)


SCOPE = Scope().with_layer(Precedence.PLAY_VARS, {"secret": "x"})


def test_random_without_a_seed_is_a_choice() -> None:
    assert render("{{ 5 | random in range(5) }}", SCOPE) is True
    assert sorted(render("{{ [1, 2, 3] | shuffle }}", SCOPE)) == [1, 2, 3]
    assert {render("{{ 2 | random }}", SCOPE) for _ in range(60)} == {0, 1}


def test_an_inline_if_without_else_has_a_default() -> None:
    assert render("{{ ('x' if false) | default('d') }}", SCOPE) == "d"


def test_union_keeps_the_order() -> None:
    assert render("{{ ['c', 'a'] | union(['b', 'a']) }}", SCOPE) == ["c", "a", "b"]
    assert render("{{ ['c', 'a', 'c'] | difference(['b', 'a']) }}", SCOPE) == ["c"]
