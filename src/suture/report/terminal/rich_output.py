"""A terminal somebody watches: colours, wrapping, diffs with syntax, a foot that is redrawn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO, TextIO, cast

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.padding import Padding
from rich.text import Text

from suture.report.text.changes import Element
from suture.report.text.diffs import Diff, left_out
from suture.report.text.lines import Line, safe
from suture.report.text.stream import Stream

STYLES = {
    "ok": "green dim",
    "changed": "yellow",
    "failed": "bold red",
    "unreachable": "bold red",
    "skipped": "dim",
    "unknown": "magenta",
    "ignored": "yellow",
    "good": "bold green",
    "bad": "bold red",
    "warn": "yellow",
    "dim": "dim",
    "bold": "bold",
    "head": "dim",
    "title": "bold cyan",
    "rule": "cyan",
    "host": "cyan",
    "action": "dim",
    "path": "",
    "place": "blue",
    "message": "red",
    "output": "dim",
    "add": "green",
    "remove": "red",
    "hunk": "cyan",
}
GROUNDS = {
    "truecolor": {"+": "on #0d2e17", "-": "on #3a1216"},
    "256": {"+": "on color(22)", "-": "on color(52)"},
}
HIGHLIGHTED = 100_000
"""Characters of a file up to which its diff gets the colours of its language."""
REDRAWN = 8
"""Times a second."""


class RichOutput:
    """Rich draws; only text that ``safe`` has been through reaches it."""

    live = True

    def __init__(self, out: TextIO, environ: Mapping[str, str]) -> None:
        self._console = Console(
            file=cast(IO[str], Stream(out)),
            force_terminal=True,
            no_color=bool(environ.get("NO_COLOR")),
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=False,
        )
        self._live: Live | None = None

    def show(self, elements: Iterable[Element]) -> None:
        shown = [each for element in elements for each in self._drawn(element)]
        if shown:
            self._console.print(Group(*shown))

    def watch(self, region: Callable[[int, int], Sequence[Line]]) -> None:
        self.unwatch()
        self._live = Live(
            _Region(region),
            console=self._console,
            refresh_per_second=REDRAWN,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=sys.stderr.isatty(),
        )
        self._live.start()

    def unwatch(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _drawn(self, element: Element) -> Iterable[Text | Padding]:
        if isinstance(element, Diff) and len(element.before + element.after) <= HIGHLIGHTED:
            yield from self._diff(element)
            return
        for each in element.lines(self._console.width):
            yield _indented(_text(each), each.indent)

    def _diff(self, element: Diff) -> Iterable[Text | Padding]:
        """The diff with its file's own syntax colours on a ground of red and green."""
        old = self._highlighted(element.before, element.path)
        new = self._highlighted(element.after, element.path)
        signs = {"+": "bold green", "-": "bold red"}
        grounds = GROUNDS.get(self._console.color_system or "", {})
        for each in element.body[: element.most]:
            if each.sign == "@":
                text = Text(each.text, STYLES["hunk"])
            else:
                side = old if each.sign == "-" else new
                text = Text(each.sign, signs.get(each.sign, ""))
                text.append_text(side[each.number - 1])
                text.stylize(grounds.get(each.sign, ""))
            text.overflow = "fold"
            yield _indented(text, element.indent)
            if each.bare:
                yield _indented(Text("\\ no newline at the end", "dim"), element.indent)
        if element.left_out:
            yield _indented(Text(left_out(element), "dim"), element.indent)

    def _highlighted(self, text: str, path: str) -> list[Text]:
        """The text's lines in the colours of the language that the path's ending tells."""
        from rich.syntax import Syntax

        lines = [safe(each) for each in text.split("\n")]
        code = "\n".join(lines)
        syntax = Syntax("", _language(path), theme="ansi_dark", background_color="default")
        found = list(syntax.highlight(code).split("\n", allow_blank=True))
        return found if len(found) >= len(lines) else [Text(each) for each in lines]


class _Region:
    """Asks what there is to show whenever it is drawn, so that nothing outdated ever is."""

    def __init__(self, region: Callable[[int, int], Sequence[Line]]) -> None:
        self._region = region

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width, height = console.size
        for each in self._region(width, height)[: height - 1]:
            yield _text(each, crop=True)


def _text(each: Line, crop: bool = False) -> Text:
    indent = " " * each.indent if crop else ""
    text = Text(indent, no_wrap=crop, overflow="ellipsis" if crop else "fold")
    for span in each.spans:
        text.append(safe(span.text), STYLES.get(span.style, ""))
    return text


def _indented(text: Text, by: int) -> Text | Padding:
    return Padding(text, (0, 0, 0, by), expand=False) if by else text


def _language(path: str) -> str:
    """The name of the language a file is in, going by its ending; "text" where none is known."""
    from rich.syntax import Syntax

    name = path.removesuffix(".j2").rpartition("/")[2]
    return Syntax.guess_lexer(name) if "." in name else "text"
