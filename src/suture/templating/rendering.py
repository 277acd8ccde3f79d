"""Values and conditions of a playbook, filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from jinja2 import TemplateSyntaxError

from suture.errors import TemplateError
from suture.model import Mark, Value
from suture.suggestions import did_you_mean
from suture.templating.engine import compiled_expression, evaluated, made, reference, templated
from suture.variables.scope import Scope
from suture.variables.values import MISSING, OMIT, Missing, Tripped, failed, finished, forced

NAMED = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
"""A condition that is nothing but a variable in braces."""

__all__ = ["OMIT", "render", "truth", "value_of"]


def render(value: Value, scope: Scope, mark: Mark | None = None) -> Any:
    """The value with all its templates filled in, as plain data of its own.

    A template that is one expression keeps its result's type.  Keys and items that become
    ``omit`` are left out; ``OMIT`` itself comes back where the whole value is omitted.  Text that
    a secret went into is a ``Secret``.  Raises ``TemplateError``; ``UnknownValue`` and
    ``Unreachable`` as a promise raises them.
    """
    return final(made(value, scope, (), ()), scope, mark)


def value_of(name: str, scope: Scope, mark: Mark | None = None) -> Any:
    """The variable, made; raises ``TemplateError`` where there is none."""
    found = reference(scope, name, ())
    if found is MISSING:
        found = Missing(name=name)
    return final(forced(found), scope, mark)


def truth(conditions: Value | Iterable[Value], scope: Scope, mark: Mark | None = None) -> bool:
    """Whether all the conditions hold, looked at in order up to the first that does not.

    As in Ansible a condition is an expression (or a bool), and its result must be a bool.  What
    stands in a variable of the author's is an expression too where the condition names it in
    braces; what came from a host never is.
    """
    if isinstance(conditions, (list, tuple)):
        return all(truth(condition, scope, mark) for condition in conditions)
    if isinstance(conditions, bool):
        return conditions
    if not isinstance(conditions, str) or not conditions.strip():
        raise TemplateError(f"a condition is an expression, not {conditions!r}", mark)
    text = conditions.strip()
    if text.startswith(("{{", "{%")) and text.endswith(("}}", "%}")):
        named = NAMED.fullmatch(text)
        raw, layer = scope.find(named.group(1)) if named else (None, None)
        if layer is not None and layer.trusted and isinstance(raw, str) and not templated(raw):
            return truth(str(raw), scope, mark)
        return _boolean(render(text, scope, mark), text, mark)
    try:
        result = evaluated(compiled_expression(text), scope)
    except TemplateSyntaxError as error:
        result = failed(error)
    return _boolean(final(result, scope, mark), text, mark)


def _boolean(result: Any, text: str, mark: Mark | None) -> bool:
    if isinstance(result, bool):
        return result
    hint = "| length > 0" if isinstance(result, (str, list, dict)) else "| bool"
    raise TemplateError(
        f"the condition '{text}' is {_kind(result)}, neither true nor false;"
        f" say what is meant, as in '{text} {hint}'",
        mark,
    )


def _kind(value: Any) -> str:
    names = {str: "a text", list: "a list", dict: "a dict", type(None): "null", int: "a number"}
    return names.get(type(value), f"a {type(value).__name__}")


def final(value: Any, scope: Scope, mark: Mark | None) -> Any:
    """What templates made, as plain data; raises ``TemplateError`` where something is missing."""
    try:
        return finished(value)
    except Tripped as trip:
        raise TemplateError(_sentence(trip.source, scope), mark) from trip.source.error
    except TemplateError as error:
        raise TemplateError(error.bare, error.mark or mark) from None
    except RecursionError:
        raise TemplateError("the value contains itself", mark) from None


def _sentence(source: Missing, scope: Scope) -> str:
    where = f" (in the variable '{source.via}')" if source.via else ""
    if not source.variable:
        return source.sentence + where
    hint = did_you_mean(source.variable, scope.names())
    return f"'{source.variable}' is undefined{where}{hint}"
