"""Which hosts a pattern means: ``web:&prod:!web3``, ``db*``, ``~web\\d+``, ``web[0]``."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from pathlib import Path

from suture.errors import SutureError
from suture.inventory.addresses import is_address
from suture.model import Host, Inventory, Value

LOCAL = ("localhost", "127.0.0.1", "::1")
_PIECE = re.compile(r"(?:[^\s:\[\]]|\[[^\]]*\])+")
_SUBSCRIPT = re.compile(r"(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]")
_PORT = re.compile(r"(.*):[0-9]+")


def matching(inventory: Inventory, pattern: Value) -> list[str]:
    """The names of the hosts that match, in order; ``@FILE`` stands for the lines of a file.

    ``localhost`` is the controller where no host is called so.  SutureError for a pattern that
    makes no sense.
    """
    return _evaluated(_with_files(pieces(pattern)), inventory)


def hosts(pattern: Value, inventory: Inventory, limit: str = "") -> tuple[Host, ...]:
    """The hosts that match, in order, those outside of ``limit`` left out."""
    names = matching(inventory, pattern)
    allowed = set(matching(inventory, limit)) if limit else set(names)
    return tuple(inventory.hosts[name] for name in names if name in allowed)


def unmatched(pattern: Value, inventory: Inventory) -> tuple[str, ...]:
    """The pieces of a pattern that mean no host and no group at all."""
    bare = (piece.lstrip("!&") for piece in pieces(pattern))
    return tuple(
        piece
        for piece in bare
        if piece not in inventory.groups
        and piece not in inventory.hosts
        and not _matched(piece, inventory)
    )


def pieces(pattern: Value) -> list[str]:
    """The pattern's pieces: between commas, or between colons that belong to no address."""
    if isinstance(pattern, (list, tuple)):
        return [piece for each in pattern for piece in pieces(each)]
    text = str(pattern)
    if "," in text:
        found = text.split(",")
    elif is_address(text) or (_PORT.fullmatch(text) and is_address(text.rpartition(":")[0])):
        found = [text]
    else:
        found = _PIECE.findall(text)
    return [piece.strip() for piece in found if piece.strip()]


def _with_files(parts: Iterable[str]) -> list[str]:
    """The pieces with each ``@FILE`` replaced by the file's lines."""
    found: list[str] = []
    for piece in parts:
        if not piece.startswith("@"):
            found.append(piece)
            continue
        try:
            text = Path(piece[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SutureError(
                f"the hosts' names cannot be read from {piece[1:]}: {error}"
            ) from None
        found += [line.strip() for line in text.splitlines() if line.strip()]
    return found


def _evaluated(parts: Iterable[str], inventory: Inventory) -> list[str]:
    """Names of hosts: those of plain pieces, then within ``&`` ones, then without ``!`` ones."""
    every = list(parts)
    plain = [part for part in every if part[0] not in "&!"] or ["all"]
    found: dict[str, None] = {}
    for part in plain:
        names = [part] if part in inventory.hosts else _matched(part, inventory)
        found.update(dict.fromkeys(names))
    for part in every:
        if part[0] == "&":
            within = set(_matched(part[1:], inventory))
            found = {name: None for name in found if name in within}
    for part in every:
        if part[0] == "!":
            without = set(_matched(part[1:], inventory))
            found = {name: None for name in found if name not in without}
    return list(found)


def _matched(piece: str, inventory: Inventory) -> list[str]:
    """The hosts that one piece means, by group or by name."""
    if not piece:
        return []
    bounds = None if piece.startswith("~") else _SUBSCRIPT.fullmatch(piece)
    found = _named(bounds[1] if bounds else piece, inventory)
    if not bounds or not found:
        return found
    if bounds[2]:
        try:
            return [found[int(bounds[2])]]
        except IndexError:
            raise SutureError(f"'{piece}': there are only {len(found)} hosts") from None
    last = int(bounds[4]) if bounds[4] else len(found)
    return found[int(bounds[3]) : last + 1]


def _named(pattern: str, inventory: Inventory) -> list[str]:
    groups = _like(pattern, inventory.groups)
    found = [name for group in groups for name in inventory.groups[group]]
    if not groups or pattern.startswith("~") or any(sign in pattern for sign in ".?*["):
        found += _like(pattern, inventory.hosts)
    if not found and pattern in LOCAL:
        found = [pattern]
    return list(dict.fromkeys(found))


def _like(pattern: str, names: Iterable[str]) -> list[str]:
    """The names that match, as a regular expression after ``~``, as a glob otherwise."""
    try:
        text = pattern[1:] if pattern.startswith("~") else fnmatch.translate(pattern)
        expression = re.compile(text)
    except re.error as error:
        raise SutureError(f"'{pattern}' is no regular expression: {error}") from None
    return [name for name in names if expression.match(name)]
