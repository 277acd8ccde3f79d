"""Users and groups as a dry run expects them: those that an earlier step would make, change or
remove, by name and by number.  Pure.

A number that useradd or groupadd will choose only when it really runs is told apart by one below
zero meanwhile: nothing on a host has such a number, and nobody is shown it.
"""

from __future__ import annotations

import zlib
from typing import Any, Mapping, Optional, Tuple

from ..protocol.spec import Failure

USER = ("user", "uid")
GROUP = ("group", "gid")
"""How ``World.state`` names an account, and which of the attributes that it finds is the number."""

Kind = Tuple[str, str]


def number(kind: Kind, name: str, expected: Mapping[str, Any]) -> Optional[int]:
    """The number that the account will have; None where no earlier step has to do with it."""
    key = f"{kind[0]}:{name}"
    if key not in expected:
        return None
    if expected[key] is None:
        raise Failure(f"there is no {kind[0]} '{name}' on this host")
    found = expected[key].get(kind[1])
    return _to_come(name) if found is None else int(found)


def name(kind: Kind, number: int, found: str, expected: Mapping[str, Any]) -> str:
    """The name that the number will have; ``found`` is what the host calls it now."""
    key = f"{kind[0]}:{found}"
    if found != str(number) and (key not in expected or _has(kind, key, number, expected)):
        return found
    holders = (key for key in expected if key.startswith(f"{kind[0]}:"))
    keys = (key for key in holders if _has(kind, key, number, expected))
    return next((key.partition(":")[2] for key in keys), str(number))


def _has(kind: Kind, key: str, number: int, expected: Mapping[str, Any]) -> bool:
    if expected[key] is None:
        return False
    found = expected[key].get(kind[1])
    return number == (_to_come(key.partition(":")[2]) if found is None else found)


def _to_come(name: str) -> int:
    return -2 - zlib.crc32(name.encode("utf-8", "surrogateescape"))
