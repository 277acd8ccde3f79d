"""A module's arguments as written, held against what it accepts, before anything is rendered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_origin

from yaml.nodes import Node, ScalarNode, SequenceNode

from suture.load.hints import coerced_to, described, options
from suture.load.hints import shown as value_shown
from suture.load.keywords import KEYWORDS, TASK, is_template
from suture.load.source import Source
from suture.load.specs import (
    COMMAND_LIKE,
    Parameter,
    Spec,
    empty,
    is_empty,
    lacking,
    missing,
    undeclared,
)
from suture.model import Gravity, Mark, Problem, Value

_EXPONENT = re.compile(r"[-+]?[0-9.]+[eE][-+]?[0-9]+")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_OCTAL = re.compile(r"[-+]?0[0-7_]+")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument as written; ``node`` is None where it was part of a text."""

    name: str
    value: Value
    mark: Mark
    node: Node | None = None


def holds_template(value: Value) -> bool:
    """Whether anything in the value is a template."""
    if isinstance(value, Mapping):
        return any(holds_template(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return any(map(holds_template, value))
    return is_template(value)


def complaints(
    about: Spec, given: Sequence[Argument], source: Source, mark: Mark
) -> Iterator[Problem]:
    """Everything wrong with a module's arguments; ``mark`` is where the module is named."""
    found: dict[str, Argument] = {}
    values: dict[str, Value] = {}
    extra: dict[str, Value] = {}
    sound = True
    for argument in given:
        name = about.names.get(argument.name)
        if name is None:
            extra[argument.name] = argument.value
            if not about.extra:
                sound = False
                yield Problem(argument.mark, _undeclared(about, argument.name))
            continue
        if name in found:
            same = f"'{argument.name}' and '{found[name].name}' are the same argument of"
            yield Problem(argument.mark, f"{same} {about.name}: give it once")
        found[name] = argument
        if name == "warn" and about.name in COMMAND_LIKE:
            yield Problem(argument.mark, f"{about.name}.warn means nothing any more", "warning")
        for problem in _of_value(about, about.parameters[name], argument, source):
            sound = sound and problem.level == "warning"
            yield problem
        if is_empty(about, argument.name, argument.value):
            sound = False
            yield Problem(argument.mark, empty(about, argument.name))
        if argument.value is not None:
            values[name] = argument.value
    for name in lacking(about, values):
        sound = False
        yield Problem(mark, missing(about, name))
    if sound and not holds_template(values) and not holds_template(extra):
        yield from _together(about, values, extra, mark)


def is_out_of_choice(about: Spec, argument: Argument) -> bool:
    """Whether the argument is one of ours, and its value none of the words that ours knows."""
    parameter = about.parameters.get(about.names.get(argument.name, ""))
    if parameter is None or not isinstance(argument.value, str) or holds_template(argument.value):
        return False
    try:
        coerced_to(parameter.hint, argument.value)
    except ValueError:
        return any(
            get_origin(each) is Literal for each in (parameter.hint, *options(parameter.hint))
        )
    return False


def _undeclared(about: Spec, name: str) -> str:
    if name in KEYWORDS[TASK] and name not in ("name", "args"):
        where = f"indent it like '{about.name}', not below it"
        return f"'{name}' is a keyword of the task, no argument of {about.name}: {where}"
    return undeclared(about, name)


def _of_value(
    about: Spec, parameter: Parameter, argument: Argument, source: Source
) -> Iterator[Problem]:
    """What is wrong with one argument's value."""
    value, label = argument.value, f"{about.name}.{argument.name}"
    if value is None or is_template(value) or parameter.kind == "condition":
        return
    if parameter.kind in ("file", "template"):
        if not isinstance(value, (str, list)):
            yield Problem(argument.mark, f"{label} must be the path of a file, not {_shown(value)}")
        return
    raw = _plain(argument.node)
    if type(value) is int and raw and parameter.is_mode:
        level: Gravity = "warning" if _OCTAL.fullmatch(raw) else "error"
        yield Problem(argument.mark, f"{label}: {_mode(raw, value)}", level)
        return
    if not holds_template(value):
        try:
            coerced_to(parameter.hint, value)
        except ValueError as error:
            yield Problem(argument.mark, f"{label} {error}{_advice(value)}")
            return
    elif not any(type(value) is (getattr(each, "__origin__", each)) for each in _wide(parameter)):
        wanted = described(parameter.hint)
        yield Problem(argument.mark, f"{label} must be {wanted}, not {_shown(value)}")
        return
    if argument.node is not None:
        yield from _bites(label, parameter.hint, argument.node, source)


def _wide(parameter: Parameter) -> list[object]:
    """The kinds of container that may hold templates here."""
    allowed = options(parameter.hint)
    anything = any(each not in (str, int, float, bool) and not _container(each) for each in allowed)
    return [list, dict] if anything else list(allowed)


def _container(hint: object) -> bool:
    return getattr(hint, "__origin__", hint) in (list, dict)


def _shown(value: Value) -> str:
    return value_shown(value)


def _advice(value: Value) -> str:
    if isinstance(value, str) and _EXPONENT.fullmatch(value):
        return f"; YAML reads {value} as text: write the number out"
    return ""


def _mode(raw: str, value: int) -> str:
    if _OCTAL.fullmatch(raw):
        return f"YAML reads {raw} as the number {value}; taken for '{value:04o}': put it in quotes"
    return f"{raw} without quotes is a decimal number: write '0{raw}', in quotes"


def _plain(node: Node | None) -> str:
    """The text of an unquoted scalar."""
    return node.value if isinstance(node, ScalarNode) and not node.style else ""


def _bites(label: str, hint: object, node: Node, source: Source) -> Iterator[Problem]:
    """Unquoted values of which YAML 1.1 makes something else than is written."""
    allowed = options(hint)
    if isinstance(node, SequenceNode):
        for each in allowed:
            inner = getattr(each, "__args__", ())
            if getattr(each, "__origin__", each) is list and inner:
                for item in node.value:
                    yield from _bites(label, inner[0], item, source)
        return
    raw = _plain(node)
    if not raw or node.tag.endswith((":str", ":null")) or node.tag.startswith("!"):
        return
    value = source.data(node)
    if str in allowed and type(value) not in allowed and str(value) != raw:
        became = f"{label}: YAML reads {raw} as {value}: put it in quotes"
        yield Problem(source.mark(node), became, "warning")
    elif str not in allowed:
        yield from odd_number(raw, source.mark(node))


def odd_number(raw: str, mark: Mark) -> Iterator[Problem]:
    """A number that is not what it looks like: base 60, or octal."""
    if _SEXAGESIMAL.fullmatch(raw):
        yield Problem(mark, f"YAML reads {raw} as a number in base 60: put it in quotes", "warning")
    elif _OCTAL.fullmatch(raw):
        number = int(raw.replace("_", ""), 8)
        became = f"YAML reads {raw} as the octal number {number}: put it in quotes if it is text"
        yield Problem(mark, became, "warning")


def odd_numbers(source: Source, node: Node, seen: set[int]) -> Iterator[Problem]:
    """The same for every number in a value: variables, facts."""
    if isinstance(node, ScalarNode):
        if node.tag.endswith((":int", ":float")):
            yield from odd_number(node.value, source.mark(node))
    elif id(node) not in seen:
        seen.add(id(node))
        for child in node.value:
            for part in child if isinstance(child, tuple) else (child,):
                yield from odd_numbers(source, part, seen)


def _together(
    about: Spec, values: Mapping[str, Value], extra: Mapping[str, Value], mark: Mark
) -> Iterator[Problem]:
    """What the arguments' own rules across fields say."""
    made = {}
    for name, value in values.items():
        parameter = about.parameters[name]
        made[name] = value
        if parameter.kind == "value":
            made[name] = coerced_to(parameter.hint, value)
    if about.extra:
        made[about.extra] = dict(extra)
    try:
        about.args(**made)
    except ValueError as error:
        yield Problem(mark, f"{about.name}: {error}")
