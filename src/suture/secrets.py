"""Text that is more than text: a secret, and what must never be read as a template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Secret(str):
    """Text that nobody may see: whatever shows it puts ``***`` in its place.

    It behaves as the text it is, in templates too; hiding it is the sinks' work.
    """

    __slots__ = ()


class Unsafe(str):
    """Text that is final (``!unsafe``): braces in it are braces."""

    __slots__ = ()


def secrets_in(value: Any) -> Iterator[Secret]:
    """Every secret in a value of plain data, keys included."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from secrets_in(key)
            yield from secrets_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from secrets_in(item)
