"""The keywords of a play, block, task or role use, each held against what it may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from yaml.nodes import MappingNode, Node, SequenceNode

from suture.load.argument_checks import odd_numbers
from suture.load.hints import TRUE
from suture.load.keywords import KEYWORDS, Keyword, complaint, is_template
from suture.load.level import listed, tags_of
from suture.load.reading import Reading
from suture.load.source import Entry, Source
from suture.load.specs import close, exists
from suture.model import Mark, Problem, Value, Variables

LISTS = frozenset({"tasks", "roles"})
CONDITIONS = "conditions"
EMPTY = frozenset(
    {
        "name",
        "tags",
        "when",
        "environment",
        "notify",
        "vars_files",
        "register",
        "listen",
        "vars_prompt",
    }
    | {
        "become_user",
        "become_method",
        "become_flags",
        "become_exe",
        "delegate_to",
        "remote_user",
        "loop",
    }
)
"""Keywords that mean nothing without a value; every other one is given by mistake then."""


@dataclass(frozen=True, slots=True)
class KeywordValues:
    """``values`` are the keywords that hold data, ``entries`` all of them, ``others`` the keys that
    are no keyword of this place; ``refused`` ones are not supported, and reported; ``faults`` fail
    a task that is reached."""

    values: dict[str, Value] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    others: list[Entry] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    faults: list[Problem] = field(default_factory=list)

    def node(self, name: str) -> Node | None:
        entry = self.entries.get(name)
        return entry.node if entry else None

    def mark(self, name: str, otherwise: Mark) -> Mark:
        entry = self.entries.get(name)
        return entry.mark if entry else otherwise


def said(
    reading: Reading,
    source: Source,
    node: MappingNode,
    place: str,
    known: Sequence[Variables] = ({},),
) -> KeywordValues:
    """What a mapping says at its place; what cannot be is reported and left out.  ``known``: the
    variables that can be told by now, those of the mapping itself left out, the operator's last."""
    found = KeywordValues()
    table = KEYWORDS[place]
    for entry in source.entries(node):
        keyword = table.get(entry.key)
        if keyword is None:
            found.others.append(entry)
            continue
        if keyword.instead and (place != "play" or entry.key != "include"):
            message = f"'{entry.key}' is not supported here: {keyword.instead}"
            found.refused.append(entry.key)
            if place in ("task", "handler"):
                found.faults.append(Problem(entry.mark, message, "possible"))
            else:
                reading.error(entry.mark, message)
            continue
        found.entries[entry.key] = entry
        if keyword.holds in LISTS or entry.key in ("action", "local_action", "args"):
            continue
        value = source.data(entry.node)
        if value is None and keyword.name in EMPTY:
            reading.warning(entry.mark, f"'{entry.key}' is empty and says nothing")
            del found.entries[entry.key]
            continue
        wrong = _wrong(keyword, value)
        if wrong:
            reading.error(entry.mark, wrong)
            continue
        _look_inside(reading, source, keyword, entry, value)
        found.values[entry.key] = _settled(keyword, value)
    if any(map(is_template, tags_of(found.values.get("tags")))):
        own = found.values.get("vars") or {}
        found.values["tags"] = _tags(reading, found, (*known[:-1], own, *known[-1:]))
    return found


def _tags(reading: Reading, here: KeywordValues, known: Sequence[Variables]) -> list[Value]:
    """The tags with their templates filled in; a problem where that cannot be done by now."""
    found: list[Value] = []
    for given in listed(here.values["tags"]):
        value = given
        if is_template(given):
            value = reading.filled(given, known, here.entries["tags"].mark, "tags are")
        found += listed(value)
    return found


def _wrong(keyword: Keyword, value: Value) -> str:
    """What is wrong with a keyword's value, as a sentence; nothing where it fits."""
    wrong = complaint(keyword.holds, value)
    if not wrong:
        return ""
    advice = ""
    if keyword.name == "loop" and isinstance(value, dict):
        advice = ": use 'with_dict', or '{{ … | dict2items }}'"
    elif keyword.holds == CONDITIONS and isinstance(value, dict):
        advice = ": quote the condition"
    elif is_template(value):
        advice = ": it is read before anything runs, so it cannot be a template"
    return f"'{keyword.name}' {wrong}{advice}"


def _look_inside(
    reading: Reading, source: Source, keyword: Keyword, entry: Entry, value: Value
) -> None:
    """The keyword's templates, expressions, names and numbers."""
    if keyword.inert and keyword.name != "collections":
        message = f"'{keyword.name}' does nothing here: {keyword.inert}"
        reading.warning(entry.mark, message)
    if keyword.holds == CONDITIONS:
        items = entry.node.value if isinstance(entry.node, SequenceNode) else [entry.node]
        for item in items:
            condition = source.data(item)
            if isinstance(condition, str):
                reading.expression(condition, source.mark(item))
        return
    reading.templates(source, entry.node)
    if keyword.holds == "variables" and isinstance(entry.node, MappingNode):
        variables_checked(reading, source, entry.node)


def variables_checked(reading: Reading, source: Source, node: MappingNode) -> None:
    """Names that templates could not read, and numbers that are not what they look like."""
    for entry in source.entries(node):
        if not entry.key.isidentifier():
            message = f"'{entry.key}' cannot name a variable: use letters, digits and _ only"
            reading.error(entry.mark, message)
        reading.problems.extend(odd_numbers(source, entry.node, set()))


def _settled(keyword: Keyword, value: Value) -> Value:
    """Truth values and numbers that were written as text, as what they are."""
    if keyword.holds == "bool" and not isinstance(value, bool) and not is_template(value):
        return str(value).lower() in TRUE
    if keyword.holds == "text" and isinstance(value, (int, float)):
        return str(value)
    return value


def nothing_else(reading: Reading, place: str, others: Iterable[Entry]) -> None:
    """Every key that is left over is a problem."""
    for entry in others:
        hint = close(entry.key, KEYWORDS[place])
        if place == "play" and exists(entry.key):
            hint = "; a task goes below 'tasks:'"
        article = "an" if place[0] in "aeiou" else "a"
        reading.error(entry.mark, f"{article} {place} has no keyword '{entry.key}'{hint}")


def marks_of(entries: Mapping[str, Entry]) -> dict[str, Mark]:
    return {name: entry.mark for name, entry in entries.items()}
