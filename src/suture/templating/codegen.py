"""The code that Jinja2 generates, changed so that it says where a value is really used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from jinja2 import nodes
from jinja2.compiler import Frame
from jinja2.lexer import TOKEN_STRING, TOKEN_VARIABLE_BEGIN, TOKEN_VARIABLE_END, Lexer
from jinja2.nativetypes import NativeCodeGenerator


class EscapingLexer(Lexer):
    r"""Takes a backslash in a string inside ``{{ }}`` literally, as Ansible does for values: YAML
    has already had its say, and ``regex_replace('(a)', '\\1')`` means a group."""

    def tokeniter(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> Iterator[tuple[int, str, str]]:
        inside = False
        for line, token, value in super().tokeniter(source, name, filename, state):
            if token in (TOKEN_VARIABLE_BEGIN, TOKEN_VARIABLE_END):
                inside = token == TOKEN_VARIABLE_BEGIN
            elif inside and token == TOKEN_STRING:
                value = value.replace("\\", "\\\\")
            yield line, token, value


class Generator(NativeCodeGenerator):
    """Wraps the end of each path in ``environment.force``; folds no constants."""

    _in_lookup = False

    def _make_finalize(self) -> NativeCodeGenerator._FinalizeInfo:
        return self._FinalizeInfo(None, None)

    def _output_const_repr(self, group: Iterable[Any]) -> str:
        return repr("".join(map(str, group)))

    def _path(self, node: nodes.Node, frame: Frame) -> None:
        """The code of a path whose end is not read yet."""
        if isinstance(node, nodes.Name) and node.ctx == "load":
            super().visit_Name(node, frame)
        elif isinstance(node, nodes.Getattr):
            self.write("environment.getattr(")
            self._path(node.node, frame)
            self.write(f", {node.attr!r})")
        elif isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Slice):
            self.write("environment.getitem(")
            self._path(node.node, frame)
            self.write(", ")
            self.visit(node.arg, frame)
            self.write(")")
        else:
            self.visit(node, frame)

    def visit_Name(self, node: nodes.Name, frame: Frame) -> None:  # noqa: N802
        if node.ctx != "load":
            super().visit_Name(node, frame)
            return
        self.write("environment.force(")
        super().visit_Name(node, frame)
        self.write(")")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802
        self.write("environment.force(")
        self._path(node, frame)
        self.write(")")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802
        if not isinstance(node.arg, nodes.Slice):
            self.write("environment.force(")
            self._path(node, frame)
            self.write(")")
            return
        self.write("environment.sliced(")
        self.visit(node.node, frame)
        for bound in (node.arg.start, node.arg.stop, node.arg.step):
            self.write(", ")
            if bound is None:
                self.write("None")
            else:
                self.visit(bound, frame)
        self.write(")")

    def visit_Const(self, node: nodes.Const, frame: Frame) -> None:  # noqa: N802
        embeds = self._in_lookup or getattr(self.environment, "embeds", False)
        if embeds and isinstance(node.value, str) and "{{" in node.value:
            self.write(f"context.embedded({node.value!r})")
        else:
            self.write(repr(node.value))

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802
        outer = self._in_lookup
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        self._in_lookup = name in {"lookup", "query", "q"}
        super().visit_Call(node, frame, forward_caller=forward_caller)
        self._in_lookup = outer

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_Test(self, node: nodes.Test, frame: Frame) -> None:  # noqa: N802
        name = node.name.removeprefix("ansible.builtin.")
        if name not in {"defined", "undefined"}:
            super().visit_Test(node, frame)
            return
        self.write("(not " if name == "undefined" else "(")
        self.write("environment.is_defined(")
        self._path(node.node, frame)
        self.write("))")
