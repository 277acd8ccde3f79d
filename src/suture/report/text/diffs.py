"""What differs between two texts, as hunks of a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from suture.report.text.lines import Line, line, plural

CONTEXT = 3
"""Unchanged lines shown around a difference."""

COMPARED = 25_000_000
"""Above this product of the two sides' lines, what differs counts as replaced as a whole."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """``sign`` is "+", "-", " " or "@" (a hunk's head); ``number`` is the line's place on the
    side it comes from, from 1; ``bare``: no newline ends it."""

    sign: str
    text: str
    number: int = 0
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Diff:
    """One file's difference, ready to be shown; ``most`` lines of it are."""

    path: str
    before: str
    after: str
    body: tuple[DiffLine, ...]
    indent: int = 0
    most: int = 400

    @property
    def added(self) -> int:
        return sum(each.sign == "+" for each in self.body)

    @property
    def removed(self) -> int:
        return sum(each.sign == "-" for each in self.body)

    @property
    def left_out(self) -> int:
        return max(0, len(self.body) - self.most)

    def lines(self, width: int | None) -> list[Line]:
        """The diff without syntax colour."""
        styles = {"+": "add", "-": "remove", "@": "hunk", " ": "dim"}
        found = []
        for each in self.body[: self.most]:
            sign = "" if each.sign == "@" else each.sign
            found.append(line((sign + each.text, styles[each.sign]), indent=self.indent))
            if each.bare:
                found.append(line(("\\ no newline at the end", "dim"), indent=self.indent))
        if self.left_out:
            found.append(line((left_out(self), "dim"), indent=self.indent))
        return found


def left_out(diff: Diff) -> str:
    return f"… {plural(diff.left_out, 'more line')} of this diff (-v shows all of it)"


def diff(before: str, after: str, path: str = "", indent: int = 0, most: int = 400) -> Diff:
    """The unified difference between two texts; none where they are equal."""
    old, new = _lines(before), _lines(after)
    head, old_middle, new_middle = _trimmed(old, new)
    body: list[DiffLine] = []
    for group in _groups(old_middle, new_middle):
        first, last = group[0], group[-1]
        spans = (
            _span(head + first[1], head + last[2]),
            _span(head + first[3], head + last[4]),
        )
        body.append(DiffLine("@", f"@@ -{spans[0]} +{spans[1]} @@"))
        for kind, old_from, old_to, new_from, new_to in group:
            if kind == "equal":
                body += _signed(" ", new_middle, new_from, new_to, head)
                continue
            body += _signed("-", old_middle, old_from, old_to, head)
            body += _signed("+", new_middle, new_from, new_to, head)
    return Diff(path, before, after, tuple(body), indent, most)


def _lines(text: str) -> list[str]:
    """Lines with their newline: ``splitlines`` would also cut at form feeds and the like."""
    *whole, rest = text.split("\n")
    return [each + "\n" for each in whole] + ([rest] if rest else [])


def _trimmed(old: list[str], new: list[str]) -> tuple[int, list[str], list[str]]:
    """Both sides without what they have in common at either end, but for the lines of context
    around it; and how many lines are gone from the head.  Most edits of a long file are small."""
    shorter = min(len(old), len(new))
    head = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    rest = shorter - head
    end = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    head, end = max(0, head - CONTEXT), max(0, end - CONTEXT)
    return head, old[head : len(old) - end], new[head : len(new) - end]


Opcode = tuple[str, int, int, int, int]


def _groups(old: Sequence[str], new: Sequence[str]) -> list[list[Opcode]]:
    if old == new:
        return []
    if len(old) * len(new) > COMPARED:
        return [[("replace", 0, len(old), 0, len(new))]]
    matcher = difflib.SequenceMatcher(None, old, new)
    return [list(group) for group in matcher.get_grouped_opcodes(CONTEXT)]


def _signed(sign: str, lines: Sequence[str], start: int, stop: int, offset: int) -> list[DiffLine]:
    return [
        DiffLine(
            sign,
            lines[place].removesuffix("\n"),
            offset + place + 1,
            bare=not lines[place].endswith("\n"),
        )
        for place in range(start, stop)
    ]


def _span(start: int, stop: int) -> str:
    """A hunk's range as ``diff -u`` writes it."""
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"
