"""What every edit of a Python file is: something that holds afterwards, and says where."""

from __future__ import annotations

import ast
import dataclasses
from dataclasses import dataclass
from typing import Any, Callable, List, Optional, Sequence

from .source import SourceText
from .syntax import defined


@dataclass(frozen=True)
class Outcome:
    """The file as it is after an edit; ``line`` is where the edit looked, ``note`` why it did
    nothing."""

    source: SourceText
    line: int = 0
    note: str = ""


@dataclass(frozen=True)
class EditScope:
    """A module, class or function that an edit works in."""

    name: str
    node: Any

    @property
    def body(self) -> Sequence[ast.stmt]:
        body: Sequence[ast.stmt] = self.node.body
        return body

    @property
    def arguments(self) -> Optional[ast.arguments]:
        return getattr(self.node, "args", None)


def part(kind: str, doc: str, default: Any = dataclasses.MISSING, *, key: str = "") -> Any:
    """Declare one key of an edit: how its value is read, what it means, its default.

    ``key`` is how the author spells it, where that is no Python name.
    """
    return dataclasses.field(default=default, metadata={"kind": kind, "doc": doc, "key": key})


class Edit:
    """One edit, with what the author said of it as its fields."""

    def problem(self) -> str:
        """What is wrong with its keys taken together; nothing where they agree."""
        return ""

    def applied(self, source: SourceText) -> Outcome:
        """The file in which the edit holds; a NotFound or Failure where it cannot."""
        raise NotImplementedError

    def through(
        self,
        source: SourceText,
        name: str,
        kind: str,
        act: Callable[[SourceText, EditScope], Outcome],
    ) -> Outcome:
        """Act on each scope of this name, or on the module itself where there is no name."""
        if not name:
            return act(source, EditScope("the module", source.tree))
        outcome = Outcome(source)
        notes: List[str] = []
        index = 0
        while index < len(chosen := defined(outcome.source.tree, name, kind)):
            found = chosen[index]
            index += 1
            outcome = act(outcome.source, EditScope(found.name, found.node))
            if outcome.note:
                notes.append(outcome.note)
        return Outcome(outcome.source, outcome.line, "; ".join(notes))
