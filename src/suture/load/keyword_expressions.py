"""Expressions that choose tests by their names, as pytest's ``-k``: ``auth or not (slow and 401)``."""

from __future__ import annotations

import re
from collections.abc import Callable

from suture.suggestions import quoted

Matcher = Callable[[str], bool]
"""Whether a test's id, in lower case, is meant."""

_TOKEN = re.compile(r"\s*(\(|\)|[^\s()]+)")


def keywords(text: str) -> Matcher:
    """The expression as a function of a test's id; ValueError where it is none."""
    tokens = _TOKEN.findall(text)
    if not tokens:
        return lambda _: True
    found, rest = _either(tokens)
    if rest:
        raise ValueError(f"'{rest[0]}' is not expected there")
    return lambda name: found(name.lower())


def _either(tokens: list[str]) -> tuple[Matcher, list[str]]:
    parts, rest = _operands(tokens, "or", _both)
    return (lambda name: any(part(name) for part in parts)), rest


def _both(tokens: list[str]) -> tuple[Matcher, list[str]]:
    parts, rest = _operands(tokens, "and", _one)
    return (lambda name: all(part(name) for part in parts)), rest


def _operands(
    tokens: list[str],
    operator: str,
    operand: Callable[[list[str]], tuple[Matcher, list[str]]],
) -> tuple[list[Matcher], list[str]]:
    """What stands between the operators, at least one of it."""
    found, rest = operand(tokens)
    parts = [found]
    while rest and rest[0] == operator:
        found, rest = operand(rest[1:])
        parts.append(found)
    return parts, rest


def _one(tokens: list[str]) -> tuple[Matcher, list[str]]:
    if not tokens:
        raise ValueError("it ends too early")
    word, rest = tokens[0], tokens[1:]
    if word == "not":
        inner, rest = _one(rest)
        return (lambda name: not inner(name)), rest
    if word == "(":
        inner, rest = _either(rest)
        if rest[:1] != [")"]:
            raise ValueError("a bracket is never closed")
        return inner, rest[1:]
    if word in (")", "and", "or"):
        raise ValueError(f"{quoted(word)} is not expected there")
    low = word.lower()
    return (lambda name: low in name), rest
