"""Our specifiers decide as the ``packaging`` library does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from suture.agent.shared.versions import accepts, clauses, version_of

numbers = st.integers(0, 3)
releases = st.lists(numbers, min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
publics = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "", "", "1!"]),
    releases,
    st.sampled_from(["", "", "", "a1", "b2", "rc1", ".alpha.1", "-pre", "c0"]),
    st.sampled_from(["", "", "", ".post1", "-2", ".rev0", "post"]),
    st.sampled_from(["", "", "", ".dev0", ".dev3", "dev"]),
)
locals_ = st.sampled_from(["", "", "+cpu", "+cu121", "+1.a", "+2"])
versions = st.builds("{}{}".format, publics, locals_)
specifiers = st.one_of(
    st.builds("{}{}".format, st.sampled_from([">=", "<=", ">", "<"]), publics),
    st.builds("{}{}".format, st.sampled_from(["==", "!="]), versions),
    st.builds("{}{}.*".format, st.sampled_from(["==", "!="]), releases),
    st.builds("~={}.{}".format, releases, numbers),
)


@given(versions, st.lists(specifiers, min_size=1, max_size=3).map(",".join))
def test_accepts_as_packaging_does(version: str, specifier: str) -> None:
    assert accepts(specifier, version) == SpecifierSet(specifier).contains(
        version, prereleases=True
    )


@given(publics, publics)
def test_order_is_that_of_packaging(one: str, other: str) -> None:
    first, second = version_of(one), version_of(other)
    assert first is not None
    assert second is not None
    assert (first.public < second.public) == (Version(one) < Version(other))
    assert (first.public == second.public) == (Version(one) == Version(other))


@pytest.mark.parametrize("text", ["1.3", ">=", ">=1.*", "~=1", ">=1.3;<2", "newest", "", ">=1,,<2"])
def test_what_is_no_specifier_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no version specifier"):
        clauses(text)


def test_a_version_that_is_none_satisfies_nothing_but_itself() -> None:
    assert version_of("unknown") is None
    assert not accepts(">=0", "unknown")
    assert accepts("===unknown", "unknown")
