"""Arguments written as text: ``src=a dest="b c"``, a command, or a command with some of these."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection
from dataclasses import dataclass

OPENERS = {"{{": "}}", "{%": "%}", "{#": "#}"}

_ESCAPE = re.compile(
    r"\\(?:U[0-9a-fA-F]{8}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|N\{[^}]+\}|[\\'\"abfnrtv])"
)
_EQUALS = re.compile(r"(?<=[^\\])=")
_BREAK = re.compile(r"[ \n]+")
_PLAIN = re.compile(r"[^ \n\\'\"{}%#]*")


@dataclass(frozen=True, slots=True)
class Word:
    """A word with the blanks before it; quotes and whole templates hold it together."""

    blanks: str
    text: str


def words(text: str) -> list[Word]:
    """The text cut at blanks; ValueError where a quote or a template is left open."""
    found: list[Word] = []
    position = 0
    while position < len(text):
        gap = _BREAK.match(text, position)
        start = gap.end() if gap else position
        end = _end(text, start)
        found.append(Word(text[position:start], text[start:end]))
        position = end
    return found


def _end(text: str, start: int) -> int:
    """Where the word that begins at ``start`` ends."""
    quote = ""
    closers: list[str] = []
    plain = _PLAIN.match(text, start)
    assert plain  # of nothing, at the least
    position = plain.end()
    while position < len(text):
        character, pair = text[position], text[position : position + 2]
        if closers and pair == closers[-1]:
            closers.pop()
            position += 2
            continue
        if pair in OPENERS:
            closers.append(OPENERS[pair])
            position += 2
            continue
        if character in "'\"" and (position == start or text[position - 1] != "\\"):
            quote = ("" if character == quote else quote) if quote else character
        elif character in " \n" and not quote and not closers:
            return position
        position += 1
    if quote:
        raise ValueError(f"the quote {quote} is never closed in: {text.strip()}")
    if closers:
        raise ValueError(f"a template is never closed with '{closers[-1]}' in: {text.strip()}")
    return position


def arguments(text: str, options: Collection[str] | None = None) -> tuple[dict[str, str], str]:
    """The ``name=value`` words of a text, and the text that is left without them.

    With ``options`` only these names count, as in a command, whose words may hold '=' themselves.
    """
    named: dict[str, str] = {}
    rest: list[str] = []
    joined = False
    for word in words(text):
        blanks = word.blanks.replace("\n", "", 1) if joined else word.blanks
        joined = word.text == "\\"
        if joined:
            continue
        plain = _ESCAPE.sub(_unescaped, word.text) if "=" in word.text else word.text
        equals = _EQUALS.search(plain)
        name = plain[: equals.start()] if equals else ""
        if equals is None or (options is not None and name not in options):
            bare = plain.replace("\\=", "=") if equals is None else word.text
            rest.append((blanks if rest else "") + bare)
        else:
            named[name.strip()] = unquoted(plain[equals.end() :].strip())
    return named, "".join(rest)


def _unescaped(match: re.Match[str]) -> str:
    try:
        return codecs.decode(match[0], "unicode-escape")
    except UnicodeDecodeError:
        return match[0]


def unquoted(text: str) -> str:
    """The text without the quotes around it, where it has a pair of them."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" and text[-2] != "\\":
        return text[1:-1]
    return text


_FIRST = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|(\S+))\s*(.*)""", re.DOTALL)


def first_word(text: str) -> tuple[str, str]:
    """A command's first word, quotes taken off, and what stands behind it as it is written."""
    match = _FIRST.match(text)
    if match is None:
        return text, ""
    double, single, bare, rest = match.groups()
    return next(word for word in (double, single, bare) if word is not None), rest
