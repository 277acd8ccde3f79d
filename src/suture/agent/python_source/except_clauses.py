"""Which exceptions an except clause catches."""

from __future__ import annotations

import ast
import builtins
from typing import Any, Dict, List, Mapping, Optional, Sequence

from .syntax import TRIES, Matcher, dotted, own, parents, statements

BEYOND = ("asyncio.CancelledError", "asyncio.exceptions.CancelledError", "trio.Cancelled")
"""Exceptions that are no builtin and no subclass of Exception."""


def caught(handler: ast.ExceptHandler) -> List[str]:
    """The types that a clause names; BaseException for a bare one."""
    if handler.type is None:
        return ["BaseException"]
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [dotted(each) for each in types]


def names(handler: ast.ExceptHandler, wanted: str, known: Mapping[str, str]) -> bool:
    """Whether the clause names this very type; the end of a dotted name is enough."""
    return handler.type is not None and any(_same(each, wanted, known) for each in caught(handler))


def covers(handler: ast.ExceptHandler, wanted: str, known: Mapping[str, str]) -> bool:
    """Whether the clause catches this type, by its name or by one of its base classes."""
    return any(_catches(each, wanted, known) for each in caught(handler))


def raises(handler: ast.ExceptHandler) -> bool:
    """Whether the clause lets an exception out again."""
    return any(isinstance(node, ast.Raise) for each in handler.body for node in own(each))


def _resolved(name: str, known: Mapping[str, str]) -> str:
    head, _, rest = name.partition(".")
    full = ".".join(filter(None, [known.get(head, head), rest]))
    return full[9:] if full.startswith("builtins.") else full


def _same(name: str, wanted: str, known: Mapping[str, str]) -> bool:
    one, other = _resolved(name, known), _resolved(wanted, known)
    if _builtin(other):  # IOError is OSError, but requests.ConnectionError is no ConnectionError
        return _builtin(one) is _builtin(other)
    return one == other or one.endswith("." + other)


def _builtin(name: str) -> Optional[Any]:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def _catches(name: str, wanted: str, known: Mapping[str, str]) -> bool:
    if _same(name, wanted, known):
        return True
    base, kind = _builtin(_resolved(name, known)), _builtin(_resolved(wanted, known))
    if base is None:
        return False
    if kind is not None:
        return issubclass(kind, base)
    return base is BaseException or (base is Exception and _resolved(wanted, known) not in BEYOND)


# -- tries -------------------------------------------------------------------------------------


def around(statement: ast.AST, above: Mapping[ast.AST, ast.AST], root: ast.AST) -> List[Any]:
    """The try statements within ``root`` whose body holds a statement, innermost first."""
    found = []
    child, node = statement, above.get(statement)
    while node is not None and child is not root:
        if isinstance(node, TRIES) and child in node.body:  # type: ignore[attr-defined]
            found.append(node)
        child, node = node, above.get(node)
    return found


def tries(
    root: ast.AST, body: Sequence[ast.stmt], within: Optional[Matcher], known: Mapping[str, str]
) -> List[Any]:
    """The try statements of a scope; with ``within`` those whose own body holds what it matches."""
    every = [each for each in statements(body) if isinstance(each, TRIES)]
    if within is None:
        return every
    above: Dict[ast.AST, ast.AST] = parents(root)
    owners = [around(each, above, root)[:1] for each in within.found(body, known)]
    chosen = {id(owner) for found in owners for owner in found}
    return [each for each in every if id(each) in chosen]


def shields(outer: Sequence[Any], types: Sequence[str], known: Mapping[str, str]) -> Optional[int]:
    """The line of the clause that catches the first of the types, where the clauses around a
    statement catch all of them and let none out; else None."""
    lines = []
    for wanted in types:
        clauses = [handler for each in outer for handler in each.handlers]
        catching = [handler for handler in clauses if covers(handler, wanted, known)]
        if not catching or raises(catching[0]):
            return None
        lines.append(catching[0].lineno)
    return int(lines[0])


def uses(
    body: Sequence[ast.stmt],
    arguments: Optional[ast.arguments],
    name: str,
    tried: Sequence[ast.AST],
) -> bool:
    """Whether a scope uses a name otherwise than as a clause's own: ``as name`` unbinds it.

    ``tried`` is what the clause guards: that is over when the name is bound.
    """
    if arguments is not None:
        for node in ast.walk(arguments):
            if isinstance(node, ast.arg) and node.arg == name:
                return True
    return any(_uses(each, name, tried) for each in body)


def _uses(node: ast.AST, name: str, tried: Sequence[ast.AST]) -> bool:
    if node in tried:
        return False
    if isinstance(node, ast.Name):
        return node.id == name
    if isinstance(node, ast.ExceptHandler) and node.name == name:
        return node.type is not None and _uses(node.type, name, tried)
    bound = [part.target for part in getattr(node, "generators", ())]
    if any(
        isinstance(each, ast.Name) and each.id == name
        for target in bound
        for each in ast.walk(target)
    ):
        return False
    return any(_uses(child, name, tried) for child in ast.iter_child_nodes(node))
