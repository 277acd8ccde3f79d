"""What a YAML syntax error means, in one sentence for the file's author."""

from __future__ import annotations

import re

import yaml
from yaml.nodes import MappingNode, Node

from suture.model import Mark, Problem

QUOTE = "a value that begins with '{{' has to be quoted: \"{{ … }}\""

SENTENCES = (
    ("escape", "a backslash begins an escape in double quotes: use single quotes, or double it"),
    ("another document", "a second document begins here with '---': keep one document to a file"),
    ("quoted scalar", "the quote that is opened here is never closed"),
    ("flow sequence", "the list that is opened here with '[' lacks a ',' or its ']'"),
    ("flow mapping", "the mapping that is opened here with '{{' lacks a ',' or its '}}'"),
    ("flow node", "a '[' or '{{' above is never closed, or a value is missing here"),
    (
        "mapping values are not allowed",
        "this line is indented differently from the lines it belongs to, or needs quotes",
    ),
    ("undefined alias", "no anchor above is called '{word}': write '&name' where the value stands"),
    ("second occurrence", "this anchor's name is taken already: give it another one"),
    ("duplicate anchor", "this anchor's name is taken already: give it another one"),
    ("cannot start any token", "a value cannot begin with '{first}': quote it"),
    ("entries are not allowed", "a list begins on a line of its own, indented below its key"),
    ("simple key", "a ':' is missing after the key, or the line is indented wrongly"),
    ("expected ':'", "a ':' is missing after the key, or the line is indented wrongly"),
    (
        "block collection",
        "this line does not fit the list around it: align it with the '-' above, or begin it so",
    ),
    ("block mapping", "this line does not fit the lines above it: mend its indentation"),
    ("expected key", "this line does not fit the lines above it: mend its indentation"),
    ("document start", "this line is indented less than the lines above it: align them"),
)
"""What the parser says, in part, and what it means; the first that fits."""

_BRACES = re.compile(r"""(?:^|[:\-,\[]\s)\s*\{\{[^"']*""")
_COLON = re.compile(r"^[^#'\"]*?:\s[^'\"{\[|>&*!][^#]*:(\s|$)")


def unquoted_braces(node: Node) -> str:
    """The sentence, where a mapping is really an unquoted ``{{ template }}``."""
    if isinstance(node, MappingNode) and node.flow_style and len(node.value) == 1:
        key = node.value[0][0]
        if isinstance(key, MappingNode) and key.flow_style:
            return QUOTE
    return ""


def explained(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """The error as a problem at its place."""
    lines = text.splitlines()
    if isinstance(error, yaml.reader.ReaderError):
        place = error.position if isinstance(error.position, int) else 0
        line = text.count("\n", 0, place) + 1
        return Problem(
            Mark(file, line, 1),
            f"the character {_named(error.character)} is not allowed in YAML: remove it, or write"
            " it as an escape in double quotes",
        )
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(Mark(file, 1, 1), f"this is not valid YAML: {error}")
    at = error.problem_mark or error.context_mark
    line, column = (at.line, at.column) if at else (0, 0)
    context = error.context_mark.line if error.context_mark else line
    if error.context_mark and _opened(error):
        line, column = context, error.context_mark.column
    here = lines[line] if line < len(lines) else ""
    for number in (line, line - 1, context):
        if 0 <= number < len(lines) and _BRACES.search(lines[number]):
            place = lines[number].index("{{") + 1
            return Problem(Mark(file, number + 1, place), QUOTE)
    return Problem(Mark(file, line + 1, column + 1), _sentence(error, here, column))


def _opened(error: yaml.MarkedYAMLError) -> bool:
    """Whether something was opened and never closed: where it was opened is what to look at."""
    around, problem = error.context or "", error.problem or ""
    flow = "flow sequence" in around or "flow mapping" in around
    return flow or ("quoted scalar" in around and "escape" not in problem)


def _named(character: object) -> str:
    return f"U+{character:04X}" if isinstance(character, int) else repr(character)


def _sentence(error: yaml.MarkedYAMLError, here: str, column: int) -> str:
    if "\t" in here[: len(here) - len(here.lstrip())] or here[column : column + 1] == "\t":
        return "a tab is used to indent: YAML allows spaces only"
    said = f"{error.context or ''} | {error.problem or ''}".lower()
    rest = here[column:]
    if "mapping values are not allowed" in said and _COLON.match(here):
        return "a value that contains ': ' has to be quoted"
    for part, sentence in SENTENCES:
        if part in said:
            return sentence.format(first=rest[:1], word=rest.split(" ")[0])
    return f"this is not valid YAML: {error.problem or error}"
