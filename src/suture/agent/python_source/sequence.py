"""What stands between two brackets: the members of a tuple or list, the arguments of a call."""

from __future__ import annotations

import tokenize
from dataclasses import dataclass
from typing import List, Optional

from .source import SourceText, Splice, Token


@dataclass(frozen=True)
class Item:
    """One member: its tokens without comments, and the comma after it."""

    tokens: List[Token]
    comma: Optional[Token]

    @property
    def start(self) -> int:
        return self.tokens[0].start

    @property
    def end(self) -> int:
        return self.tokens[-1].end

    @property
    def keyword(self) -> str:
        """The name of a keyword argument."""
        named = len(self.tokens) > 1 and self.tokens[1].text == "="
        return self.tokens[0].text if named else ""


@dataclass(frozen=True)
class Group:
    """A bracketed sequence in a file."""

    source: SourceText
    opening: Token
    closing: Token
    items: List[Item]

    @classmethod
    def at(cls, source: SourceText, offset: int) -> Group:
        """The sequence whose opening bracket is the first token from an offset on."""
        opening = next(source.from_offset(offset))
        items: List[Item] = []
        held: List[Token] = []
        for depth, token in source.closed(opening.end):
            if depth < 0 or (depth == 0 and token.text == ","):
                if held:
                    items.append(Item(held, None if depth < 0 else token))
                held = []
                if depth < 0:
                    return cls(source, opening, token, items)
            elif token.kind != tokenize.COMMENT:
                held.append(token)
        raise AssertionError("a bracket is closed")

    def added(self, text: str, lonely: str = "") -> Splice:
        """One more member at the end, laid out like the last; ``lonely`` follows a first one."""
        if not self.items:
            return Splice(self.opening.end, self.opening.end, text + lonely)
        last, source = self.items[-1], self.source
        end = last.comma.end if last.comma else last.end
        comma = "" if last.comma else ","
        ahead = source.text[source.line_start(last.start) : last.start]
        if ahead.strip(" \t\f") or source.line(end) == source.line(self.closing.start):
            return Splice(end, end, f"{comma} {text}{',' if last.comma else ''}")
        rest = source.text[end : source.line_end(end)]  # a comment, at most
        line = f"{comma}{rest}{source.newline}{source.indent(last.start)}{text}"
        return Splice(end, end + len(rest), line + ("," if last.comma else ""))

    def removed(self, item: Item) -> Splice:
        """The sequence without one of its members, and without its line where it has its own."""
        source = self.source
        index = self.items.index(item)
        end = item.comma.end if item.comma else item.end
        ahead = source.text[source.line_start(item.start) : item.start].strip(" \t\f")
        behind = source.text[end : source.line_end(end)].strip(" \t\f")
        if not ahead and (not behind or behind.startswith("#")):
            return Splice(source.line_start(item.start), source.next_line(end), "")
        if index + 1 < len(self.items):
            return Splice(item.start, self.items[index + 1].start, "")
        if index:
            return Splice(self.items[index - 1].end, item.end, "")
        return Splice(item.start, end, "")
