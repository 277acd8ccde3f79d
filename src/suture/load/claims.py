"""What a plan claims: which failing tests a phase has to mend, and which none has to.

claims:
  - paths: [tests/e2e/]
    exception: AssertionError
    message: "401"
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, SequenceNode

from suture.load.hints import coerced_to
from suture.load.keyword_expressions import keywords
from suture.load.keywords import is_template
from suture.load.reading import Reading
from suture.load.source import Entry, Source
from suture.load.specs import close
from suture.model import Claim, Value

HINTS: dict[str, object] = {
    "paths": list[str],
    "k": str,
    "exception": list[str],
    "message": str,
    "why": str,
}


def claims(reading: Reading, source: Source, entry: Entry, *, why: bool) -> Iterator[Claim]:
    """One claim or a list of them; ``why``: each has to give a reason."""
    nodes = entry.node.value if isinstance(entry.node, SequenceNode) else [entry.node]
    if not nodes:
        reading.error(entry.mark, f"'{entry.key}' is empty: say which failures, or leave it out")
    for node in nodes:
        found = _claim(reading, source, node, entry.key, why=why)
        if found is not None:
            yield found


def _claim(reading: Reading, source: Source, node: Node, key: str, *, why: bool) -> Claim | None:
    mark = source.mark(node)
    if not isinstance(node, MappingNode):
        reading.error(mark, f"'{key}' is a mapping, or a list of them, with {', '.join(HINTS)}")
        return None
    values: dict[str, Value] = {}
    for entry in source.entries(node):
        hint = HINTS.get(entry.key)
        if hint is None:
            help_ = close(entry.key, HINTS) or f"; it has {', '.join(HINTS)}"
            reading.error(entry.mark, f"'{key}' has no '{entry.key}'{help_}")
            continue
        value = source.data(entry.node)
        if is_template(value):
            reading.error(entry.mark, f"'{entry.key}' cannot be a template: the plan is read first")
            continue
        try:
            values[entry.key] = _checked(entry.key, coerced_to(hint, value))
        except ValueError as error:
            reading.error(entry.mark, f"'{entry.key}' {error}")
    if not {*values} - {"why"}:
        reading.error(mark, f"'{key}' says of no failure that it is meant: give {_named()}")
    if why and not values.get("why"):
        reading.error(mark, f"'{key}' lacks 'why': what these failures come from, for people")
    return Claim(
        mark,
        tuple(map(str, values.get("paths") or ())),
        str(values.get("k") or ""),
        tuple(map(str, values.get("exception") or ())),
        str(values.get("message") or ""),
        str(values.get("why") or ""),
    )


def _named() -> str:
    return ", ".join(name for name in HINTS if name != "why")


def _checked(name: str, value: Value) -> Value:
    """The value, or ValueError where no failure can be held against it."""
    if name == "message":
        try:
            re.compile(str(value))
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
    if name == "k":
        try:
            keywords(str(value))
        except ValueError as error:
            raise ValueError(f"is no expression such as 'auth or 401': {error}") from None
    return value
