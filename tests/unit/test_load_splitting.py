"""Arguments written as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.load.specs import COMMAND_OPTIONS
from suture.load.splitting import arguments, words

CASES = {
    "src=a dest='b c'": ({"src": "a", "dest": "b c"}, ""),
    'msg="{{ x | join(", ") }} and  more"': ({"msg": '{{ x | join(", ") }} and  more'}, ""),
    "msg={{ a b }} x=1": ({"msg": "{{ a b }}", "x": "1"}, ""),
    "hello there": ({}, "hello there"),
    "line='a\\nb' path=/x": ({"line": "a\nb", "path": "/x"}, ""),
    "a=b=c d\\=e": ({"a": "b=c"}, "d=e"),
    "": ({}, ""),
}


@pytest.mark.parametrize("text", CASES)
def test_named_words_and_the_rest(text: str) -> None:
    assert arguments(text) == CASES[text]


def test_in_a_command_only_its_options_are_arguments() -> None:
    text = "make  PREFIX=/usr install creates=/usr/bin/x chdir='/a b' # done"
    assert arguments(text, COMMAND_OPTIONS) == (
        {"creates": "/usr/bin/x", "chdir": "/a b"},
        "make  PREFIX=/usr install # done",
    )


def test_a_shell_text_keeps_its_lines() -> None:
    text = "set -e\nif true; then\n  echo a\\\n fi creates=/x\n"
    assert arguments(text, COMMAND_OPTIONS) == (
        {"creates": "/x"},
        "set -e\nif true; then\n  echo a\\\n fi\n",
    )


def test_a_continued_line_is_one_line() -> None:
    assert arguments("echo a \\\n  b", COMMAND_OPTIONS) == ({}, "echo a  b")


@pytest.mark.parametrize("text", ["msg='a", 'x="a b', "msg={{ a", "{% if x"])
def test_what_is_left_open(text: str) -> None:
    with pytest.raises(ValueError, match="never closed"):
        arguments(text)


@given(st.text(alphabet="ab='\"{}% \n\\", max_size=30))
def test_nothing_is_lost_in_words(text: str) -> None:
    try:
        found = words(text)
    except ValueError as error:
        assert "never closed" in str(error)
        return
    assert "".join(word.blanks + word.text for word in found) == text
    assert all(not word.blanks.strip(" \n") for word in found)
