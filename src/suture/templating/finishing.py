"""What templates made, as plain data, or the sentence that says why there is none."""

from __future__ import annotations

from typing import Any

from suture.errors import TemplateError
from suture.model import Mark
from suture.suggestions import did_you_mean
from suture.variables.scope import Scope
from suture.variables.values import Tripped, UndefinedValue, finished


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


def _sentence(source: UndefinedValue, scope: Scope) -> str:
    where = f" (in the variable '{source.via}')" if source.via else ""
    if not source.variable:
        return source.sentence + where
    hint = did_you_mean(source.variable, scope.names())
    return f"'{source.variable}' is undefined{where}{hint}"
