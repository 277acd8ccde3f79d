"""Names that are needed before anything runs: of files and roles that are imported."""

from __future__ import annotations

from collections.abc import Sequence

from suture.errors import TemplateError, UnknownValue
from suture.model import Variables
from suture.templating.rendering import render
from suture.variables.scope import Level, Scope


def static_name(text: str, known: Sequence[Variables]) -> str:
    """The name with variables that are known beforehand filled in, the strongest last; ValueError
    with a sentence where that cannot be done."""
    scope = Scope()
    for variables in known:
        scope = scope.with_layer(Level.PLAY_VARS, variables)
    try:
        return str(render(text, scope))
    except TemplateError as error:
        raise ValueError(error.bare) from None
    except UnknownValue as error:
        raise ValueError(str(error)) from None
