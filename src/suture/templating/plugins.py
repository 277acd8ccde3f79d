"""What templates can call: filters, tests and functions, guarded."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from jinja2.filters import FILTERS
from jinja2.runtime import Macro
from jinja2.sandbox import SandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.utils import pass_context

from suture.errors import TemplateError
from suture.foreign.plugins import Kind, Table
from suture.templating import filters, jinja_tests
from suture.templating import text_filters as texts
from suture.templating.bounds import bounded, check_filter, listed, ranged
from suture.templating.lookups import LOOKUPS, found
from suture.variables.values import OMIT, UndefinedValue, failed, secretive, tainted

E = TypeVar("E", bound=SandboxedEnvironment)

TAKE_MISSING = frozenset(
    {"default", "d", "defined", "undefined", "mandatory", "ternary", "type_debug"}
)


OURS = frozenset({**FILTERS, **filters.FILTERS, **texts.FILTERS, **TESTS, **jinja_tests.CHECKS}) | (
    frozenset(LOOKUPS)
)
"""Every filter, test and lookup that needs no plugin of others."""


def guarded(name: str, function: Callable[..., Any], kind: str) -> Callable[..., Any]:
    """The function, handing on what is missing, turning errors into it, keeping secrets secret."""
    takes_missing = name in TAKE_MISSING

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        given = (*args, *kwargs.values()) if kwargs else args
        if not takes_missing:
            for value in given:
                if type(value) is UndefinedValue:
                    return value
        try:
            check_filter(name, given)
            result = function(*args, **kwargs)
            result = listed(result) if isinstance(result, Iterator) else bounded(result)
        except Exception as error:  # noqa: BLE001 - a filter may raise anything
            return failed(error, f"the {kind} '{name}'")
        return tainted(result, given) if any(map(secretive, given)) else result

    return call


def install(environment: E) -> E:
    """The environment, given all that playbooks may use."""
    of_filters: Any = _named({**FILTERS, **filters.FILTERS, **texts.FILTERS}, "filter")
    environment.filters = of_filters
    tests: Any = _named({**TESTS, **jinja_tests.CHECKS}, "test")  # type: ignore[dict-item]
    environment.tests = tests
    environment.globals.update(
        omit=OMIT, range=ranged, now=now, undef=undef, lookup=lookup, query=query, q=query
    )
    return environment


def now(utc: bool = False, fmt: str = "") -> Any:
    moment = datetime.now(UTC).replace(tzinfo=None) if utc else datetime.now()  # noqa: DTZ005
    return moment.strftime(fmt) if fmt else moment


def undef(hint: str | None = None) -> UndefinedValue:
    return UndefinedValue(hint or "this has to be set: the author left it undefined on purpose")


@pass_context
def lookup(
    context: Any,
    kind: str,
    /,
    *terms: Any,
    wantlist: bool = False,
    errors: str = "strict",
    **options: Any,
) -> Any:
    """What a lookup finds: the one thing, several texts joined by commas, or a list."""
    try:
        listed = found(kind, list(terms), context.place(), options)
    except (TemplateError, ValueError, TypeError, LookupError, OSError):
        if errors == "strict":
            raise
        return [] if wantlist else None
    if wantlist or not listed:
        return listed
    if len(listed) == 1:
        return listed[0]
    return ",".join(listed) if all(isinstance(item, str) for item in listed) else listed


@pass_context
def query(context: Any, kind: str, /, *terms: Any, **options: Any) -> Any:
    return lookup(context, kind, *terms, **{**options, "wantlist": True})


def takes_missing(function: Callable[..., Any], given: Sequence[Any]) -> bool:
    """Whether the function can do something with a value that is missing."""
    environment = function in (lookup, query) and "env" in given[:1]
    return isinstance(function, Macro) or environment


@functools.cache
def _guarded(name: str, function: Callable[..., Any], kind: str) -> Callable[..., Any]:
    return guarded(name, function, kind)


def _named(functions: Mapping[str, Callable[..., Any]], kind: Kind) -> Table:
    """Each function under its name and under its full name; those of others when asked for."""
    table = {}
    for name, function in functions.items():
        table[name] = table[f"ansible.builtin.{name}"] = _guarded(name, function, kind)
    return Table(kind, table, lambda name, function: guarded(name, function, kind))
