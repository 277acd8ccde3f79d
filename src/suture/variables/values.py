"""What templates make: values that are missing, values that are secret, values that are final."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from typing import Any

from jinja2 import StrictUndefined, TemplateNotFound, Undefined, UndefinedError
from jinja2.utils import missing

from suture.errors import SutureError, TemplateError
from suture.secrets import Secret
from suture.suggestions import did_you_mean

MISSING: Any = object()
"""Stands where there is nothing, not even something missing."""


class Unread:
    """A value that is there and has not been looked at: reading it may cost, wait or fail."""

    __slots__ = ()

    def value(self) -> Any:
        """What it is."""
        raise NotImplementedError

    def part(self, key: Any) -> Any:
        """The part under this key, unread where it can be; MISSING where only reading tells."""
        raise NotImplementedError

    def promised(self) -> bool:
        """Whether it is certain that there will be a value."""
        raise NotImplementedError


class Names(Mapping[str, Any]):
    """Variables by name, each read when it is asked for."""

    __slots__ = ()

    def unread(self, name: str) -> Any:
        """The variable, unread where reading costs; MISSING where there is none."""
        raise NotImplementedError


def forced(value: Any) -> Any:
    """The value, read."""
    return value.value() if isinstance(value, Unread) else value


class Omit:
    """What ``omit`` is: the key or item that has it is left out."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "omit"


OMIT = Omit()


class Tripped(UndefinedError):
    """A ``UndefinedValue`` was used; never leaves this layer."""

    def __init__(self, message: str | None, source: UndefinedValue) -> None:
        super().__init__(message)
        self.source = source


class UndefinedValue(StrictUndefined):
    """A value that is not there, or whose making failed (``error``).

    It passes itself on where it is only looked into or handed to a filter, and raises where it is
    used.  ``via`` is the variable whose template met it.
    """

    __slots__ = ("error", "via")

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[Exception] = UndefinedError,
        error: Exception | None = None,
    ) -> None:
        super().__init__(hint, obj, name)
        self._undefined_exception = functools.partial(Tripped, source=self)  # type: ignore[assignment]
        self.error = error
        self.via = ""

    @property
    def variable(self) -> str:
        """The name, where what is missing is a variable."""
        partial: Any = self._undefined_obj
        named = self.error is None and not self._undefined_hint and partial is missing
        return self._undefined_name or "" if named else ""

    @property
    def sentence(self) -> str:
        """What is missing or went wrong, for people."""
        error = self.error
        if error is None:
            return self._undefined_hint or self._what_is_missing()
        if isinstance(error, TemplateNotFound):
            return f"there is no template '{error.name}'"
        if isinstance(error, RecursionError):
            return "templates use each other in a circle"
        if isinstance(error, MemoryError):
            return "there is not enough memory for what this makes"
        if isinstance(error, KeyError):
            return f"there is no {error}"
        return str(error) or type(error).__name__

    def _what_is_missing(self) -> str:
        obj: Any = self._undefined_obj
        name: Any = self._undefined_name
        if obj is missing:
            return f"'{name}' is undefined"
        if isinstance(obj, (list, tuple)) and isinstance(name, int):
            return f"there is no item {name} in a list of {len(obj)}"
        near = did_you_mean(str(name), map(str, obj)) if isinstance(obj, Mapping) else ""
        return f"there is no {name!r} in this {type(obj).__name__}{near}"


def failed(error: Exception, where: str = "") -> UndefinedValue:
    """The value that could not be made; what is not about templates is raised further."""
    if isinstance(error, Tripped):
        return error.source
    if isinstance(error, SutureError) and not isinstance(error, TemplateError):
        raise error
    failure = UndefinedValue(error=error)
    return UndefinedValue(error=TemplateError(f"{where}: {failure.sentence}")) if where else failure


def secretive(value: Any) -> bool:
    """Whether there is a secret anywhere in it."""
    if isinstance(value, Secret):
        return True
    kind = type(value)
    if kind is dict:
        return any(secretive(item) for item in value.values())
    if kind is list or kind is tuple:
        return any(secretive(item) for item in value)
    return False


def tainted(value: Any, given: Iterable[Any] = ()) -> Any:
    """The value with its strings made secret, except those that were handed through from what was
    given: they are as secret as they were."""
    return _tainted(value, {id(text) for item in given for text in _texts(item)})


def _tainted(value: Any, known: set[int]) -> Any:
    kind = type(value)
    if kind is str:
        return value if id(value) in known else Secret(value)
    if kind is dict:
        return {key: _tainted(item, known) for key, item in value.items()}
    if kind is list or kind is tuple:
        return kind(_tainted(item, known) for item in value)
    return value


def _texts(value: Any) -> Iterator[str]:
    if type(value) is str:
        yield value
    elif type(value) is dict:
        yield from value
        for item in value.values():
            yield from _texts(item)
    elif type(value) in (list, tuple):
        for item in value:
            yield from _texts(item)


def finished(value: Any) -> Any:
    """The value as plain data of its own, without what is to be omitted; raises ``Tripped`` where
    something is missing."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None or kind is float:
        return value
    if kind is dict or isinstance(value, Mapping):
        return {finished(key): finished(item) for key, item in value.items() if item is not OMIT}
    if kind is list or isinstance(value, (list, tuple, set, frozenset)):
        return [finished(item) for item in value if item is not OMIT]
    if kind is UndefinedValue:
        str(value)
    if kind is Undefined:
        raise TemplateError("an 'if' without an 'else' is false, so there is no value")
    if isinstance(value, Secret) or value is OMIT:
        return value
    return _scalar(value)


def written(value: Any) -> str:
    """The value inside a text; an ``if`` without ``else`` leaves nothing."""
    return "" if type(value) is Undefined else str(finished(value))


def _scalar(value: Any) -> Any:
    if isinstance(value, (date, time, bytes)):
        return value
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, Iterable) and not isinstance(value, range):
        return [finished(item) for item in value if item is not OMIT]
    hint = "; end it with '| list'" if isinstance(value, range) else ""
    raise TemplateError(f"the result is a {type(value).__name__}, which is no data{hint}")
