"""The sandbox in which templates' code runs, and what that code calls for each use of a value."""

from __future__ import annotations

import functools
from collections.abc import ItemsView, Iterable, Iterator, KeysView, ValuesView
from typing import Any

from jinja2.environment import TemplateModule
from jinja2.lexer import Lexer
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import SandboxedEnvironment

from suture.errors import TemplateError
from suture.secrets import Secret
from suture.templating.bounds import bounded, check_call, check_operation, listed
from suture.templating.codegen import EscapingLexer, Generator
from suture.templating.plugins import takes_missing
from suture.variables.values import (
    MISSING,
    OMIT,
    Names,
    Tripped,
    UndefinedValue,
    Unread,
    failed,
    forced,
    secretive,
    tainted,
    written,
)

BITWISE = frozenset({"__and__", "__lshift__", "__or__", "__rshift__", "__xor__"})
ITERATORS = (Iterator, ItemsView, KeysView, ValuesView)


class Sandbox(SandboxedEnvironment):
    """Jinja2's sandbox, in which values are unread, missing or secret as well.

    ``escapes``: backslashes in ``{{ }}`` are literal; ``embeds``: constants may be templates.
    """

    code_generator_class = Generator
    intercepted_binops = frozenset({"+", "%", "*", "**"})
    escapes = False
    embeds = False

    @property
    def lexer(self) -> Lexer:
        return self._escaping if self.escapes else super().lexer

    @functools.cached_property
    def _escaping(self) -> Lexer:
        return EscapingLexer(self)

    force = staticmethod(forced)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, int) and attr in BITWISE:
            return True
        return super().is_safe_attribute(obj, attr, value)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """``obj.attribute``: an attribute where there is one, else an item."""
        if isinstance(obj, Unread):
            part = MISSING if hasattr(dict, attribute) else obj.part(attribute)
            if part is not MISSING:
                return part
            obj = obj.value()
        if type(obj) is UndefinedValue:
            return obj
        if isinstance(obj, Names):
            return self._of_view(obj, attribute)
        value = getattr(obj, attribute, MISSING)
        safe = value is MISSING or self.is_safe_attribute(obj, attribute, value)
        if value is not MISSING and safe:
            return self.wrap_str_format(value) or value
        try:
            if not isinstance(obj, type):  # a class with an item is another class
                return obj[attribute]
        except (TypeError, LookupError):
            pass
        if not safe:
            return self.unsafe_undefined(obj, attribute)
        return UndefinedValue(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """``obj[argument]``: an item where there is one, else an attribute."""
        argument = forced(argument)
        if isinstance(obj, Unread):
            part = obj.part(argument)
            if part is not MISSING:
                return part
            obj = obj.value()
        if type(obj) is UndefinedValue:
            return obj
        if type(argument) is UndefinedValue:
            return argument
        if isinstance(obj, Names):
            return self._of_view(obj, argument)
        value = super().getitem(obj, argument)
        return Secret(value) if type(value) is str and isinstance(obj, Secret) else value

    def _of_view(self, view: Names, name: str) -> Any:
        value = view.unread(name)
        if value is not MISSING:
            return value
        if name in {"get", "items", "keys", "values"}:
            return getattr(view, name)
        return UndefinedValue(name=name)

    def unsafe_undefined(self, obj: Any, attribute: str) -> UndefinedValue:
        return UndefinedValue(
            error=TemplateError(
                f"'{attribute}' of a {type(obj).__name__} is out of bounds for templates"
            )
        )

    @staticmethod
    def is_defined(value: Any) -> Any:
        """Whether there is a value; waits only where that is not clear yet.  A value whose making
        failed is neither."""
        if isinstance(value, Unread) and value.promised():
            return True
        value = forced(value)
        if type(value) is not UndefinedValue:
            return not isinstance(value, Undefined)
        return False if value.error is None else value

    def sliced(self, obj: Any, start: Any, stop: Any, step: Any) -> Any:
        if type(obj) is UndefinedValue:
            return obj
        part = obj[start:stop:step]
        return Secret(part) if isinstance(obj, Secret) else part

    def joined(self, parts: tuple[Any, ...]) -> Any:
        """``a ~ b``."""
        text = bounded("".join(map(written, parts)))
        return Secret(text) if any(map(secretive, parts)) else text

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        check_operation(operator, left, right)
        value = bounded(super().call_binop(context, operator, left, right))
        if type(value) is str and (secretive(left) or secretive(right)):
            return Secret(value)
        return value

    def call(self, context: Context, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        given = (*args, *kwargs.values())
        if not takes_missing(function, given):
            for value in given:
                if type(value) is UndefinedValue:
                    return value
        owner = getattr(getattr(function, "__wrapped__", function), "__self__", None)
        try:
            check_call(getattr(function, "__name__", ""), owner, given)
            value = super().call(context, function, *args, **kwargs)
            value = listed(value) if isinstance(value, ITERATORS) else bounded(value)
        except Exception as error:  # noqa: BLE001 - a template's own code may raise anything
            return failed(error)
        given = (*given, owner)
        return tainted(value, given) if any(map(secretive, given)) else value

    @staticmethod
    def concat(chunks: Iterable[Any]) -> Any:
        """A lone chunk as it is, several as one text; ``None`` leaves no trace."""
        found = [chunk for chunk in _flat(chunks) if chunk is not None]
        if len(found) == 1:
            return found[0]
        if not found:
            return None
        try:
            text = "".join(
                chunk if type(chunk) is str else written(chunk)
                for chunk in found
                if chunk is not OMIT
            )
        except Tripped as trip:
            return trip.source
        return Secret(bounded(text)) if any(map(secretive, found)) else bounded(text)


def _flat(chunks: Iterable[Any]) -> Iterator[Any]:
    for chunk in chunks:
        if isinstance(chunk, TemplateModule):
            yield from _flat(chunk._body_stream)  # noqa: SLF001 - Jinja2 offers no other way
        else:
            yield chunk
