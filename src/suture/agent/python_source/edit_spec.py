"""The language of edits: from what the author wrote to edits, or to a ValueError that says what is
wrong with which of them."""

from __future__ import annotations

import ast
import dataclasses
import difflib
import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Sequence, Tuple

from ..protocol.spec import Failure
from .edit import Edit
from .edit_assignment import EnsureAssignment
from .edit_decorator import Decorator, EnsureDecorator
from .edit_except import Catch, Wrap
from .edit_function import ReplaceBody, ReplaceFunction
from .edit_import import EnsureBeforeImports, EnsureImport
from .edit_statement import EnsureStatement, Remove, ReplaceStatement
from .snippet import Expression, Snippet
from .syntax import KINDS, Matcher

VERBS: Dict[str, Any] = {
    "catch": Catch,
    "wrap": Wrap,
    "replace_body": ReplaceBody,
    "replace_function": ReplaceFunction,
    "replace_statement": ReplaceStatement,
    "remove": Remove,
    "ensure_import": EnsureImport,
    "ensure_before_imports": EnsureBeforeImports,
    "ensure_statement": EnsureStatement,
    "ensure_assignment": EnsureAssignment,
    "decorator": Decorator,
    "ensure_decorator": EnsureDecorator,
}
MATCHERS = ("with", "calls", "imports", "assigns", "defines", "kind", "source")
_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_PATTERN = re.compile(r"[\w.<>*?\[\]!]+")


@dataclass(frozen=True)
class OrderedEdit:
    """One edit as the author ordered it; ``optional``: what it cannot find it passes over."""

    number: int
    verb: str
    edit: Edit
    optional: bool


def edits_of(given: Sequence[Mapping[str, Any]]) -> List[OrderedEdit]:
    """The edits; a ValueError names the first that is wrong, by its number and verb."""
    return [_wanted(number, each) for number, each in enumerate(given, 1)]


def _wanted(number: int, given: Any) -> OrderedEdit:
    if not isinstance(given, Mapping):
        raise ValueError(f"edit {number} must be a mapping with one verb, such as {{catch: …}}")
    optional = given.get("optional", False)
    verbs = [key for key in given if key != "optional"]
    for verb in verbs:
        if verb not in VERBS:
            raise ValueError(f"edit {number}: {_unknown('edit', verb, [*VERBS, 'optional'])}")
    if len(verbs) != 1:
        named = f" ({', '.join(verbs)})" if verbs else ""
        raise ValueError(f"edit {number} must have exactly one verb, it has {len(verbs)}{named}")
    verb = verbs[0]
    where = f"edit {number} ({verb})"
    if not isinstance(optional, bool):
        raise ValueError(f"{where}: optional must be true or false")
    if not isinstance(given[verb], Mapping):
        raise ValueError(f"{where} must be a mapping")
    return OrderedEdit(number, verb, _edit(VERBS[verb], given[verb], where), optional)


def _edit(kind: Any, given: Mapping[str, Any], where: str) -> Edit:
    fields = {field.metadata["key"] or field.name: field for field in dataclasses.fields(kind)}
    values = {}
    for key, value in given.items():
        if key not in fields:
            raise ValueError(f"{where}: {_unknown('key', key, list(fields))}")
        field = fields[key]
        try:
            values[field.name] = READERS[field.metadata["kind"]](value)
        except (ValueError, Failure) as error:
            raise ValueError(f"{where}: {key}: {error}") from None
    for key, field in fields.items():
        missing = dataclasses.MISSING
        if field.name not in values and field.default is field.default_factory is missing:
            raise ValueError(f"{where} needs '{key}': {field.metadata['doc']}")
    edit: Edit = kind(**values)
    problem = edit.problem()
    if problem:
        raise ValueError(f"{where} {problem}")
    return edit


def _unknown(what: str, given: Any, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(str(given), known, 1)
    hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(known)}"
    return f"there is no {what} '{given}'; {hint}"


# -- reading values ----------------------------------------------------------------------------


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"must be text, not {value!r}")
    return value


def _type(value: Any) -> str:
    if not _NAME.fullmatch(_text(value)):
        raise ValueError(f"must be a name, not '{value}'")
    return str(value)


def _types(value: Any) -> Tuple[str, ...]:
    values = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if not isinstance(values, (list, tuple)) or not values:
        raise ValueError(f"must be a list of names, not {value!r}")
    return tuple(map(_type, values))


def _packages(value: Any) -> Tuple[str, ...]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return tuple(each if each == "." else _type(each) for each in values)


def _name(value: Any) -> str:
    if not _PATTERN.fullmatch(_text(value)):
        raise ValueError(f"must be a dotted name, such as Tracker._log, not '{value}'")
    return str(value)


def _identifier(value: Any) -> str:
    if not _text(value).isidentifier():
        raise ValueError(f"must be a name, not '{value}'")
    return str(value)


def _identifiers(value: Any) -> Tuple[str, ...]:
    return tuple(map(_identifier, value if isinstance(value, (list, tuple)) else [value]))


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {value!r}")
    return value


def _end(value: Any) -> str:
    if value not in ("start", "end"):
        raise ValueError(f"must be start or end, not {value!r}")
    return str(value)


def _statements(value: Any) -> Snippet:
    return Snippet.of(_text(value))


def _imports(value: Any) -> Snippet:
    snippet = Snippet.of("\n".join(value) if isinstance(value, (list, tuple)) else _text(value))
    if not all(isinstance(each, KINDS["import"]) for each in snippet.body):
        raise ValueError("must be import statements, such as `import os`")
    return snippet


def _definition(value: Any) -> Snippet:
    snippet = Snippet.of(_text(value))
    if len(snippet.body) != 1 or not isinstance(snippet.body[0], KINDS["function"]):
        raise ValueError("must be the definition of one function")
    return snippet


def _expression(value: Any) -> Expression:
    if value is None or isinstance(value, (bool, int, float)):
        value = repr(value)
    return Expression.of(_text(value))


def _target(value: Any) -> Expression:
    expression = Expression.of(_text(value))
    if not isinstance(expression.node, (ast.Name, ast.Attribute, ast.Subscript)):
        raise ValueError(f"'{value}' cannot be assigned to")
    return expression


def _keywords(value: Any) -> Dict[str, Expression]:
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a mapping of arguments to expressions, not {value!r}")
    return {_identifier(key): _keyword(key, each) for key, each in value.items()}


def _keyword(key: str, value: Any) -> Expression:
    try:
        return _expression(value)
    except (ValueError, Failure) as error:
        raise ValueError(f"{key}: {error}") from None


def _matcher(value: Any) -> Matcher:
    """A mapping of what must hold, or a statement's own source."""
    given = {"source": value} if isinstance(value, str) else value
    if not isinstance(given, Mapping) or not given:
        raise ValueError(f"must tell a statement by {', '.join(MATCHERS)}, not {value!r}")
    read: Dict[str, Any] = {}
    for key, each in given.items():
        if key not in MATCHERS:
            raise ValueError(_unknown("key", key, MATCHERS))
        if key == "source":
            held = _statements(each).body
            if len(held) != 1:
                raise ValueError(f"source must be one statement, it is {len(held)}")
            read["source"] = held[0]
        elif key == "assigns":
            read["assigns"] = _target(each).node
        elif key == "kind":
            if each not in KINDS:
                raise ValueError(_unknown("kind", each, list(KINDS)))
            read["kind"] = each
        elif key == "imports":
            (read["imports"],) = _packages(each)
        else:
            read["opens" if key == "with" else key] = _type(each)
    return Matcher(**read, said=_said(given))


def _said(given: Mapping[str, Any]) -> str:
    """What is looked for, for a person."""
    words = {
        "with": "with statement that calls {}",
        "source": "statement `{}`",
        "kind": "{} statement",
        "assigns": "assignment to {}",
        "defines": "definition of {}",
        "calls": "statement that calls {}",
        "imports": "statement that imports {}",
    }
    first = next(key for key in words if key in given)
    said = words[first].format(str(given[first]).strip())
    rest = [f"{key} {given[key]}" for key in words if key in given and key != first]
    return " that ".join([said, *rest])


READERS: Dict[str, Callable[[Any], Any]] = {
    "definition": _definition,
    "expression": _expression,
    "flag": _flag,
    "identifier": _identifier,
    "identifiers": _identifiers,
    "imports": _imports,
    "keywords": _keywords,
    "matcher": _matcher,
    "name": _name,
    "packages": _packages,
    "start|end": _end,
    "statements": _statements,
    "target": _target,
    "type": _type,
    "types": _types,
}
