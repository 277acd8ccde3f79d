"""Small tables that stay readable on a narrow terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from suture.report.text.lines import Line, Span, columns, line, safe

GAP = "  "


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; ``right`` names the columns (by position) that hold numbers.

    Where the width does not do, each row becomes a short list: its first cell, then one line for
    each other cell that says something.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[Span]]
    indent: int = 0
    right: frozenset[int] = field(default_factory=frozenset)

    def lines(self, width: int | None) -> list[Line]:
        widths = [
            max(columns(safe(text)) for text in column)
            for column in zip(
                self.head, *([cell.text for cell in row] for row in self.rows), strict=True
            )
        ]
        total = self.indent + sum(widths) + len(GAP) * (len(widths) - 1)
        if width is not None and total > width:
            return self._stacked()
        head = [Span(text, "head") for text in self.head]
        shown = [head, *self.rows] if any(self.head) else list(self.rows)
        return [self._aligned(row, widths) for row in shown]

    def _aligned(self, row: Sequence[Span], widths: Sequence[int]) -> Line:
        pieces: list[Span] = []
        for position, (cell, width) in enumerate(zip(row, widths, strict=True)):
            padding = " " * (width - columns(safe(cell.text)))
            before, after = (padding, "") if position in self.right else ("", padding)
            pieces += [Span(before), cell, Span(after + GAP)]
        while pieces and not pieces[-1].text.strip():
            pieces.pop()
        return Line(tuple(piece for piece in pieces if piece.text), self.indent)

    def _stacked(self) -> list[Line]:
        found: list[Line] = []
        for first, *rest in self.rows:
            found.append(line((first.text, first.style or "bold"), indent=self.indent))
            found += [
                line((f"{name} " if name else "", "dim"), cell, indent=self.indent + 2)
                for name, cell in zip(self.head[1:], rest, strict=True)
                if cell.text
            ]
        return found
