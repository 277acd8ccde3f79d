"""The block stands once between its markers, and every line outside stays as it was."""

from __future__ import annotations

import dataclasses

from hypothesis import assume, given
from hypothesis import strategies as some

from suture.agent.modules.blockinfile import Args, edited

BEGIN, END = b"# BEGIN ANSIBLE MANAGED BLOCK\n", b"# END ANSIBLE MANAGED BLOCK\n"
word = some.text(some.sampled_from("ab= é"), max_size=3)
lines = some.lists(
    some.builds(lambda text, end: text.encode() + end, word, some.sampled_from([b"\n", b"\r\n"])),
    max_size=6,
)
blocks = some.lists(word, min_size=1, max_size=3).map(lambda words: "\n".join(words) + "\n")
patterns = some.sampled_from(["^a", "b", "=$", "nothing", "(?m)^a"])
places = some.one_of(
    some.just({}),
    patterns.map(lambda pattern: {"insertafter": pattern}),
    patterns.map(lambda pattern: {"insertbefore": pattern}),
    some.sampled_from([{"insertafter": "EOF"}, {"insertbefore": "BOF"}]),
)


@given(lines, blocks, places)
def test_block_is_put_in_whole_and_the_rest_untouched(
    before: list[bytes], block: str, place: dict[str, str]
) -> None:
    args = Args(path="f", block=block, **place)
    data = b"".join(before)
    new = edited(data, args)
    put = BEGIN + block.encode() + END
    assert new.count(put) == 1
    assert new.replace(put, b"") == data
    assert edited(new, args) == new


@given(lines, blocks, blocks, places)
def test_another_block_takes_its_place(
    before: list[bytes], old: str, new: str, place: dict[str, str]
) -> None:
    data = edited(b"".join(before), Args(path="f", block=old, **place))
    changed = edited(data, Args(path="f", block=new))
    assert changed == data.replace(BEGIN + old.encode() + END, BEGIN + new.encode() + END)


@given(lines, blocks, places, some.binary(max_size=3))
def test_absent_takes_out_what_present_put_in(
    before: list[bytes], block: str, place: dict[str, str], last: bytes
) -> None:
    data = b"".join(before)
    args = Args(path="f", block=block, **place)
    gone = dataclasses.replace(args, state="absent")
    assert edited(edited(data, args), gone) == data
    assert edited(data, gone) == data
    without = edited(data + last, gone)
    assert edited(without, gone) == without


@given(lines, blocks, places, some.booleans(), some.booleans())
def test_blank_lines_around_it_come_once(
    before: list[bytes], block: str, place: dict[str, str], prepend: bool, append: bool
) -> None:
    assume(block.strip())
    args = Args(path="f", block=block, prepend_newline=prepend, append_newline=append, **place)
    new = edited(b"".join(before), args)
    assert edited(new, args) == new
    above, _, below = new.partition(BEGIN + block.encode() + END)
    if prepend and above:
        assert above == b"\n" or above.endswith((b"\n\n", b"\r\n\n"))
    if append and below:
        assert below.startswith(b"\n")
