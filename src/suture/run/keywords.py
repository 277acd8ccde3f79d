"""What a task's keywords come to: templates filled in, ``omit`` as if nothing had been said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from suture.errors import TemplateError
from suture.model import Inherited, Mark, Value
from suture.templating.rendering import OMIT, render
from suture.variables.scope import Scope

TRUE = frozenset({"true", "yes", "on", "y", "t", "1", "1.0"})
FALSE = frozenset({"false", "no", "off", "n", "f", "0", "0.0"})


def keyword(value: Value, scope: Scope, mark: Mark) -> Any:
    """The keyword's value; what the next level out says where it is omitted, and None where no
    level says anything.  TemplateError and UnknownValue as ``render``."""
    outer = None
    if isinstance(value, Inherited):
        value, outer = value.value, value.outer
    made = render(value, scope, mark)
    return keyword(outer, scope, mark) if made is OMIT and outer is not None else _said(made)


def _said(made: Any) -> Any:
    return None if made is OMIT else made


def flag(value: Value, scope: Scope, mark: Mark, name: str = "this keyword") -> bool:
    """A keyword that is true or false, in any of the words for it; false where nothing was said."""
    if isinstance(value, (bool, type(None))):
        return bool(value)
    made = keyword(value, scope, mark)
    if isinstance(made, (bool, type(None))):
        return bool(made)
    word = str(made).strip().lower()
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise TemplateError(f"{name} is true or false, and this is {made!r}", mark)


def environment_of(levels: Iterable[Value], scope: Scope, mark: Mark) -> dict[str, str]:
    """Environment variables, the later levels' stronger."""
    environment: dict[str, str] = {}
    for level in levels:
        made = keyword(level, scope, mark) or {}
        for part in made if isinstance(made, list) else [made]:
            if not isinstance(part, Mapping):
                raise TemplateError(
                    f"environment is a mapping of names to values, not {part!r}", mark
                )
            environment |= {str(name): str(value) for name, value in part.items()}
    return environment


def numeric(value: Value, scope: Scope, mark: Mark, name: str) -> float | None:
    """A keyword that is a number; None where nothing was said."""
    made = keyword(value, scope, mark)
    if made in (None, ""):
        return None
    try:
        return float(made)
    except (TypeError, ValueError):
        raise TemplateError(f"{name} is a number, and this is {made!r}", mark) from None
