"""Edits of assignments: the value of a name, or a member of the list that it holds."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any, Optional

from .edit import Edit, EditScope, Outcome, part
from .edit_statement import EnsureStatement
from .sequence import Group
from .snippet import Expression, Snippet
from .source import SourceText, Splice
from .syntax import one, same, targets


@dataclass(frozen=True)
class EnsureAssignment(Edit):
    """A name is assigned this value, or a list that includes it."""

    target: Expression = part("target", "What is assigned to: a name, or `os.environ['X']`.")
    value: Optional[Expression] = part("expression", "Its value.", None)
    includes: Optional[Expression] = part("expression", "A member of the list that it is.", None)
    function: str = part("name", "The function it is in; unsaid: the module.", "")
    inside: str = part("name", "The class it is in, instead.", "", key="class")

    def problem(self) -> str:
        if (self.value is None) == (self.includes is None):
            return "needs either 'value' or 'includes'"
        return "takes either 'function' or 'class'" if self.function and self.inside else ""

    @property
    def _wanted(self) -> Expression:
        wanted = self.value or self.includes
        assert wanted is not None
        return wanted

    def applied(self, source: SourceText) -> Outcome:
        name, kind = (self.inside, "class") if self.inside else (self.function, "function")
        return self.through(source, name, kind, self.in_scope)

    def in_scope(self, source: SourceText, scope: EditScope) -> Outcome:
        found = [
            each
            for each in scope.body
            if isinstance(each, (ast.Assign, ast.AnnAssign))
            and each.value is not None
            and any(same(target, self.target.node) for target in targets(each))
        ]
        if not found:
            new = Snippet.of(f"{self.target.text} = {self._wanted.text}")
            return EnsureStatement(new).in_scope(source, scope)
        statement = one(found, f"assignment to {self.target.text}", scope.name)
        if self.value is not None:
            return self._with_value(source, statement)
        return self._including(source, statement)

    def _with_value(self, source: SourceText, statement: Any) -> Outcome:
        if same(statement.value, self._wanted.node):
            return Outcome(source, statement.lineno, "it has that value already")
        held = statement.value
        splice = Splice(source.start(held), source.end(held), self._wanted.text)
        return Outcome(source.spliced([splice]), statement.lineno)

    def _including(self, source: SourceText, statement: Any) -> Outcome:
        held = statement.value
        listed = isinstance(held, (ast.List, ast.Tuple))
        members = held.elts if listed else [held]
        if any(same(each, self._wanted.node) for each in members):
            return Outcome(source, statement.lineno, "it is included already")
        start, end = source.start(held), source.end(held)
        if listed and source.text[start] in "[(":
            splice = Group.at(source, start).added(self._wanted.text)
        else:
            there = source.text[start:end]
            splice = Splice(start, end, f"[{there}, {self._wanted.text}]")
        return Outcome(source.spliced([splice]), statement.lineno)
