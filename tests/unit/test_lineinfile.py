"""The line is there, everything else stays as it was, and a second time nothing happens."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as some

from suture.agent.modules.lineinfile import Args, edited

word = some.text(some.sampled_from("ab=# é"), max_size=4)
ends = some.sampled_from([b"\n", b"\r\n"])
full_lines = some.lists(some.builds(lambda text, end: text.encode() + end, word, ends), max_size=6)
files = some.builds(
    lambda lines, last: [*lines, last.encode()] if last else lines, full_lines, word
)
patterns = some.sampled_from(["^a", "b$", "=", "^$", "nothing"])
places = some.one_of(
    some.just({}),
    patterns.map(lambda pattern: {"insertafter": pattern}),
    patterns.map(lambda pattern: {"insertbefore": pattern}),
    some.sampled_from([{"insertafter": "EOF"}, {"insertafter": "BOF"}, {"insertbefore": "BOF"}]),
)


def stripped(lines: list[bytes]) -> list[bytes]:
    return [line.rstrip(b"\r\n") for line in lines]


@given(files, word, places, some.booleans())
def test_line_is_there_once_more_at_most(
    lines: list[bytes], line: str, place: dict[str, str], first: bool
) -> None:
    args = Args(path="f", line=line, firstmatch=first, **place)
    new = edited(lines, args)
    assert line.encode() in stripped(new)
    assert edited(new, args) == new
    others = stripped(new)
    if len(new) > len(lines):
        others.remove(line.encode())
        assert len(new) == len(lines) + 1
    assert sorted(others) == sorted(stripped(lines))


@given(files, word, patterns, places, some.booleans())
def test_one_match_is_replaced_and_the_rest_untouched(
    lines: list[bytes], line: str, pattern: str, place: dict[str, str], first: bool
) -> None:
    args = Args(path="f", line=line, regexp=pattern, firstmatch=first, **place)
    new = edited(lines, args)
    assert line.encode() in stripped(new)
    if len(new) == len(lines):
        differing = [index for index, old in enumerate(lines) if old != new[index]]
        assert len(differing) <= 1
    picks_itself = edited([line.encode() + b"\n"], Args(path="f", state="absent", regexp=pattern))
    if not picks_itself:
        assert edited(new, args) == new


@given(files, word, patterns, some.booleans())
def test_absent_removes_what_matches_and_nothing_else(
    lines: list[bytes], line: str, pattern: str, by_pattern: bool
) -> None:
    how = {"regexp": pattern} if by_pattern else {"line": line}
    args = Args(path="f", state="absent", **how)
    new = edited(lines, args)
    assert edited(new, args) == new
    kept = iter(lines)
    assert all(any(old == each for old in kept) for each in new), "order kept"
    if not by_pattern:
        assert line.encode() not in stripped(new)
        assert len(lines) - len(new) == stripped(lines).count(line.encode())


@given(files, word)
def test_backrefs_without_a_match_do_nothing(lines: list[bytes], line: str) -> None:
    assume(line.encode() not in stripped(lines))
    args = Args(path="f", line=line, regexp="no such thing", backrefs=True)
    assert edited(lines, args) == lines
