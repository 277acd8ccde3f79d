"""What an agent may say: the fields of each message, their kinds, sizes and depth.

Nothing that comes from a host is used before it was held against this table.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from json import JSONDecoder
from typing import Any, BinaryIO

from suture.agent.protocol.result import Status
from suture.agent.protocol.wire import DEPTH, FRAME, deeper
from suture.errors import SutureError

TEXT = 1 << 20
"""Characters of a sentence, a path, a line of output."""

PIECE = 64 * 1024
"""Bytes of a message that are waited for at a time."""

Check = Callable[[Any], bool]


class Unsaid(SutureError):
    """Something came that no agent says."""


# -- kinds of values -------------------------------------------------------------------------------


def _text(value: Any) -> bool:
    return type(value) is str and len(value) <= TEXT


def _long(value: Any) -> bool:
    """Text that a frame's size alone bounds: a file's content in a diff, a trace."""
    return type(value) is str


def _whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 63


def _seconds(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < 1e10


def _mapping(value: Any) -> bool:
    return type(value) is dict


def _hash(value: Any) -> bool:
    return type(value) is str and len(value) == 64


def _list(of: Check) -> Check:
    return lambda value: type(value) is list and all(map(of, value))


def _dict(of: Check) -> Check:
    return lambda value: type(value) is dict and all(map(of, value.values()))


def _one(*words: str) -> Check:
    return lambda value: type(value) is str and value in words


def _shape(needed: Mapping[str, Check], more: Mapping[str, Check] | None = None) -> Check:
    """A mapping with these fields and no others; those of ``more`` may be missing."""
    fields = {**needed, **(more or {})}

    def check(value: Any) -> bool:
        if type(value) is not dict or not needed.keys() <= value.keys():
            return False
        for name, item in value.items():
            kind = fields.get(name)
            if kind is None or not kind(item):
                return False
        return True

    return check


def _either(*checks: Check) -> Check:
    return lambda value: any(check(value) for check in checks)


def _look(value: Any) -> bool:
    """A digest of what was seen, and the number of the step that looked first."""
    return type(value) is list and len(value) == 2 and _text(value[0]) and _whole(value[1])


# -- the table -------------------------------------------------------------------------------------

_change = _shape(
    {"action": _text, "target": _text}, {"before": _long, "after": _long, "detail": _mapping}
)
_outcome = _one("passed", "failed", "error", "skipped", "xfailed", "xpassed")
_test = _shape(
    {"id": _text, "outcome": _outcome},
    {"message": _long, "seconds": lambda value: value == "" or _seconds(value), "purpose": _text},
)
_note = _shape({"kind": _one("warning", "deprecation"), "text": _text})
_foresight = _shape(
    {
        "predicted": _dict(lambda value: type(value) is list and len(value) == 3),
        "spoiled": _dict(_text),
        "expected": _mapping,
        "users_to_come": _list(_text),
    }
)
_paths = _list(_text)
_holder = _shape(
    {
        **dict.fromkeys(("path", "run", "operator", "at", "since", "reason", "process"), _text),
        **dict.fromkeys(("pid", "uid"), _whole),
        "alone": lambda value: type(value) is bool,
    }
)

RESULT: Mapping[str, Check] = {
    "id": _whole,
    "status": _one(
        *(each.value for each in Status if each not in (Status.UNREACHABLE, Status.IGNORED))
    ),
    "changes": _list(_change),
    "data": _mapping,
    "message": _long,
    "trace": _long,
    "seconds": _seconds,
    "unpredicted": _text,
}

MESSAGES: Mapping[str, Check] = {
    "ready": _shape(
        {"python": _text},
        {"executable": _text, "pid": _whole, "uid": _whole, "notes": _list(_text), "boot": _text},
    ),
    "attached": _shape({"taken": _whole}),
    "nobody": _shape({"boot": _text}),
    "held": _shape({"holder": _holder}),
    "waiting": _shape({"holder": _holder}),
    "refused": _shape({}, {"python": _text, "reason": _text}),
    "result": _shape(
        {"id": _whole, "status": RESULT["status"]},
        {name: check for name, check in RESULT.items() if name not in ("id", "status")},
    ),
    "output": _shape({"id": _whole, "text": _text}),
    "report": _either(
        _shape({"id": _whole, "kind": _one("test"), "data": _test}),
        _shape({"id": _whole, "kind": _one("note"), "data": _note}),
    ),
    "want": _shape({"sha256": _list(_hash)}),
    "answer": _shape({}, {"looks": _dict(_look), "foresight": _foresight}),
    "upper": _shape(
        {
            "changes": _dict(_whole),
            "added": _paths,
            "changed": _paths,
            "removed": _paths,
            "touched": _paths,
            "caches": _list(_mapping),
            "top": _list(_mapping),
            "not_rehearsed": _paths,
            "bytes": _whole,
            "space": _whole,
            "seconds": _seconds,
            "where": _one("memory", "disk"),
        }
    ),
    "gone": _shape({"reason": _text}),
    "alive": _shape({}),
    "taken": _shape({"count": _whole}),
    "bye": _shape({}),
}


# -- reading ---------------------------------------------------------------------------------------


def _no_number(word: str) -> Any:
    raise Unsaid(f"a number that is none ({word})")


_decode = JSONDecoder(parse_constant=_no_number).decode


def next_message(
    stream: BinaryIO, alive: Callable[[], None] = lambda: None
) -> tuple[str, dict[str, Any]] | None:
    """The next message and its name, or None where the other side has hung up, in the middle of one
    too.  ``alive`` is called for each, and for each piece of a long one.  Raises Unsaid, and
    OSError, EOFError and ValueError as the stream does."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    (size,) = struct.unpack(">I", head)
    if size > FRAME:
        raise Unsaid(f"a message of {size} bytes")
    if size <= PIECE:
        body = stream.read(size)
    else:
        pieces = []
        for start in range(0, size, PIECE):
            pieces.append(stream.read(min(size - start, PIECE)))
            alive()
        body = b"".join(pieces)
    if len(body) < size:
        return None
    alive()
    return message(body)


def message(body: bytes) -> tuple[str, dict[str, Any]]:
    """What these bytes say, and its name; Unsaid where no agent says that."""
    try:
        found = _decode(body.decode())
    except (ValueError, RecursionError):
        raise Unsaid("bytes that are no message") from None
    if type(found) is not dict:
        raise Unsaid("bytes that are no message")
    event = found.pop("event", None)
    check = MESSAGES.get(event) if type(event) is str else None
    if check is None:
        raise Unsaid("a message of no known kind")
    if body.count(b"[") + body.count(b"{") > DEPTH and deeper(found, DEPTH):
        raise Unsaid(f"a message more than {DEPTH} levels deep ('{event}')")
    if not check(found):
        raise Unsaid(f"a '{event}' whose fields are not those of one")
    return event, found
