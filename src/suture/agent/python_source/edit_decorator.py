"""Edits of decorators: their arguments, and their being there."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any, Dict, Optional, Tuple

from ..protocol.spec import Failure
from .edit import Edit, EditScope, Outcome, part
from .sequence import Group
from .snippet import Expression, begins_line, lines_spliced
from .source import SourceText, Splice
from .syntax import aliases, means, one, same


@dataclass(frozen=True)
class Decorator(Edit):
    """A decorator of a function or class has these keyword arguments, and not those."""

    decorator: str = part("type", "The decorator's name, such as pytest.fixture.")
    function: str = part("name", "The function.", "")
    inside: str = part("name", "The class, instead.", "", key="class")
    set: Dict[str, Expression] = field(
        default_factory=dict,
        metadata={"kind": "keywords", "doc": "Arguments and their values.", "key": ""},
    )
    drop: Tuple[str, ...] = part("identifiers", "Arguments that it must not have.", ())

    def problem(self) -> str:
        if bool(self.function) == bool(self.inside):
            return "needs either 'function' or 'class'"
        both = sorted(set(self.set) & set(self.drop))
        if both:
            return f"both sets and drops '{both[0]}'"
        return "" if self.set or self.drop else "needs 'set' or 'drop'"

    def applied(self, source: SourceText) -> Outcome:
        kind = "class" if self.inside else "function"
        return self.through(source, self.inside or self.function, kind, self.in_scope)

    def in_scope(self, source: SourceText, scope: EditScope) -> Outcome:
        line = self._decorator(source, scope).lineno
        edited, name = source, scope.node.name
        for keyword in [*self.drop, *self.set]:
            held = self._decorator(edited, scope)
            splice = self._splice(edited, held, keyword)
            if splice is not None:
                edited = edited.spliced([splice])
                scope = EditScope(scope.name, _again(edited, scope.node))
        note = "its arguments are like that already" if edited is source else ""
        assert scope.node.name == name
        return Outcome(edited, line, note)

    def _decorator(self, source: SourceText, scope: EditScope) -> Any:
        known = aliases(source.tree)
        found = [
            each
            for each in scope.node.decorator_list
            if means(each.func if isinstance(each, ast.Call) else each, self.decorator, known)
        ]
        return one(found, f"decorator {self.decorator}", scope.name)

    def _splice(self, source: SourceText, held: Any, keyword: str) -> Optional[Splice]:
        wanted = self.set.get(keyword)
        if not isinstance(held, ast.Call):
            end = source.end(held)
            return None if wanted is None else Splice(end, end, f"({keyword}={wanted.text})")
        group = Group.at(source, source.end(held.func))
        item = next((each for each in group.items if each.keyword == keyword), None)
        if wanted is None:
            return None if item is None else group.removed(item)
        if item is None:
            return group.added(f"{keyword}={wanted.text}")
        (value,) = [each.value for each in held.keywords if each.arg == keyword]
        if same(value, wanted.node):
            return None
        return Splice(item.tokens[2].start, item.end, wanted.text)


def _again(source: SourceText, node: Any) -> Any:
    """The same definition in the edited file: a decorator above it may have lost a line."""
    like = [
        each
        for each in ast.walk(source.tree)
        if isinstance(each, type(node))
        and each.name == node.name
        and each.decorator_list
        and each.decorator_list[0].lineno == node.decorator_list[0].lineno
    ]
    assert len(like) == 1
    return like[0]


@dataclass(frozen=True)
class EnsureDecorator(Edit):
    """A function or class has this very decorator."""

    source: Expression = part("expression", "The decorator, without its @.")
    function: str = part("name", "The function.", "")
    inside: str = part("name", "The class, instead.", "", key="class")

    def problem(self) -> str:
        both = bool(self.function) == bool(self.inside)
        return "needs either 'function' or 'class'" if both else ""

    def applied(self, source: SourceText) -> Outcome:
        kind = "class" if self.inside else "function"
        return self.through(source, self.inside or self.function, kind, self.in_scope)

    def in_scope(self, source: SourceText, scope: EditScope) -> Outcome:
        node = scope.node
        if any(same(each, self.source.node) for each in node.decorator_list):
            return Outcome(source, node.lineno, "it is there already")
        if not begins_line(source, node):
            raise Failure(f"line {node.lineno} holds more than the definition of {node.name}")
        at = source.line_start(source.start(node))
        text = f"{source.indent(at)}@{self.source.text}{source.newline}"
        return Outcome(lines_spliced(source, at, at, text), node.lineno)
