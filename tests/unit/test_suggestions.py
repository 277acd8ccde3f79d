"""Words for messages."""

from __future__ import annotations

import pytest

from suture.suggestions import did_you_mean, quoted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("when", "'when'"),
        ("'a' in b", "\"'a' in b\""),
        ('a == "it\'s"', '`a == "it\'s"`'),
        ("'\"`", "''\"`'"),
        (7, "'7'"),
    ],
)
def test_a_text_is_quoted_with_what_it_does_not_hold(text: object, shown: str) -> None:
    assert quoted(text) == shown


def test_only_what_is_near_is_suggested() -> None:
    assert did_you_mean("comand", ["command", "copy"]) == "; did you mean 'command'?"
    assert did_you_mean("zzz", ["command", "copy"]) == ""
