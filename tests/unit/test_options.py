"""What can be said on the command line."""

from __future__ import annotations

import pytest

from suture.commands.options import options_of, phases_of
from suture.errors import SutureError

KNOWN = [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("all", KNOWN),
        ("", KNOWN),
        ("3", [3]),
        ("3,1", [1, 3]),
        ("2-5", [2, 3, 4, 5]),
        ("1,4-6,4", [1, 4, 5, 6]),
    ],
)
def test_phases(text: str, wanted: list[int]) -> None:
    assert phases_of(text, KNOWN) == wanted


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("7", "there is no phase 7; the plan has 1, 2, 3, 4, 5, 6"),
        ("0-2", "there is no phase 0"),
        ("three", "give a number, a list '1,3', a range '2-5' or 'all'"),
        ("1-", "give a number"),
        (",", "give a number"),
    ],
)
def test_what_is_no_phase(text: str, sentence: str) -> None:
    with pytest.raises(SutureError, match=sentence):
        phases_of(text, KNOWN)


def test_options_are_taken_out_of_the_arguments() -> None:
    given = {"phase": "3", "tags": "a, b,", "inventory": ["x"], "dry_run": True, "skip_tags": ""}
    options = options_of(given)
    assert given == {"phase": "3"}
    assert (options.tags, options.inventory, options.dry_run) == (("a", "b"), ("x",), True)
    assert (options.skip_tags, options.extra_vars) == ((), ())
