"""What the agent's classes need of ``dataclasses``, without code made anew for each of them.

The standard one imports ``inspect`` and has Python compile an ``__init__`` for every class, which is
a quarter of the time in which a short-lived agent starts.  Where the agent's source says
``dataclasses`` it is shipped saying this module instead (connect/bundle.py); the host's own modules
go on with theirs.
"""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict, Mapping, Optional, Tuple


class Missing:
    """The type of MISSING."""


class FrozenInstanceError(AttributeError):
    """A field of a frozen instance was to be set."""


MISSING: Any = Missing()


class Field:
    """One field of a class."""

    __slots__ = (
        "compare",
        "default",
        "default_factory",
        "init",
        "metadata",
        "name",
        "repr",
        "type",
    )

    def __init__(
        self,
        default: Any = MISSING,
        default_factory: Any = MISSING,
        init: bool = True,
        repr: bool = True,  # noqa: A002 (the standard name)
        compare: bool = True,
        metadata: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self.name = self.type = ""
        self.default, self.default_factory = default, default_factory
        self.init, self.repr, self.compare = init, repr, compare
        self.metadata = metadata or {}


field = Field


def dataclass(cls: Any = None, *, frozen: bool = False) -> Any:
    """The class with __init__, __repr__, __eq__ and, where it is frozen, __hash__."""
    if cls is None:
        return lambda given: _made(given, frozen)
    return _made(cls, frozen)


def _made(cls: Any, frozen: bool) -> Any:
    found: Dict[str, Field] = {}
    for base in cls.__mro__[:0:-1]:
        found.update(base.__dict__.get("__dataclass_fields__", {}))
    old = sys.version_info < (3, 10)  # there a class may show its base's annotations as its own
    own = vars(cls).get("__annotations__", {}) if old else cls.__annotations__
    for name, annotation in own.items():
        if "ClassVar" in str(annotation):
            continue
        default = cls.__dict__.get(name, MISSING)
        one = default if isinstance(default, Field) else Field(default)
        one.name, one.type = name, annotation
        if one.default is not MISSING:
            setattr(cls, name, one.default)
        elif name in cls.__dict__:
            delattr(cls, name)
        found[name] = one
    cls.__dataclass_fields__ = found
    _add(cls, "__init__", _init(found, cls))
    _add(cls, "__repr__", _repr)
    _add(cls, "__eq__", _eq)
    if frozen:
        cls.__setattr__, cls.__delattr__ = _refused, _refused
    _add(cls, "__hash__", _hash if frozen else None)
    return cls


def _add(cls: Any, name: str, method: Any) -> None:
    """The class has this method, unless it says one itself.  (Who says __eq__ gets a __hash__ of
    None from Python: that is no word of its own.)"""
    if cls.__dict__.get(name) is None:
        setattr(cls, name, method)


def _init(found: Dict[str, Field], cls: Any) -> Callable[..., None]:
    names = tuple(name for name, one in found.items() if one.init)
    known = frozenset(names)
    defaults = {name: one.default for name, one in found.items() if one.default is not MISSING}
    factories = [
        (name, one.default_factory)
        for name, one in found.items()
        if one.default_factory is not MISSING
    ]
    required = known.difference(defaults, (name for name, _ in factories))
    finished = hasattr(cls, "__post_init__")

    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807
        values = self.__dict__
        values.update(defaults)
        if len(args) > len(names):
            raise TypeError(f"{cls.__name__} takes {len(names)} values, not {len(args)}")
        for name, value in zip(names, args):
            if name in given:
                raise TypeError(f"{cls.__name__} got '{name}' twice")
            values[name] = value
        if not known.issuperset(given):
            strange = ", ".join(sorted(set(given) - known))
            raise TypeError(f"{cls.__name__} has no {strange}")
        values.update(given)
        for name, factory in factories:
            if name not in values:
                values[name] = factory()
        if not required.issubset(values):
            raise TypeError(f"{cls.__name__} needs {', '.join(sorted(required - set(values)))}")
        if finished:
            self.__post_init__()

    return __init__


def _compared(one: Any) -> Tuple[Any, ...]:
    return tuple(
        getattr(one, name) for name, field in one.__dataclass_fields__.items() if field.compare
    )


def _eq(self: Any, other: Any) -> Any:
    return _compared(self) == _compared(other) if type(self) is type(other) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_compared(self))


def _repr(self: Any) -> str:
    shown = (
        f"{name}={getattr(self, name)!r}"
        for name, field in self.__dataclass_fields__.items()
        if field.repr
    )
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refused(self: Any, name: str, *_value: Any) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def fields(one: Any) -> Tuple[Field, ...]:
    """The fields of a class or an instance, in order."""
    return tuple(one.__dataclass_fields__.values())


def replace(one: Any, **changes: Any) -> Any:
    """The same, but for these fields."""
    values = {each.name: getattr(one, each.name) for each in fields(one) if each.init}
    values.update(changes)
    return type(one)(**values)
