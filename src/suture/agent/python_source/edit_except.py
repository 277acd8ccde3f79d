"""Edits of exception handling: what a clause catches, and a try around a statement."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Sequence, Tuple

from ..protocol.spec import Failure
from .edit import Edit, EditScope, Outcome, part
from .except_clauses import around, caught, covers, names, raises, shields, tries, uses
from .sequence import Group
from .snippet import Snippet, lines_spliced
from .source import SourceText, Splice, Token
from .syntax import TRIES, Matcher, aliases, one, own, parents, shape


@dataclass(frozen=True)
class Catch(Edit):
    """An except clause of a function catches these exception types too."""

    clause: str = part("type", "An exception type that the clause to be edited catches.")
    types: Tuple[str, ...] = part("types", "The types that it catches afterwards.")
    function: str = part("name", "The function; unsaid: the module's own statements.", "")
    name: str = part("identifier", "The clause's variable, for `body`.", "", key="as")
    body: Optional[Snippet] = part("statements", "What the clause does, replaced as a whole.", None)
    within: Optional[Matcher] = part("matcher", "What the try's own body holds.", None)
    only: bool = part("flag", "The types that it caught besides are dropped.", False)

    def applied(self, source: SourceText) -> Outcome:
        return self.through(source, self.function, "function", self.in_scope)

    def in_scope(self, source: SourceText, scope: EditScope) -> Outcome:
        known = aliases(source.tree)
        candidates = [
            handler
            for each in tries(scope.node, scope.body, self.within, known)
            for handler in each.handlers
        ]
        named = [each for each in candidates if names(each, self.clause, known)]
        chosen = named or [
            each
            for each in candidates
            if covers(each, self.clause, known) and (not raises(each) or self._raises())
        ]
        lacking = [each for each in chosen if not self._holds(each, known, bool(named))]
        if chosen and not lacking:
            note = f"already caught as {', '.join(caught(chosen[0]))}"
            return Outcome(source, chosen[0].lineno, note)
        handler = one(
            chosen,
            f"except clause for {self.clause}",
            self._where(scope, [] if chosen else candidates),
        )
        self._check_order(scope, handler, known)
        if self._takes_a_name(scope, handler):
            raise Failure(f"the name '{self.name}' is used in {scope.name} already; take another")
        return Outcome(self._edited(source, handler, known), handler.lineno)

    def _takes_a_name(self, scope: EditScope, handler: ast.ExceptHandler) -> bool:
        """Whether the clause would get a name that the scope needs for itself."""
        if not self.name or (handler.name and self._same_body(handler)):
            return False
        tried: Any = parents(scope.node)[handler]
        return uses(scope.body, scope.arguments, self.name, tried.body)

    def _where(self, scope: EditScope, candidates: Sequence[ast.ExceptHandler]) -> str:
        there = ", ".join(f"{'/'.join(caught(each))} at line {each.lineno}" for each in candidates)
        inside = ", within what was asked for" if self.within else ""
        return f"{scope.name}{inside}" + (f" (it catches {there})" if there else "")

    def _raises(self) -> bool:
        return self.body is not None and any(
            isinstance(node, ast.Raise) for each in self.body.body for node in own(each)
        )

    def _holds(self, handler: ast.ExceptHandler, known: Mapping[str, str], named: bool) -> bool:
        """Whether nothing is left to do; a clause that only covers the type keeps its body."""
        if not all(covers(handler, each, known) for each in self.types):
            return False
        if self.only and named and len(caught(handler)) != len(self.types):
            return False
        return not named or (self._same_body(handler) and (bool(handler.name) or not self.name))

    def _same_body(self, handler: ast.ExceptHandler) -> bool:
        if self.body is None:
            return True
        renamed = {handler.name: self.name} if handler.name and self.name else {}
        return bool(shape(handler.body, renamed) == shape(self.body.body))

    def _check_order(
        self, scope: EditScope, handler: ast.ExceptHandler, known: Mapping[str, str]
    ) -> None:
        """A type that an earlier clause of the same try catches would never come this far."""
        above = parents(scope.node)
        for each in above[handler].handlers:  # type: ignore[attr-defined]
            if each is handler:
                return
            for wanted in self.types:
                if covers(each, wanted, known):
                    raise Failure(
                        f"{wanted} is caught by the clause at line {each.lineno}"
                        f" before the one for {self.clause} at line {handler.lineno}"
                    )

    def _edited(
        self, source: SourceText, handler: ast.ExceptHandler, known: Mapping[str, str]
    ) -> SourceText:
        head = _Head.of(source, handler)
        new = [each for each in self.types if not covers(handler, each, known)]
        splices = []
        if self.only and names(handler, self.clause, known):
            splices.append(Splice(head.start, head.end, _tuple(list(self.types))))
        elif new:
            splices.append(_extended(source, head, new))
        if self.name and not handler.name:
            splices.append(Splice(head.end, head.end, f" as {self.name}"))
        elif head.name and self.name and not self._same_body(handler):
            splices.append(Splice(head.name.start, head.name.end, self.name))
        edited = source.spliced(_merged(splices))
        if self._same_body(handler):
            return edited
        again = _at_line(edited.tree, handler.lineno)
        return self._with_body(edited, again)

    def _with_body(self, source: SourceText, handler: ast.ExceptHandler) -> SourceText:
        assert self.body is not None
        head = _Head.of(source, handler)
        indent = source.indent(source.start(handler))
        text = self.body.placed(source, indent + source.unit(handler), source.unit(handler))
        start, end = source.next_line(head.colon), source.block_end(handler)
        if source.line(head.colon) == source.line(source.start(handler.body[0])):
            start, text = head.colon + 1, source.newline + text
        return lines_spliced(source, start, end, text)


@dataclass(frozen=True)
class _Head:
    """Where a clause's parts are: its types, its name, its colon."""

    start: int
    end: int
    name: Optional[Token]
    colon: int
    tokens: List[Token]

    @classmethod
    def of(cls, source: SourceText, handler: ast.ExceptHandler) -> _Head:
        held: List[Token] = []
        name: Optional[Token] = None
        tokens = source.closed(source.start(handler))
        _, keyword = next(tokens)
        for depth, token in tokens:
            if depth == 0 and token.text == ":":
                first = held[0].start if held else keyword.end
                last = held[-1].end if held else keyword.end
                return cls(first, last, name, token.start, held)
            if depth == 0 and token.text == "as":
                name = next(tokens)[1]
            elif held or token.text != "*":
                held.append(token)
        raise AssertionError("an except clause ends with a colon")


def _extended(source: SourceText, head: _Head, new: Sequence[str]) -> Splice:
    """The clause's types with more of them, as it writes them."""
    added = ", ".join(new)
    if head.tokens[0].text == "(":
        group = Group.at(source, head.start)
        if group.closing is head.tokens[-1]:
            return group.added(added, "," if len(new) == 1 else "")
    return Splice(head.start, head.end, f"({source.text[head.start : head.end]}, {added})")


def _tuple(types: Sequence[str]) -> str:
    return types[0] if len(types) == 1 else f"({', '.join(types)})"


def _merged(splices: Sequence[Splice]) -> List[Splice]:
    """Splices that touch become one: the order of insertions at one place counts."""
    merged: List[Splice] = []
    for splice in splices:
        if merged and merged[-1].end == splice.start == splice.end:
            last = merged.pop()
            splice = Splice(last.start, last.end, last.text + splice.text)
        merged.append(splice)
    return merged


def _at_line(tree: ast.AST, line: int) -> ast.ExceptHandler:
    found = [
        each
        for each in ast.walk(tree)
        if isinstance(each, ast.ExceptHandler) and each.lineno == line
    ]
    assert len(found) == 1
    return found[0]


@dataclass(frozen=True)
class Wrap(Edit):
    """A statement stands in a try whose except clause catches these exception types."""

    statement: Matcher = part("matcher", "The statement.")
    types: Tuple[str, ...] = part("types", "The types that are caught.", key="except")
    body: Snippet = part("statements", "What the clause does.")
    function: str = part("name", "The function; unsaid: the module's own statements.", "")
    name: str = part("identifier", "The clause's variable, for `body`.", "", key="as")

    def applied(self, source: SourceText) -> Outcome:
        return self.through(source, self.function, "function", self.in_scope)

    def in_scope(self, source: SourceText, scope: EditScope) -> Outcome:
        known = aliases(source.tree)
        found = self.statement.found(scope.body, known)
        statement = one(found, self.statement.said, scope.name)
        outer = around(statement, parents(scope.node), scope.node)
        line = None if self._raises() else shields(outer, self.types, known)
        if line is not None or self._stands(outer):
            note = f"already caught at line {line or outer[0].handlers[0].lineno}"
            return Outcome(source, statement.lineno, note)
        if not source.alone(statement):
            raise Failure(f"line {statement.lineno} holds more than the statement to be wrapped")
        if self.name and uses(scope.body, scope.arguments, self.name, [statement]):
            raise Failure(f"the name '{self.name}' is used in {scope.name} already; take another")
        return Outcome(self._wrapped(source, statement), statement.lineno)

    def _raises(self) -> bool:
        return any(isinstance(node, ast.Raise) for each in self.body.body for node in own(each))

    def _stands(self, outer: Sequence[Any]) -> bool:
        """Whether our own clause, which lets an exception out, is there already."""
        return any(
            shape(handler.body, {handler.name: self.name} if handler.name else {})
            == shape(self.body.body)
            and set(caught(handler)) == set(self.types)
            for each in outer[:1]
            for handler in each.handlers
        )

    def _wrapped(self, source: SourceText, statement: ast.stmt) -> SourceText:
        start, end = source.line_start(source.start(statement)), source.block_end(statement)
        indent = source.indent(source.start(statement))
        unit = source.unit(statement)
        named = f" as {self.name}" if self.name else ""
        line = source.newline
        inner = source.deeper(start, end, indent, unit)
        text = (
            f"{indent}try:{line}{source.terminated(inner)}"
            f"{indent}except {_tuple(self.types)}{named}:{line}"
            f"{self.body.placed(source, indent + unit, unit)}"
        )
        wrapped = lines_spliced(source, start, end, text)
        tries_there = [each for each in ast.walk(wrapped.tree) if isinstance(each, TRIES)]
        bodies = [each.body for each in tries_there if each.lineno == source.line(start)]  # type: ignore[attr-defined]
        if shape(bodies) != [[shape(statement)]]:
            raise Failure(f"the statement at line {statement.lineno} cannot be indented deeper")
        return wrapped
