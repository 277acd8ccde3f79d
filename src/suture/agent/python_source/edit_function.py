"""Edits of whole functions and classes."""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from typing import Any, List, Sequence

from ..protocol.spec import Failure
from .edit import Edit, EditScope, Outcome, part
from .snippet import Snippet, after, begins_line, lines_spliced
from .source import SourceText
from .syntax import docstring, document_of, same, shape


@dataclass(frozen=True)
class ReplaceBody(Edit):
    """A function's body is this; its docstring stays, unless the source begins with one."""

    function: str = part("name", "The function.")
    source: Snippet = part("statements", "The statements of its body.")

    def applied(self, source: SourceText) -> Outcome:
        return self.through(source, self.function, "function", self.in_scope)

    def in_scope(self, source: SourceText, scope: EditScope) -> Outcome:
        node = scope.node
        keeps = docstring(node) is not None and document_of(self.source.body[0]) is None
        present = node.body[1:] if keeps else node.body
        if said(present) == said(self.source.body):
            return Outcome(source, node.lineno, "its body is that already")
        unit = source.unit(node)
        text = self.source.placed(source, source.indent(source.start(node)) + unit, unit)
        colon = source.before(source.start(node.body[0]), ":").start
        if source.line(colon) == node.body[0].lineno and not begins_line(source, node.body[0]):
            if keeps:
                raise Failure(f"line {node.lineno} holds a docstring that cannot be kept")
            start, text = colon + 1, source.newline + text
        else:
            start = after(source, node.body[0]) if keeps else source.next_line(colon)
        end = max(start, source.block_end(node))
        return Outcome(lines_spliced(source, start, end, text), node.lineno)


@dataclass(frozen=True)
class ReplaceFunction(Edit):
    """A function is defined as this: decorators, signature, docstring and body."""

    function: str = part("name", "The function.")
    source: Snippet = part("definition", "Its whole definition.")

    def problem(self) -> str:
        held: Any = self.source.body[0]
        last = self.function.rpartition(".")[2]
        if last == held.name or any(character in last for character in "*?["):
            return ""
        return f"defines '{held.name}' in place of '{last}'"

    def applied(self, source: SourceText) -> Outcome:
        return self.through(source, self.function, "function", self.in_scope)

    def in_scope(self, source: SourceText, scope: EditScope) -> Outcome:
        return replaced(source, scope.node, self.source)


def replaced(source: SourceText, node: Any, snippet: Snippet) -> Outcome:
    """The file with one definition in place of another."""
    wanted: Any = snippet.body[0]
    if same(node, wanted):
        return Outcome(source, node.lineno, "it is defined like that already")
    if not begins_line(source, node):
        raise Failure(f"line {node.lineno} holds more than the definition of {node.name}")
    start = source.line_start(source.start(node))
    text = snippet.placed(source, source.indent(start), source.unit(node))
    edited = lines_spliced(source, start, source.block_end(node), text)
    return Outcome(edited, node.lineno)


def said(body: Sequence[ast.stmt]) -> List[Any]:
    """What a body says; its docstring without its indentation."""
    document = document_of(body[0]) if body else None
    if document is None:
        return [shape(each) for each in body]
    return [inspect.cleandoc(document), *(shape(each) for each in body[1:])]
