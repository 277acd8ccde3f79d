"""Templates that are nothing but text and paths such as ``{{ cfg.dir }}``: most of a playbook's.

They do what Jinja2's code for them would do, without having any compiled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jinja2.runtime import Context
from jinja2.utils import missing

from suture.templating.sandbox import Sandbox
from suture.variables.values import UndefinedValue, forced

PATH = re.compile(r"\{\{[ \t\n]*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)[ \t\n]*\}\}", re.ASCII)
ELSE = re.compile(r"\{[{%#]|\r")
"""What only Jinja2 itself can read."""

WORDS = frozenset(
    {"and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"}
    | {"self", "super", "caller", "varargs", "kwargs", "loop"}
)
"""Names that mean something in Jinja2's grammar or to its compiler."""

Piece = str | tuple[str, ...]
"""Text, or a path."""


def pieces(text: str) -> tuple[Piece, ...] | None:
    """The text's pieces in order; None where there is more to it than text and paths."""
    found: list[Piece] = []
    at = 0
    # Jinja2 leaves out a text's last newline: the engine puts back what was lost.
    text = text.removesuffix("\n")
    for match in PATH.finditer(text):
        path = tuple(match[1].split("."))
        if path[0] in WORDS or text.endswith("{", at, match.start()):
            return None
        found += [text[at : match.start()], path] if match.start() > at else [path]
        at = match.end()
    if at < len(text):
        found.append(text[at:])
    if any(isinstance(piece, str) and ELSE.search(piece) for piece in found):
        return None
    return tuple(found)


class Simple:
    """Stands where a Jinja2 template stands."""

    name: str | None = None

    def __init__(self, environment: Sandbox, found: tuple[Piece, ...]) -> None:
        self.environment = environment
        self.blocks: dict[str, Any] = {}
        self._pieces = found

    def root_render_func(self, context: Context) -> Iterator[Any]:
        """The output, piece by piece."""
        for piece in self._pieces:
            if isinstance(piece, str):
                yield piece
                continue
            name, *rest = piece
            value = context.resolve_or_missing(name)
            if value is missing:
                value = UndefinedValue(name=name)
            for key in rest:
                value = self.environment.getattr(value, key)
            yield forced(value)

    def get_corresponding_lineno(self, line: int) -> int:
        """No code was made of it, so nothing in it has lines of its own."""
        return line
