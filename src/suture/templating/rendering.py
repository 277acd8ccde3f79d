"""The door to templates: values, conditions, loops and files of a playbook, filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import TemplateSyntaxError

from suture.errors import SutureError, TemplateError, UnknownValue
from suture.model import Mark, Task, Value, Variables
from suture.secrets import Secret
from suture.suggestions import quoted
from suture.templating.code import templated
from suture.templating.engine import (
    ScopeView,
    compiled_expression,
    engine,
    evaluated,
    made,
    place,
    reference,
)
from suture.templating.finishing import final
from suture.templating.lookups import found
from suture.templating.static_checks import reads
from suture.templating.template_files import template_value
from suture.variables.content import search_path
from suture.variables.scope import Precedence, Scope
from suture.variables.values import MISSING, OMIT, UndefinedValue, failed, forced

NAMED = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
"""A condition that is nothing but a variable in braces."""

__all__ = ["OMIT", "ScopeView", "looped", "reads", "render", "template_text", "truth", "value_of"]


def render(value: Value, scope: Scope, mark: Mark | None = None) -> Any:
    """The value with all its templates filled in, as plain data of its own.

    A template that is one expression keeps its result's type.  Keys and items that become
    ``omit`` are left out; ``OMIT`` itself comes back where the whole value is omitted.  Text that
    a secret went into is a ``Secret``.  Raises ``TemplateError``; ``UnknownValue`` and
    ``Unreachable`` as a promise raises them.
    """
    return final(made(value, scope, (), ()), scope, mark)


def static_value(text: str, known: Sequence[Variables]) -> Any:
    """What a template becomes that is needed before anything runs, with variables that are known by
    then, the strongest last; ValueError with a sentence where that cannot be done."""
    scope = Scope()
    for variables in known:
        scope = scope.with_layer(Precedence.PLAY_VARS, variables)
    try:
        return render(text, scope)
    except TemplateError as error:
        raise ValueError(error.bare) from None
    except UnknownValue as error:
        raise ValueError(str(error)) from None


def value_of(name: str, scope: Scope, mark: Mark | None = None) -> Any:
    """The variable, made; raises ``TemplateError`` where there is none."""
    found = reference(scope, name, ())
    if found is MISSING:
        found = UndefinedValue(name=name)
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
        f"the condition {quoted(text)} is {_kind(result)}, neither true nor false;"
        f" say what is meant, as in {quoted(f'{text} {hint}')}",
        mark,
    )


def _kind(value: Any) -> str:
    names = {str: "a text", list: "a list", dict: "a dict", type(None): "null", int: "a number"}
    return names.get(type(value), f"a {type(value).__name__}")


def template_text(path: str, scope: Scope, args: Mapping[str, Any], task: Task) -> str:
    """What the template file becomes; ``args`` are those of the template module.

    Raises ``TemplateError`` with the place in the file.
    """
    playbook_dir, _ = scope.find("playbook_dir")
    paths = search_path(task, playbook_dir if isinstance(playbook_dir, str) else ".")
    value = template_value(engine, path, scope, args, [*paths, str(Path(path).parent)])
    if isinstance(value, Secret):
        return value
    return "" if value is None else str(value)


def looped(
    kind: str, over: Value, scope: Scope, mark: Mark | None = None, folder: str = ""
) -> list[Any]:
    """What ``with_<kind>`` goes over.  ``folder`` is where the first file found is sought."""
    value = made(over, scope, (), ())
    terms = value if isinstance(value, list) else [value]
    if kind.removeprefix("ansible.builtin.") == "first_found":
        terms = _defined(terms)
    try:
        items = found(kind, final(terms, scope, mark), place(scope, folder), {})
        return list(final(items, scope, mark))
    except SutureError as error:
        if isinstance(error, TemplateError) and error.mark is None:
            raise TemplateError(error.bare, mark) from None
        raise
    except (ValueError, TypeError, LookupError, OSError) as error:
        raise TemplateError(f"with_{kind}: {error}", mark) from None


def _defined(value: Any) -> Any:
    """The terms without those that are undefined."""
    if isinstance(value, Mapping):
        return {key: _defined(item) for key, item in value.items() if not _undefined(item)}
    if isinstance(value, list):
        return [_defined(item) for item in value if not _undefined(item)]
    return value


def _undefined(value: Any) -> bool:
    return type(value) is UndefinedValue and value.error is None
