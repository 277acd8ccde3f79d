"""What is shown, before anyone decides how: lines of styled text, free of control characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movements
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC and other strings: titles, links
    r"|[\x90\x98\x9d\x9e\x9f][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
)
UNSHOWABLE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
ASCII = {
    ord(fancy): plain
    for fancy, plain in {
        "→": "->",
        "…": "...",
        "·": "-",
        "✓": "+",
        "●": "*",
        "○": "o",
        "✗": "x",
        "│": "|",
        "☑": "[x]",
        "☐": "[ ]",
        "⚠": "!",
        "“": '"',
        "”": '"',
        **dict.fromkeys("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "*"),
    }.items()
}
"""What stands in where the output's encoding knows none of these."""


class Span(NamedTuple):
    """A piece of text in one style; styles are names, given colours by the paper."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line; ``indent`` columns stay free on its left, also where it has to be wrapped."""

    spans: tuple[Span, ...] = ()
    indent: int = 0

    @property
    def text(self) -> str:
        """The line as plain text, safe to print."""
        said = "".join(safe(span.text) for span in self.spans)
        return (" " * self.indent + said).rstrip()

    def lines(self, width: int | None) -> list[Line]:
        return [self]


def line(*pieces: str | tuple[str, str], indent: int = 0) -> Line:
    """A line of plain strings and (text, style) pairs."""
    spans = (Span(piece) if isinstance(piece, str) else Span(*piece) for piece in pieces)
    return Line(tuple(span for span in spans if span.text), indent)


def indented(lines: Iterable[Line], by: int) -> list[Line]:
    return [replace(each, indent=each.indent + by) for each in lines]


def safe(text: str) -> str:
    """The text as it may be sent to any terminal: escape sequences are gone, every other control
    character and every reversal of the writing direction is spelt out."""
    if text.isascii() and text.isprintable():
        return text
    return UNSHOWABLE.sub(_spelt_out, ESCAPES.sub("", text).expandtabs(4))


def _spelt_out(match: re.Match[str]) -> str:
    number = ord(match[0])
    named = {0x0D: "\\r", 0x0A: "\\n"}
    return named.get(number) or (f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}")


def last_state(text: str) -> str:
    """What a line shows in the end, where a progress bar drew over itself with carriage returns."""
    return next((part for part in reversed(text.split("\r")) if part.strip()), text.strip("\r"))


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(character)
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )


def duration(seconds: float) -> str:
    """Seconds as a person says them: ``0.7 s``, ``12 s``, ``2 min 05 s``, ``1 h 02 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def size(count: float) -> str:
    """Bytes as a person says them."""
    if count < 1000:
        return f"{count:.0f} bytes" if count != 1 else "1 byte"
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 999.95 or unit == "GB":
            break
    return f"{count:.1f} {unit}"


def plural(count: int, noun: str) -> str:
    """``1 step``, ``3 steps``, ``2 entries``."""
    many = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{count:,} {noun if count == 1 else many}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """The names with commas; beyond ``most`` of them, how many more there are."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} … and {len(names) - most + 1:,} more"


def tail(text: str, most: int) -> list[str]:
    """The last lines of a text, and first of all how many were left out, where some were."""
    found = [each.rstrip() for each in text.rstrip().split("\n")] if text.strip() else []
    if len(found) <= most:
        return found
    return [f"… {plural(len(found) - most, 'line')} before this", *found[-most:]]
