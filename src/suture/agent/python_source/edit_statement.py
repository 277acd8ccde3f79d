"""Edits of single statements: there, there instead, gone."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any, List, Optional, Sequence

from ..protocol.spec import Failure
from .edit import Edit, EditScope, Outcome, part
from .edit_function import replaced
from .snippet import Snippet, after, before, lines_spliced, run_of, spaced
from .source import SourceText
from .syntax import (
    DEFINITIONS,
    KINDS,
    Matcher,
    aliases,
    blocks,
    document_of,
    one,
    parents,
    same,
    statements,
)


@dataclass(frozen=True)
class ReplaceStatement(Edit):
    """In place of a statement stand these."""

    statement: Matcher = part("matcher", "The statement that goes.")
    source: Snippet = part("statements", "The statements that come.")
    function: str = part("name", "The function; unsaid: the module's own statements.", "")

    def applied(self, source: SourceText) -> Outcome:
        return self.through(source, self.function, "function", self.in_scope)

    def in_scope(self, source: SourceText, scope: EditScope) -> Outcome:
        there = _runs(scope.body, self.source.body)
        fixed = {id(each) for run in there for top in run for each in statements([top])}
        found = self.statement.found(scope.body, aliases(source.tree))
        found = [each for each in found if id(each) not in fixed]
        if not found and there:
            return Outcome(source, there[0][0].lineno, "it is replaced already")
        old = one(found, self.statement.said, scope.name)
        if not source.alone(old):
            raise Failure(f"line {old.lineno} holds more than the statement to be replaced")
        start = source.line_start(source.start(old))
        text = self.source.placed(source, source.indent(start), source.unit(scope.node))
        edited = lines_spliced(source, start, source.next_line(source.end(old)), text)
        return Outcome(edited, old.lineno)


def _runs(body: Sequence[ast.stmt], wanted: Sequence[ast.stmt]) -> List[Sequence[ast.stmt]]:
    """Wherever in a scope these statements stand in a row."""
    held = [body, *(block for each in statements(body) for block in blocks(each))]
    return [block[at : at + len(wanted)] for block in held for at in run_of(block, wanted)]


@dataclass(frozen=True)
class Remove(Edit):
    """A statement is not there."""

    statement: Matcher = part("matcher", "The statement.")
    function: str = part("name", "The function; unsaid: the module's own statements.", "")

    def applied(self, source: SourceText) -> Outcome:
        return self.through(source, self.function, "function", self.in_scope)

    def in_scope(self, source: SourceText, scope: EditScope) -> Outcome:
        found = self.statement.found(scope.body, aliases(source.tree))
        if not found:
            return Outcome(source, 0, "it is not there")
        old = one(found, self.statement.said, scope.name)
        if not source.alone(old):
            raise Failure(f"line {old.lineno} holds more than the statement to be removed")
        start, end = source.line_start(source.start(old)), source.next_line(source.end(old))
        holder = parents(scope.node)[old]
        sole = any(block == [old] for block in blocks(holder)) and holder is not source.tree
        text = f"{source.indent(start)}pass{source.newline}" if sole else ""
        return Outcome(lines_spliced(source, start, end, text), old.lineno)


@dataclass(frozen=True)
class EnsureStatement(Edit):
    """Statements stand in a module, function or class, each once."""

    source: Snippet = part("statements", "The statements.")
    function: str = part("name", "The function they are in; unsaid: the module.", "")
    inside: str = part("name", "The class they are in, instead.", "", key="class")
    at: str = part(
        "start|end", "Where new ones go; unsaid: below the imports, or a function's start.", ""
    )
    ahead: Optional[Matcher] = part("matcher", "They stand before this.", None, key="before")
    behind: Optional[Matcher] = part("matcher", "They stand after this.", None, key="after")
    replace: bool = part("flag", "A definition of the same name is replaced.", False)

    def problem(self) -> str:
        if self.function and self.inside:
            return "takes either 'function' or 'class'"
        placed = self.at and (self.ahead is not None or self.behind is not None)
        return "takes either 'at' or 'before' and 'after'" if placed else ""

    def applied(self, source: SourceText) -> Outcome:
        name, kind = (self.inside, "class") if self.inside else (self.function, "function")
        return self.through(source, name, kind, self.in_scope)

    def in_scope(self, source: SourceText, scope: EditScope) -> Outcome:
        body = list(scope.body)
        known = aliases(source.tree)
        low, high = -1, len(body)
        if self.behind is not None:
            low = body.index(_anchor(body, self.behind, known, scope.name))
        if self.ahead is not None:
            high = body.index(_anchor(body, self.ahead, known, scope.name))
        if low >= high:
            raise Failure(f"in {scope.name} 'after' comes below 'before'")
        present = body[low + 1 : high]
        missing = [each for each in self.source.body if not any(same(each, has) for has in present)]
        if not missing:
            return Outcome(source, 0, "it is there already")
        clash = _namesake(body, missing)
        if clash is not None:
            return self._replaced(source, scope, clash)
        place = self._place(source, scope, body, low, high)
        return Outcome(
            inserted(source, scope, place, self.source.only(missing)), source.line(place)
        )

    def _replaced(self, source: SourceText, scope: EditScope, clash: Any) -> Outcome:
        if not self.replace:
            raise Failure(
                f"{scope.name} has another '{clash.name}' at line {clash.lineno};"
                " with replace: true it is replaced"
            )
        (wanted,) = [each for each in self.source.body if getattr(each, "name", "") == clash.name]
        edited = replaced(source, clash, self.source.only([wanted])).source
        return self.applied(edited)

    def _place(
        self, source: SourceText, scope: EditScope, body: Sequence[ast.stmt], low: int, high: int
    ) -> int:
        if high < len(body):
            return before(source, body[high])
        if low >= 0:
            return after(source, body[low])
        if self.at == "end" or (self.inside and self.at != "start"):
            return after(source, body[-1]) if body else len(source.text)
        last = [each for each in body[:1] if document_of(each) is not None]
        if scope.node is source.tree and self.at != "start":
            last = leading_imports(body)[-1:] or last
        if last:
            return after(source, last[-1])
        return before(source, body[0]) if body else len(source.text)


def leading_imports(body: Sequence[ast.stmt]) -> List[ast.stmt]:
    """A module's imports above its first definition."""
    found = []
    for each in body:
        if isinstance(each, DEFINITIONS):
            break
        if isinstance(each, KINDS["import"]):
            found.append(each)
    return found


def _anchor(body: Sequence[ast.stmt], matcher: Matcher, known: Any, where: str) -> Any:
    return one([each for each in body if matcher.holds(each, known)], matcher.said, where)


def _namesake(body: Sequence[ast.stmt], wanted: Sequence[ast.stmt]) -> Any:
    """A definition that bears the name of one of the wanted ones."""
    names = {each.name for each in wanted if isinstance(each, DEFINITIONS)}
    there = [each for each in body if isinstance(each, DEFINITIONS) and each.name in names]
    return there[0] if there else None


def inserted(source: SourceText, scope: EditScope, at: int, snippet: Snippet) -> SourceText:
    """The file with statements put in between two of its lines, spaced as is usual there."""
    module = scope.node is source.tree
    indent, unit = "", source.unit(scope.node)
    if not module:
        first = scope.body[0]
        if source.line(source.start(first)) == source.line(
            source.before(source.start(first), ":").start
        ):
            raise Failure(f"the body of {scope.name} shares line {first.lineno} with its head")
        indent = source.indent(source.start(first))
    defines = any(isinstance(each, DEFINITIONS) for each in snippet.body)
    gap = (2 if defines else 1) if module else (1 if defines else 0)
    text = spaced(source, at, snippet.placed(source, indent, unit), gap)
    return lines_spliced(source, at, at, text)
