"""The author's own pieces of Python, and how they are put between the lines of a file."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Dict, List, Sequence, Tuple

from ..protocol.spec import Failure
from .source import Margin, SourceText, Splice, parsed
from .syntax import DEFINITIONS, document_of, shape


@dataclass(frozen=True)
class Snippet:
    """One or more statements as the author wrote them, flush left."""

    text: str
    body: List[ast.stmt]

    @classmethod
    def of(cls, text: str) -> Snippet:
        """A Failure where the text is no Python, or holds no statement."""
        bare = _flush(text.replace("\r\n", "\n").rstrip())
        body = parsed(bare + "\n").body
        if not body:
            raise Failure("it holds no statement")
        return cls(bare, body)

    def placed(self, source: SourceText, indent: str, unit: str) -> str:
        """The text as lines of a file: its indentation, its line ends.

        Lines within strings stay as they are, but for docstrings, which move along.
        """
        mine = SourceText(self.text + "\n")
        step = mine.unit()
        documents = _document_lines(self.body)
        margins: Dict[int, Tuple[str, str]] = {}
        placed = []
        for number, line in enumerate(mine.lines, 1):
            feeds, old, _ = Margin.of(line)
            steps, rest = divmod(len(old), len(step))
            new = indent + unit * steps + " " * rest
            if number in documents:  # moved as far as the line that its docstring begins in
                first, new = margins[documents[number]]
                feeds, old = ("", first) if line.startswith(first) else (feeds, old)
            elif mine.in_string(number):
                feeds = old = new = ""
            margins[number] = (old, new)
            placed.append(feeds + new + line[len(feeds + old) :] if line.strip() else line)
        return "".join(line + source.newline for line in placed)

    def only(self, statements: Sequence[ast.stmt]) -> Snippet:
        """The part of it that these of its statements are, comments above them included."""
        if len(statements) == len(self.body):
            return self
        mine = SourceText(self.text + "\n")
        texts = []
        for statement in statements:
            index = self.body.index(statement)
            begin = mine.next_line(mine.end(self.body[index - 1])) if index else 0
            texts.append(mine.text[begin : mine.next_line(mine.end(statement))])
        return Snippet.of("".join(texts))


def _flush(text: str) -> str:
    """The statements without the indentation that they share; strings stay as they are."""
    text = re.sub(r"\A(?:[ \t\f]*\n)+", "", text)
    shared = len(Margin.of(text).indent)
    if not shared:
        return text
    held = SourceText(f"if True:\n{text}\n")
    lines = []
    for number, line in enumerate(held.lines[1:], 2):
        feeds, indent, rest = Margin.of(line)
        kept = held.in_string(number) or (rest and len(indent) < shared)
        lines.append(line if kept else feeds + indent[shared:] + rest)
    return "\n".join(lines)


@dataclass(frozen=True)
class Expression:
    """An expression as the author wrote it."""

    text: str
    node: ast.expr

    @classmethod
    def of(cls, text: str) -> Expression:
        held = parsed(f"({text.strip()}\n)\n").body
        first = held[0] if len(held) == 1 else None
        if not isinstance(first, ast.Expr):
            raise Failure("it is no expression")
        return cls(text.strip(), first.value)


def _document_lines(body: Sequence[ast.stmt]) -> Dict[int, int]:
    """The lines that docstrings go on in, each with the line that its docstring begins in: the
    body's own, and those of definitions in it."""
    holders: List[Sequence[ast.stmt]] = [body]
    holders += [
        each.body
        for statement in body
        for each in ast.walk(statement)
        if isinstance(each, DEFINITIONS)
    ]
    return {
        number: held[0].lineno
        for held in holders
        if document_of(held[0]) is not None
        for number in range(held[0].lineno + 1, (held[0].end_lineno or held[0].lineno) + 1)
    }


def lines_spliced(source: SourceText, start: int, end: int, text: str) -> SourceText:
    """The file with whole lines from ``start`` to ``end`` replaced; a file whose last line has no
    line end keeps it so."""
    at_end = end == len(source.text)
    open_ended = bool(source.text) and not source.text.endswith(("\n", "\r"))
    if at_end and open_ended:
        text = re.sub(r"(\r\n|\r|\n)\Z", "", text)
    if start == len(source.text) and open_ended:
        text = source.newline + text
    return source.spliced([Splice(start, end, text)])


def spaced(source: SourceText, at: int, text: str, gap: int) -> str:
    """The text with so many blank lines around it that ``gap`` separate it from its neighbours."""
    above = _blank_lines(source, at, -1)
    below = _blank_lines(source, at, 1)
    head = "" if above is None else source.newline * max(0, gap - above)
    tail = "" if below is None else source.newline * max(0, gap - below)
    return head + text + tail


def _blank_lines(source: SourceText, at: int, step: int) -> int | None:
    """How many blank lines stand next to an offset, or None where the file ends there."""
    number = source.line(at) - 1 if at < len(source.text) else len(source.lines)
    index = number - 1 if step < 0 else number
    count = 0
    while 0 <= index < len(source.lines):
        if source.lines[index].strip():
            return count
        count += 1
        index += step
    return None


def begins_line(source: SourceText, statement: ast.stmt) -> bool:
    start = source.start(statement)
    return not source.text[source.line_start(start) : start].strip(" \t\f")


def ends_line(source: SourceText, statement: ast.stmt) -> bool:
    end = source.end(statement)
    rest = source.text[end : source.line_end(end)].strip(" \t\f;")
    return not rest or rest.startswith("#")


def before(source: SourceText, statement: ast.stmt) -> int:
    """Where whole lines go that are to stand before a statement."""
    if not begins_line(source, statement):
        raise Failure(f"line {statement.lineno} holds several statements: nothing fits between")
    return source.line_start(source.start(statement))


def after(source: SourceText, statement: ast.stmt) -> int:
    """Where whole lines go that are to stand after a statement."""
    if not ends_line(source, statement):
        raise Failure(f"line {statement.end_lineno} holds several statements: nothing fits between")
    return source.block_end(statement)


def run_of(body: Sequence[ast.stmt], wanted: Sequence[ast.stmt]) -> List[int]:
    """Where in a block these statements stand in a row."""
    shapes, sought = [shape(each) for each in body], [shape(each) for each in wanted]
    last = len(shapes) - len(sought)
    return [at for at in range(last + 1) if shapes[at : at + len(sought)] == sought]
