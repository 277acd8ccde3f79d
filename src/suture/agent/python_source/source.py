"""A Python file: its text, its syntax tree, and where each node of the tree stands in the text.

Positions are offsets into the decoded text with its own line ends, so that a splice leaves every
other character, and so every other byte, as it was.
"""

from __future__ import annotations

import ast
import bisect
import io
import itertools
import re
import tokenize
import warnings
from dataclasses import dataclass
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from ..protocol.spec import Failure

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_STRING_STARTS = ("FSTRING_START", "TSTRING_START")
_STRING_ENDS = ("FSTRING_END", "TSTRING_END")
_BLANK = frozenset(
    (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
)


@dataclass(frozen=True)
class Token:
    """A token between two offsets; ``kind`` is tokenize's number."""

    kind: int
    text: str
    start: int
    end: int


class Margin(NamedTuple):
    """A line in three parts.  A form feed sets Python's count of columns back to zero, so only what
    stands behind the last one is the line's indentation."""

    feeds: str
    indent: str
    rest: str

    @classmethod
    def of(cls, line: str) -> Margin:
        rest = line.lstrip(" \t\f")
        white = line[: len(line) - len(rest)]
        at = white.rfind("\f") + 1
        return cls(white[:at], white[at:], rest)


@dataclass(frozen=True)
class Splice:
    """This text stands between the two offsets."""

    start: int
    end: int
    text: str


class Unparsable(Failure):
    """The text is no Python that this interpreter can read."""


class SourceText:
    """One version of a file.  ``line`` numbers count from 1, as the tree's do."""

    def __init__(self, text: str, encoding: str = "utf-8", mark: bytes = b"") -> None:
        self.text = text
        self.encoding = encoding
        self.mark = mark
        self.lines: List[str] = []
        self._starts: List[int] = []
        for match in _LINE.finditer(text):
            if match.end() > match.start() or match.start() == 0:
                self._starts.append(match.start())
                self.lines.append(match.group().rstrip("\r\n"))
        self.newline = _newline(text)
        self.tree = _tree(text)
        self._tokens: Optional[List[Token]] = None
        self._inside: Set[int] = set()

    @classmethod
    def read(cls, data: bytes) -> SourceText:
        """The file's text by its byte order mark, its coding cookie, or as UTF-8."""
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        except SyntaxError as error:
            if "unknown" in str(error.msg):
                raise Unparsable(str(error.msg)) from None
            encoding = "utf-8"  # that it is not, as decoding it will tell
        mark = b"\xef\xbb\xbf" if encoding == "utf-8-sig" else b""
        if mark:
            encoding = "utf-8"
        try:
            text = data[len(mark) :].decode(encoding)
        except UnicodeDecodeError as error:
            raise Unparsable(f"it is not valid {encoding} at byte {error.start}") from None
        if text.encode(encoding) != data[len(mark) :]:
            raise Unparsable(f"its encoding {encoding} does not keep every byte")
        return cls(text, encoding, mark)

    def data(self) -> bytes:
        """The file's bytes."""
        try:
            return self.mark + self.text.encode(self.encoding)
        except UnicodeEncodeError as error:
            character = self.text[error.start]
            raise Failure(f"its encoding {self.encoding} has no {character!r}") from None

    def spliced(self, splices: Sequence[Splice]) -> SourceText:
        """The file with these texts in place; an Unparsable where that is no Python any more."""
        text = self.text
        last = len(text)
        for splice in sorted(splices, key=lambda splice: splice.start, reverse=True):
            if splice.end > last:
                raise Failure("two of the wanted changes overlap")
            text = text[: splice.start] + splice.text + text[splice.end :]
            last = splice.start
        return SourceText(text, self.encoding, self.mark)

    # -- where things are ----------------------------------------------------------------------

    def offset(self, line: int, column: int) -> int:
        """The offset of one of the tree's positions, whose columns count UTF-8 bytes."""
        text = self.lines[line - 1]
        if not text.isascii():
            column = len(text.encode()[:column].decode())
        return self._starts[line - 1] + column

    def start(self, node: ast.AST) -> int:
        """Where a node begins; of a decorated definition: its first ``@``."""
        decorators = getattr(node, "decorator_list", None)
        if decorators:
            first = self.offset(decorators[0].lineno, decorators[0].col_offset)
            return self.before(first, "@").start
        return self.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        return self.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def segment(self, node: ast.AST) -> str:
        return self.text[self.start(node) : self.end(node)]

    def line(self, offset: int) -> int:
        """The number of the line that an offset is in."""
        return bisect.bisect_right(self._starts, offset)

    def line_start(self, offset: int) -> int:
        return self._starts[self.line(offset) - 1]

    def line_end(self, offset: int) -> int:
        """Where the offset's line ends, before its line end."""
        number = self.line(offset) - 1
        return self._starts[number] + len(self.lines[number])

    def next_line(self, offset: int) -> int:
        """Where the line after the offset's begins."""
        number = self.line(offset)
        return self._starts[number] if number < len(self._starts) else len(self.text)

    def indent(self, offset: int) -> str:
        """The indentation of the offset's line, as Python counts it."""
        return Margin.of(self.lines[self.line(offset) - 1]).indent

    def alone(self, node: ast.AST) -> bool:
        """Whether nothing but a comment shares the node's first and last line with it."""
        before = self.text[self.line_start(self.start(node)) : self.start(node)]
        after = self.text[self.end(node) : self.line_end(self.end(node))].strip(" \t\f;")
        return not before.strip(" \t\f") and (not after or after.startswith("#"))

    def block_end(self, node: ast.AST) -> int:
        """Where the line after a statement begins, comments below it that are indented deeper
        than the statement counted in."""
        own = len(self.indent(self.start(node)).expandtabs())
        end = self.next_line(self.end(node))
        number = self.line(self.end(node))
        while number < len(self.lines):
            _, indent, bare = Margin.of(self.lines[number])
            deeper = len(indent.expandtabs()) > own
            if bare and not (bare.startswith("#") and deeper):
                break
            number += 1
            if bare:
                end = self._starts[number] if number < len(self.lines) else len(self.text)
        return end

    # -- tokens --------------------------------------------------------------------------------

    @property
    def tokens(self) -> List[Token]:
        """The file's tokens without those that only shape lines; comments are among them."""
        if self._tokens is None:
            self._tokens = self._tokenized()
        return self._tokens

    def from_offset(self, offset: int) -> Iterator[Token]:
        """The tokens from an offset on."""
        first = bisect.bisect_left([token.start for token in self.tokens], offset)
        return iter(self.tokens[first:])

    def before(self, offset: int, text: str) -> Token:
        """The last token of this text before an offset."""
        last = bisect.bisect_left([token.start for token in self.tokens], offset)
        return next(token for token in reversed(self.tokens[:last]) if token.text == text)

    def closed(self, offset: int) -> Iterator[Tuple[int, Token]]:
        """The tokens from an offset on, each with how many brackets are open before it; the last
        is the one that closes what was open at the offset."""
        depth = 0
        for token in self.from_offset(offset):
            if token.text in (")", "]", "}") and token.kind == tokenize.OP:
                depth -= 1
            yield depth, token
            if depth < 0:
                return
            if token.text in ("(", "[", "{") and token.kind == tokenize.OP:
                depth += 1

    def _tokenized(self) -> List[Token]:
        lines = iter([line + "\n" for line in self.lines])
        tokens = []
        opened: List[int] = []
        try:
            for token in tokenize.generate_tokens(lambda: next(lines, "")):
                kind, text, (row, column), (end_row, end_column), _ = token
                name = tokenize.tok_name[kind]
                if name in _STRING_STARTS:
                    opened.append(row)
                elif name in _STRING_ENDS:
                    self._inside.update(range(opened.pop() + 1, end_row + 1))
                elif kind == tokenize.STRING:
                    self._inside.update(range(row + 1, end_row + 1))
                if kind not in _BLANK and row <= len(self.lines):
                    start = self._starts[row - 1] + column
                    tokens.append(Token(kind, text, start, self._starts[end_row - 1] + end_column))
        except (tokenize.TokenError, IndentationError) as error:
            raise Unparsable(str(error)) from None
        return tokens

    def in_string(self, number: int) -> bool:
        """Whether a line begins within a string."""
        return bool(self.tokens) and number in self._inside

    # -- indentation ---------------------------------------------------------------------------

    def unit(self, node: Optional[ast.AST] = None) -> str:
        """One step of indentation, as the node's own body has it, else as the file has it."""
        own = [] if node is None else [node]
        for found in itertools.chain(own, ast.walk(self.tree)):
            deeper = self._step(found)
            if deeper:
                return deeper
        return "    "

    def _step(self, node: ast.AST) -> str:
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body or not hasattr(node, "lineno"):
            return ""
        outer, inner = self.indent(self.start(node)), self.indent(self.start(body[0]))
        return inner[len(outer) :] if inner.startswith(outer) and inner != outer else ""

    def deeper(self, start: int, end: int, indent: str, unit: str) -> str:
        """The lines between two offsets, one unit deeper; lines within strings stay as they are."""
        first = self.line(start)
        moved = []
        for number in range(first, self.line(max(start, end - 1)) + 1):
            begin = self._starts[number - 1]
            line = self.text[begin : self.next_line(begin)]
            if self.in_string(number) or not line.strip():
                moved.append(line)
                continue
            feeds, own, rest = Margin.of(line)
            at = len(indent) if own.startswith(indent) else 0
            moved.append(feeds + own[:at] + unit + own[at:] + rest)
        return "".join(moved)

    def terminated(self, text: str) -> str:
        """The text with a line end, where it has none."""
        return text if text.endswith(("\n", "\r")) else text + self.newline


def _newline(text: str) -> str:
    """The line end that most lines have."""
    counts: Dict[str, int] = {}
    for found in re.findall(r"\r\n|\r|\n", text):
        counts[found] = counts.get(found, 0) + 1
    return max(counts, key=lambda found: counts[found]) if counts else "\n"


def _tree(text: str) -> ast.Module:
    return parsed(text.replace("\r\n", "\n").replace("\r", "\n"))


def parsed(text: str) -> ast.Module:
    """The syntax tree of a text; an Unparsable says what is wrong with it and where."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise Unparsable(f"{error.msg} (line {error.lineno})") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unparsable(str(error) or "it is nested too deeply") from None


def compiles(text: str) -> str:
    """What the compiler says against a text beyond its grammar; nothing where it accepts it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<source>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return str(error)
    return ""
