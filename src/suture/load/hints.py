"""What a module's type hints allow, in words, and a value made to fit them as Ansible does it."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, Union

TRUE = frozenset({"yes", "on", "1", "true", "t", "y"})
FALSE = frozenset({"no", "off", "0", "false", "f", "n"})


def options(hint: Any) -> tuple[Any, ...]:
    """What a hint allows, one by one: a union's members, None left out, or the hint itself."""
    if typing.get_origin(hint) in (Union, types.UnionType):
        return tuple(each for each in typing.get_args(hint) if each is not type(None))
    return (hint,)


def optional(hint: Any) -> bool:
    return hint in (None, Any, object) or type(None) in typing.get_args(hint)


def described(hint: Any) -> str:
    """The type in words."""
    return " or ".join(dict.fromkeys(map(_described, options(hint))))


def _described(hint: Any) -> str:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(_word(each) for each in inner)
    if origin is list:
        return "a list" if inner[0] in (Any, object) else f"a list of {_plural(inner[0])}"
    if origin is dict or hint is dict:
        return "a mapping"
    if hint is list:
        return "a list"
    words = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    return words.get(hint, "any value" if hint in (Any, object) else "a file")


def _plural(hint: Any) -> str:
    words = {str: "texts", int: "whole numbers", float: "numbers", bool: "true or false"}
    return words.get(hint, described(hint))


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def coerced_to(hint: Any, value: Any) -> Any:
    """The value as the hint wants it; ValueError where it cannot be."""
    if value is None and optional(hint):
        return None
    allowed = options(hint)
    for option in allowed:
        if option in (Any, object) or type(value) is option:
            return value
        if option is str and isinstance(value, str):
            return value
    for option in allowed:
        if (typing.get_origin(option) or option) is type(value) and type(value) in (list, dict):
            return _converted(option, value)
    for option in allowed:
        try:
            return _converted(option, value)
        except ValueError:
            continue
    raise ValueError(f"must be {described(hint)}, not {shown(value)}")


def mode_text(value: Any) -> Any:
    """A file's mode that is a number, as 0644 in YAML becomes one, in its octal digits; ValueError for
    one that was meant as such digits."""
    if type(value) is not int:
        return value
    if not 0 <= value <= 0o7777 or (value > 0o777 and not set(str(value)) & set("89")):
        raise ValueError(f"must be octal digits in quotes, such as '0644', not the number {value}")
    return f"{value:04o}"


def shown(value: Any) -> str:
    """A value in an error's sentence: short, and a mapping or list by its kind alone."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:57] + "…")
    if isinstance(value, (list, tuple)):
        return "a list"
    return "a mapping" if isinstance(value, Mapping) else str(value)


def _converted(hint: Any, value: Any) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return _choice(inner, value)
    if hint is bool:
        return _truth(value)
    if hint in (int, float):
        return _number(hint, value)
    if hint is str:
        if isinstance(value, (str, int, float)):
            return value if isinstance(value, str) else str(value)
        raise ValueError
    if origin is list or hint is list:
        items = _items(value)
        return [coerced_to(inner[0], item) for item in items] if inner else items
    if origin is dict or hint is dict:
        found = _mapping(value)
        if len(inner) == 2:
            return {str(key): coerced_to(inner[1], item) for key, item in found.items()}
        return found
    if inspect.isclass(hint) and isinstance(value, hint):
        return value
    raise ValueError


def _choice(choices: tuple[Any, ...], value: Any) -> Any:
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice
    for choice in choices:  # YAML read yes as true; a template made a text of a number
        if str(choice) == str(value):
            return choice
        if isinstance(value, bool) and str(choice).lower() in (TRUE if value else FALSE):
            return choice
    raise ValueError


def _truth(value: Any) -> bool:
    word = str(int(value) if isinstance(value, float) and value.is_integer() else value).lower()
    if isinstance(value, (str, int, float)) and word in TRUE | FALSE:
        return word in TRUE
    raise ValueError


def _number(hint: Any, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError
    number = float(value) if hint is float or not isinstance(value, str) else int(value)
    if hint is int and isinstance(number, float) and not number.is_integer():
        raise ValueError
    return hint(number)


def _items(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, str):
        kind = type(value)  # the parts of a secret are secret
        return [kind(part.strip()) for part in value.split(",")] if value else []
    if isinstance(value, (int, float)):
        return [str(value)]
    raise ValueError


def _mapping(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str) and value.strip().startswith("{"):
        import json

        try:
            found = json.loads(value)
        except ValueError:
            raise ValueError from None
        if isinstance(found, dict):
            return found
    if isinstance(value, str) and re.fullmatch(r"\s*[\w.-]+=[^,]*(,\s*[\w.-]+=[^,]*)*", value):
        pairs = [part.split("=", 1) for part in value.split(",")]
        return {name.strip(): text.strip() for name, text in pairs}
    raise ValueError
